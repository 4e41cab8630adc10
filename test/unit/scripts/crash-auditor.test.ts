/** The auditor of the crash rounds catches every kind of broken promise, and nothing that a crash may do. */
import { describe, expect, it } from 'vitest';
import { fleetingMs, retryMs, SHORT_TERMS, sweptWithinMs } from '../../../scripts/crash/terms.ts';
import {
  auditor,
  CLAIM,
  crash,
  deregisterAt,
  entry,
  GRACE,
  heartbeatAt,
  ledger,
  nextRound,
  reading,
  registerAt,
  rules,
  send,
  T0,
  TTL,
} from './crash-case.ts';

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
    nextRound();
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

describe('a request that its sender gave up', () => {
  it('may be carried out a while later, but not by a registry that was crashed meanwhile', () => {
    registerAt(0);
    ledger.fail(send(100, { kind: 'heartbeat', metadata: undefined }), T0 + 110);
    auditor.get('a', reading(2000), { server: entry(1900), status: 'live' });
    expect(rules()).toEqual([]);
    crash(2100, 2900);
    ledger.fail(send(3000, { kind: 'heartbeat', metadata: undefined }), T0 + 3010);
    crash(3020, 3800);
    auditor.get('a', reading(3810), { server: entry(3700), status: 'live' });
    expect(rules()).toEqual(['wrong times are shown']);
  });
});
