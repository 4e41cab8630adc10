/** The auditor of the crash rounds catches every kind of broken promise, and nothing that a crash may do. */
import { beforeEach, describe, expect, it } from 'vitest';
import { Auditor } from '../../../scripts/crash/auditor.ts';
import type { Claim, Reading, Sent, Write } from '../../../scripts/crash/history.ts';
import { Ledger } from '../../../scripts/crash/ledger.ts';
import { fleetingMs, graceMs, retryMs, SHORT_TERMS, sweptWithinMs } from '../../../scripts/crash/terms.ts';
import type { Entry } from '../../../src/protocol/protocol.ts';

const TTL = SHORT_TERMS.ttlMs;
const GRACE = graceMs(SHORT_TERMS);
/** When the first life of the registry answers first; every time below counts from it. */
const T0 = 1_800_000_000_000;
const CLAIM: Claim = { endpoint: 'wss://a.example.com', publicKey: 'key', region: 'eu', metadata: null };

let ledger: Ledger;
let auditor: Auditor;

beforeEach(() => {
  ledger = new Ledger(SHORT_TERMS);
  auditor = new Auditor(ledger, T0);
  ledger.spawned(T0 - 500);
  ledger.up(T0);
});

/** Asked at `ms` and answered 2 ms later. */
function reading(ms: number): Reading {
  return { sentAt: T0 + ms, receivedAt: T0 + ms + 2 };
}

function send(ms: number, write: Write): Sent {
  return ledger.sent('a', write, T0 + ms);
}

function registerAt(ms: number, claim: Claim = CLAIM, registeredAt = ms + 1): void {
  const sent = send(ms, { kind: 'register', claim });
  auditor.accepted('a', sent, reading(ms), entry(ms + 1, claim, registeredAt));
  ledger.acknowledge(sent, T0 + ms + 2, T0 + registeredAt);
}

function heartbeatAt(ms: number, metadata?: string): void {
  const sent = send(ms, { kind: 'heartbeat', metadata });
  auditor.accepted('a', sent, reading(ms));
  ledger.acknowledge(sent, T0 + ms + 2);
}

function deregisterAt(ms: number): void {
  const sent = send(ms, { kind: 'deregister' });
  auditor.accepted('a', sent, reading(ms));
  ledger.acknowledge(sent, T0 + ms + 2);
}

function entry(seenMs: number, claim: Claim = CLAIM, registeredMs = 1): Entry {
  const { metadata, ...fields } = claim;
  const shown = metadata === null ? {} : { metadata: { players: Number(/\d+/.exec(metadata)?.[0]) } };
  return { serverId: 'a', ...fields, ...shown, registeredAt: T0 + registeredMs, lastSeen: T0 + seenMs };
}

/** A crash, and the first answer of the next life. The absence, if one is told, runs until just before that answer. */
function crash(killedMs: number, upMs: number, absenceFromMs?: number): void {
  ledger.killed(T0 + killedMs);
  ledger.spawned(T0 + upMs - 300);
  ledger.up(T0 + upMs);
  const absence = absenceFromMs === undefined ? null : { from: T0 + absenceFromMs, until: T0 + upMs - 10 };
  auditor.stats(reading(upMs), { absence, setAside: 0 });
}

function rules(): string[] {
  return auditor.violations.map(({ rule }) => rule);
}

