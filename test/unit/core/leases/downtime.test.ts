import { describe, expect, test } from 'vitest';
import { downSince, expiryOf, graceMs, isCovered, liveAfter } from '../../../../src/core/leases/downtime.ts';

const TIMES = { ttlMs: 1000, heartbeatEveryMs: 200 };

test('the grace is one heartbeat interval and half of another', () => {
  expect(graceMs(TIMES)).toBe(300);
});

describe('the registry was away', () => {
  test.each<[string, number | null, number | null, number, number | null]>([
    ['not without an alarm', null, null, 5000, null],
    ['not while the alarm is ahead', 6000, null, 5000, null],
    ['not where it is late by a heartbeat interval', 4800, null, 5000, null],
    ['since the alarm where it is later', 4799, null, 5000, 4799],
    ['since it last ran, where that was after the alarm', 1000, 4000, 5000, 4000],
    ['not where it ran since', 1000, 4900, 5000, null],
  ])('%s', (_, alarmAt, aliveAt, now, from) => {
    expect(downSince(alarmAt, aliveAt, now, TIMES)).toBe(from);
  });
});

describe('a lease runs out', () => {
  const absence = { from: 2000, until: 5000, leases: 1, liveAfter: 2000 };
  test.each<[string, number, typeof absence | null, number]>([
    ['a TTL after it was heard', 1500, null, 2500],
    ['after the grace where it was live when an absence began', 1500, absence, 5300],
    ['in its own time where it had run out before', 1000, absence, 2000],
    ['in its own time where it was heard after the absence', 5100, absence, 6100],
  ])('%s', (_, lastSeen, last, at) => {
    expect(expiryOf(lastSeen, last, TIMES)).toBe(at);
  });

  test('after the grace of a second absence that began within the grace of the first', () => {
    const second = { from: 5200, until: 9000, leases: 1, liveAfter: liveAfter(5200, absence, TIMES) };
    expect(expiryOf(1500, second, TIMES)).toBe(9300);
    expect(expiryOf(900, second, TIMES)).toBe(1900);
  });

  test('in its own time where the second absence began after the grace of the first', () => {
    const second = { from: 5300, until: 9000, leases: 1, liveAfter: liveAfter(5300, absence, TIMES) };
    expect(expiryOf(1500, second, TIMES)).toBe(2500);
  });
});

describe('a heartbeat is covered by the disk', () => {
  const times = { ttlMs: 300_000, heartbeatEveryMs: 60_000 };
  test.each<[string, number, boolean]>([
    ['where the heartbeat before it is there', 60_000, true],
    ['where that came a tenth of the interval late', 66_000, true],
    ['not where that one is missing', 120_000, false],
    ['not where it would be over by now', 300_000, false],
  ])('%s', (_, savedAgoMs, covered) => {
    const now = 1_000_000;
    expect(isCovered(now - savedAgoMs + times.ttlMs, now, times)).toBe(covered);
  });
});
