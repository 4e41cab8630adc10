/** The auditor catches every kind of broken promise, and nothing that a crash may do. */
import { describe, expect, it } from 'vitest';
import { SHORT_TERMS } from '../../../../../scripts/crash/plan.ts';
import { retryMs, sweptWithinMs, unsavedMs } from '../../../../../scripts/lib/audit/terms.ts';
import {
  auditor,
  begin,
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
} from './case.ts';

describe('an acknowledged registration', () => {
  it('is missed in a list and in a look-up until its lease is over', () => {
    registerAt(0);
    auditor.list(reading(TTL - 3), []);
    auditor.get('a', reading(TTL - 3), null);
    auditor.list(reading(TTL), []);
    auditor.get('a', reading(TTL), null);
    expect(rules()).toEqual(['live server missing', 'registration forgotten']);
  });

  it('is missed where a heartbeat is told that it is not registered', () => {
    registerAt(0);
    auditor.notRegistered('a', reading(100));
    expect(rules()).toEqual(['registration forgotten']);
  });

  it('is missed after a crash that came at once', () => {
    registerAt(0);
    crash(3, 800);
    auditor.list(reading(810), []);
    expect(rules()).toEqual(['live server missing']);
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
    expect(rules()).toEqual(['live server missing']);
  });

  it('is not stale within its lease', () => {
    registerAt(0);
    auditor.get('a', reading(100), { server: entry(1), status: 'stale' });
    expect(rules()).toEqual(['live server stale']);
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
      'deregistered server listed',
      'deregistered server held',
      'deregistered server held',
    ]);
  });

  it('stays gone after a crash that came at once', () => {
    registerAt(0);
    deregisterAt(10);
    crash(13, 800);
    auditor.list(reading(810), [entry(1)]);
    expect(rules()).toEqual(['deregistered server listed']);
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
    expect(rules()).toEqual(['dead server listed', 'dead server live']);
  });

  it('is swept in time', () => {
    registerAt(0);
    const sweptMs = TTL + 2 + sweptWithinMs(SHORT_TERMS);
    auditor.get('a', reading(sweptMs), { server: entry(1), status: 'stale' });
    expect(rules()).toEqual([]);
    auditor.get('a', reading(sweptMs + 1), { server: entry(1), status: 'stale' });
    expect(rules()).toEqual(['dead server not swept']);
  });

  it('is gone one extension after a downtime, and not before', () => {
    registerAt(0);
    crash(1000, 8000, 1100);
    auditor.list(reading(8000 - 10 + GRACE - 3), []);
    auditor.list(reading(8000 - 10 + GRACE), [entry(1)]);
    expect(rules()).toEqual(['live server missing', 'dead server listed']);
  });

  it('is not extended by a downtime that began after its lease', () => {
    registerAt(0);
    crash(TTL + 500, TTL + 3000, TTL + 600);
    auditor.list(reading(TTL + 3010), [entry(1)]);
    expect(rules()).toEqual(['dead server listed']);
  });

  it('may have been extended by a downtime that a life recorded which nobody heard', () => {
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
    crash(1002 + unsavedMs(SHORT_TERMS), 3500);
    auditor.list(reading(1000 + TTL), []);
    expect(rules()).toEqual([]);
    auditor.list(reading(1000 + TTL - 3), []);
    expect(rules()).toEqual(['live server missing']);
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
    expect(rules()).toEqual(['acknowledged write not seen']);
  });

  it('leave nobody who keeps on unlisted for longer than its own retry', () => {
    registerAt(0);
    ledger.setKeepsOn('a', true);
    crash(100, 10_000, 200);
    auditor.list(reading(10_000 + retryMs(SHORT_TERMS)), []);
    expect(rules()).toEqual([]);
    auditor.list(reading(10_001 + retryMs(SHORT_TERMS)), []);
    expect(rules()).toEqual(['server missing for longer than its own retry']);
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
    expect(rules()).toEqual(['acknowledged write not seen']);
  });
});

describe('sleep', () => {
  const SLEEPY = { ttlMs: 60_000, heartbeatEveryMs: 20_000, checkpointIntervalMs: 15_000 };

  it('loses nothing that was acknowledged: neither the time of a heartbeat, nor its metadata, nor the place', () => {
    begin(SLEEPY);
    registerAt(0);
    heartbeatAt(15_000, '{"players":1}');
    auditor.list(reading(29_000), [entry(1)]);
    nextRound();
    auditor.list(reading(29_000), [entry(15_001)]);
    nextRound();
    auditor.list(reading(62_000), []);
    auditor.notRegistered('a', reading(62_000));
    expect(rules()).toEqual([
      'acknowledged write not seen',
      'acknowledged write not seen',
      'live server missing',
      'registration forgotten',
    ]);
  });

  it('leaves saved what was acknowledged ten seconds before a crash', () => {
    begin(SLEEPY);
    registerAt(0);
    heartbeatAt(15_000);
    crash(15_000 + unsavedMs({ ...SHORT_TERMS, ...SLEEPY }) + 10, 27_500);
    auditor.list(reading(27_600), [entry(1)]);
    expect(rules()).toEqual(['acknowledged write not seen']);
  });

  it('may lose the time of a heartbeat that a crash follows at once, but not the place', () => {
    begin(SLEEPY);
    registerAt(0);
    heartbeatAt(15_000);
    crash(16_000, 16_500);
    auditor.list(reading(16_600), [entry(1)]);
    expect(rules()).toEqual([]);
    auditor.list(reading(16_600), []);
    expect(rules()).toEqual(['live server missing']);
  });
});

describe('a registry that is seen from far away', () => {
  const FAR = { listLagMs: 1000, snapshotMaxAgeMs: 0, clock: { atLeastMs: -300, atMostMs: 300 } };

  it('may show a list that lags by the allowance, and no more', () => {
    begin(FAR);
    registerAt(0);
    auditor.list(reading(900), []);
    heartbeatAt(1000);
    auditor.list(reading(1900), [entry(1)]);
    auditor.list(reading(TTL + 1000 + 900), [entry(1001)]);
    expect(rules()).toEqual([]);
    auditor.list(reading(2100), [entry(1)]);
    auditor.list(reading(2100), []);
    auditor.list(reading(TTL + 1000 + 1010), [entry(1001)]);
    expect(rules()).toEqual(['acknowledged write not seen', 'live server missing', 'dead server listed']);
  });

  it('may have a clock that is behind, as far as is known', () => {
    begin({ ...FAR, listLagMs: 0 });
    registerAt(1000);
    auditor.list(reading(1100), [entry(705, CLAIM, 1001)]);
    expect(rules()).toEqual([]);
    auditor.list(reading(1100), [entry(695, CLAIM, 1001)]);
    expect(rules()).toEqual(['acknowledged write not seen']);
  });

  it('may list servers of others, and none under our names that we never had', () => {
    begin(FAR, (serverId) => serverId.startsWith('a'));
    registerAt(0);
    const other = { ...entry(1), serverId: 'b' };
    auditor.list(reading(2000), [entry(1), other, other, { ...entry(1), serverId: 'a-ghost' }]);
    expect(rules()).toEqual(['unknown server listed']);
  });
});

it('counts every broken promise, though only the first are kept in detail', () => {
  for (let round = 0; round < 200; round += 1) {
    nextRound();
    auditor.unexpected(null, reading(0), 'nothing');
  }
  expect(auditor.broken).toBe(200);
  expect(auditor.violations).toHaveLength(50);
});