describe('an acknowledged registration', () => {
  it('is missed in a list and in a look-up until its lease is over', () => {
    registerAt(0);
    auditor.list(reading(TTL - 3), []);
    auditor.get('a', reading(TTL - 3), null);
    auditor.list(reading(TTL), []);
    auditor.get('a', reading(TTL), null);
    expect(rules()).toEqual(['a live server is not listed', 'a live server is not held']);
  });

  it('is missed where a heartbeat is told that it is not registered', () => {
    registerAt(0);
    auditor.notRegistered('a', reading(100));
    expect(rules()).toEqual(['a live server is not held']);
  });

  it('is missed after a crash that came at once', () => {
    registerAt(0);
    crash(3, 800);
    auditor.list(reading(810), []);
    expect(rules()).toEqual(['a live server is not listed']);
    expect(auditor.violations[0]?.account.join('\n')).toContain('acknowledged');
  });

  it('may be held or not where its answer never came', () => {
    send(0, { kind: 'register', claim: CLAIM });
    crash(1, 800);
    auditor.list(reading(810), []);
    auditor.list(reading(820), [entry(1)]);
    expect(rules()).toEqual([]);
  });

  it('counts as acknowledged though its answer was read after the crash', () => {
    const sent = send(0, { kind: 'register', claim: CLAIM });
    crash(1, 800);
    ledger.acknowledge(sent, T0 + 801, T0 + 1);
    auditor.list(reading(810), []);
    expect(rules()).toEqual(['a live server is not listed']);
  });

  it('is not stale within its lease', () => {
    registerAt(0);
    auditor.get('a', reading(100), { server: entry(1), status: 'stale' });
    expect(rules()).toEqual(['a server is stale within its lease']);
  });
});

describe('an acknowledged deregistration', () => {
  it('stays gone, in lists, look-ups and heartbeats', () => {
    registerAt(0);
    deregisterAt(10);
    auditor.list(reading(20), [entry(1)]);
    auditor.get('a', reading(20), { server: entry(1), status: 'stale' });
    heartbeatAt(30);
    expect(rules()).toEqual([
      'a server is listed after its deregistration',
      'a server is held after its deregistration',
      'a server is held after its deregistration',
    ]);
  });

  it('stays gone after a crash that came at once', () => {
    registerAt(0);
    deregisterAt(10);
    crash(13, 800);
    auditor.list(reading(810), [entry(1)]);
    expect(rules()).toEqual(['a server is listed after its deregistration']);
  });

  it('may have happened or not where its answer never came', () => {
    registerAt(0);
    send(10, { kind: 'deregister' });
    crash(11, 800);
    auditor.list(reading(810), []);
    auditor.list(reading(820), [entry(1)]);
    expect(rules()).toEqual([]);
  });
});

describe('a server that fell silent', () => {
  it('is not listed once its lease is over', () => {
    registerAt(0);
    auditor.list(reading(TTL - 10), [entry(1)]);
    expect(rules()).toEqual([]);
    auditor.list(reading(TTL + 2), [entry(1)]);
    auditor.get('a', reading(TTL + 2), { server: entry(1), status: 'live' });
    expect(rules()).toEqual(['a server is listed after its lease', 'a server is live after its lease']);
  });

  it('is swept in time', () => {
    registerAt(0);
    const sweptMs = TTL + 2 + sweptWithinMs(SHORT_TERMS);
    auditor.get('a', reading(sweptMs), { server: entry(1), status: 'stale' });
    expect(rules()).toEqual([]);
    auditor.get('a', reading(sweptMs + 1), { server: entry(1), status: 'stale' });
    expect(rules()).toEqual(['a server was not swept in time']);
  });

  it('is gone one extension after an absence, and not before', () => {
    registerAt(0);
    crash(1000, 8000, 1100);
    auditor.list(reading(8000 - 10 + GRACE - 3), []);
    auditor.list(reading(8000 - 10 + GRACE), [entry(1)]);
    expect(rules()).toEqual(['a live server is not listed', 'a server is listed after its lease']);
  });

  it('is not extended by an absence that began after its lease', () => {
    registerAt(0);
    crash(TTL + 500, TTL + 3000, TTL + 600);
    auditor.list(reading(TTL + 3010), [entry(1)]);
    expect(rules()).toEqual(['a server is listed after its lease']);
  });

  it('may have been extended by an absence that a life recorded which nobody heard', () => {
    registerAt(0);
    ledger.killed(T0 + TTL - 100);
    ledger.spawned(T0 + TTL + 2000);
    ledger.killed(T0 + TTL + 2100);
    ledger.spawned(T0 + TTL + 2200);
    ledger.up(T0 + TTL + 2500);
    auditor.list(reading(TTL + 2510), [entry(1)]);
    expect(rules()).toEqual([]);
  });
});

describe('heartbeats and a crash', () => {
  it('may be lost since the last checkpoint, and no further back', () => {
    registerAt(0);
    heartbeatAt(1000);
    heartbeatAt(3000);
    crash(1002 + fleetingMs(SHORT_TERMS), 3500);
    auditor.list(reading(1000 + TTL), []);
    expect(rules()).toEqual([]);
    auditor.list(reading(1000 + TTL - 3), []);
    expect(rules()).toEqual(['a live server is not listed']);
  });

  it('may be lost with the metadata they brought, and no further back', () => {
    registerAt(0);
    heartbeatAt(100, '{"players":1}');
    heartbeatAt(3000, '{"players":2}');
    crash(3010, 3500);
    auditor.list(reading(3510), [entry(101, { ...CLAIM, metadata: '{"players":1}' })]);
    auditor.list(reading(3510), [entry(3001, { ...CLAIM, metadata: '{"players":2}' })]);
    expect(rules()).toEqual([]);
    auditor.list(reading(3510), [entry(101)]);
    expect(rules()).toEqual(['a wrong entry is shown']);
  });

  it('leave nobody who keeps on unlisted for longer than its own retry', () => {
    registerAt(0);
    ledger.setKeepsOn('a', true);
    crash(100, 10_000, 200);
    auditor.list(reading(10_000 + retryMs(SHORT_TERMS)), []);
    expect(rules()).toEqual([]);
    auditor.list(reading(10_001 + retryMs(SHORT_TERMS)), []);
    expect(rules()).toEqual(['a server that keeps on is not listed, longer than its own retry']);
  });
});

describe('entries', () => {
  it('are as registered last, or as a registration on its way has them', () => {
    const changed = { ...CLAIM, endpoint: 'wss://b.example.com' };
    registerAt(0);
    auditor.list(reading(10), [entry(1, changed)]);
    expect(rules()).toEqual(['a wrong entry is shown']);
    send(20, { kind: 'register', claim: changed });
    auditor.list(reading(21), [entry(1, changed)]);
    auditor.list(reading(21), [entry(1)]);
    expect(rules()).toHaveLength(1);
  });

  it('show when the server was seen, and when it registered', () => {
    registerAt(0);
    heartbeatAt(1000);
    auditor.get('a', reading(1010), { server: entry(1), status: 'live' });
    auditor.get('a', reading(1010), { server: entry(1500), status: 'live' });
    auditor.get('a', reading(1010), { server: entry(1001, CLAIM, 900), status: 'live' });
    expect(rules()).toEqual(['wrong times are shown', 'wrong times are shown', 'wrong times are shown']);
  });

  it('keep their registeredAt while they are held, and get a new one afterwards', () => {
    registerAt(0);
    registerAt(100, CLAIM, 1);
    expect(rules()).toEqual([]);
    registerAt(200);
    expect(rules()).toEqual(['an answer shows a wrong registeredAt']);
    deregisterAt(300);
    registerAt(400, CLAIM, 1);
    expect(rules()).toHaveLength(2);
  });

  it('are of servers that registered, each once', () => {
    registerAt(0);
    auditor.list(reading(10), [entry(1), entry(1), { ...entry(1), serverId: 'b' }]);
    expect(rules()).toEqual(['a list shows a server twice', 'a list shows a server that nobody registered']);
  });
});

describe('an absence', () => {
  it('is noticed where it was long enough', () => {
    registerAt(0);
    crash(100, 5000);
    expect(rules()).toEqual(['an absence was not noticed']);
  });

  it('need not be noticed where nobody was live', () => {
    crash(100, 5000);
    expect(rules()).toEqual([]);
  });

  it('is longer than a heartbeat interval, and began when the registry was crashed', () => {
    registerAt(0);
    crash(2000, 2900, 1950);
    crash(6000, 9000, 7000);
    expect(rules()).toEqual(['an absence is no absence', 'an absence is told at a wrong time']);
  });
});

it('reports rows that could not be read', () => {
  auditor.stats(reading(0), { absence: null, setAside: 1 });
  expect(rules()).toEqual(['rows could not be read']);
});
