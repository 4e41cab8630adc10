/** Whatever a registry asks for, a server neither floods it nor falls silent for longer than its lease allows. */
import { assert, double, integer, property } from 'fast-check';
import { describe, expect, test } from 'vitest';
import { RegistryClient, type HeartbeatDetails } from '../../../src/client/client.ts';
import { believedIntervalMs, longestWaitMs, retryInMs } from '../../../src/client/pacing.ts';
import { accept, FakeRegistry, ManualTime, refuse, type Answer } from './fakes.ts';

const LONGEST_TIMER_MS = 2 ** 31 - 1;
const HOUR_MS = 3_600_000;
const lease = { ttlMs: 300_000, heartbeatEveryMs: 60_000 };

function started(answer: Answer) {
  const time = new ManualTime();
  const registry = new FakeRegistry(time, answer);
  const client = new RegistryClient('http://registry.test', { fetch: registry.fetch, environment: time });
  const handle = client.startHeartbeat({ serverId: 'a', endpoint: 'wss://a.test', publicKey: 'k' });
  const failures: HeartbeatDetails['failed'][] = [];
  handle.addEventListener('failed', ({ detail }) => failures.push(detail));
  return { time, registry, failures };
}

const inTurns = (...answers: [Answer, ...Answer[]]): Answer => {
  let at = 0;
  return (sent, signal) => (answers[at++ % answers.length] ?? answers[0])(sent, signal);
};

describe('the believed interval', () => {
  test.each([
    [lease, 60_000],
    [{ ttlMs: 50_000, heartbeatEveryMs: 16_000 }, 16_000],
    [{ ttlMs: 300_000, heartbeatEveryMs: 1 }, 1000],
    [{ ttlMs: 2000, heartbeatEveryMs: 666 }, 666.67],
    [{ ttlMs: 1, heartbeatEveryMs: 1 }, 250],
    [{ ttlMs: 300_000, heartbeatEveryMs: Number.MAX_SAFE_INTEGER }, 250_000],
    [{ ttlMs: Number.MAX_SAFE_INTEGER, heartbeatEveryMs: Number.MAX_SAFE_INTEGER }, HOUR_MS],
  ])('of %j is %d ms', (terms, expectedMs) => {
    expect(believedIntervalMs(terms)).toBeCloseTo(expectedMs, 1);
  });
});

describe('the longest wait', () => {
  test.each([
    ['at the beginning of a lease, all but a twentieth', 300_000, 300_000, 285_000],
    ['later in a lease, what is left but for that', 300_000, 100_000, 85_000],
    ['at the end of a lease, none of its own', 300_000, 10_000, 0],
    ['after a lease, another one', 300_000, -5, 300_000],
    ['before any lease, one', 300_000, Number.NEGATIVE_INFINITY, 300_000],
    ['where the clock stepped back, a lease', 300_000, 1e9, 285_000],
    ['of a lease of years, an hour', 1e15, 1e15, HOUR_MS],
  ])('is, %s', (_, ttlMs, leftMs, expectedMs) => {
    expect(longestWaitMs(ttlMs, leftMs)).toBe(expectedMs);
  });
});

describe('Retry-After', () => {
  test('beyond the longest wait is drawn from the upper half of that', () => {
    const failure = { attempt: 1, intervalMs: 1000, permanent: false, retryAfterMs: 1e9, longestMs: 1000 };
    expect([0, 0.5, 1].map((random) => retryInMs(failure, random))).toEqual([500, 750, 1000]);
  });

  test('of any size never makes a wait that no timer can hold', () => {
    const share = double({ min: 0, max: 1, noNaN: true });
    assert(
      property(
        double({ min: 0, noNaN: true }),
        integer({ min: 1 }),
        share,
        (retryAfterMs, attempt, random) => {
          const waitMs = retryInMs({ attempt, intervalMs: 1e12, permanent: true, retryAfterMs }, random);
          expect(waitMs).toBeGreaterThanOrEqual(100);
          expect(waitMs).toBeLessThanOrEqual(LONGEST_TIMER_MS);
        },
      ),
    );
  });

  test.each(['3600', '100000000000000000000', 'Fri, 31 Dec 9999 23:59:59 GMT'])(
    'of %s in two seconds of maintenance does not cost a server its lease',
    async (header) => {
      const { time, registry, failures } = started(accept(lease));
      await time.advance(59_999);
      registry.answer = refuse(503, 'Maintenance', { 'Retry-After': header });
      await time.advance(2000);
      registry.answer = accept(lease);
      await time.advance(240_000);
      expect(failures).toHaveLength(1);
      const [first, second] = registry.times('/servers/heartbeat');
      expect(first).toBe(60_000);
      expect(second).toBeLessThan(300_000 - 15_000);
      expect(second).toBeGreaterThan(60_000 + 60_000);
    },
  );

  test.each(['3600', '100000000000000000000'])(
    'of %s before the first registration puts it off by a lease at most',
    async (header) => {
      const { time, registry, failures } = started(refuse(503, 'Full', { 'Retry-After': header }));
      await time.advance(1);
      registry.answer = accept(lease);
      expect(failures[0]?.retryInMs).toBeLessThanOrEqual(300_000);
      await time.advance(300_000);
      expect(registry.times('/servers')).toHaveLength(2);
    },
  );

  test('for ever is followed by several attempts within a lease, and by some for ever', async () => {
    const { time, registry } = started(accept(lease));
    await time.advance(1);
    registry.answer = refuse(503, 'Maintenance', { 'Retry-After': '3600' });
    await time.advance(300_000);
    expect(registry.times('/servers/heartbeat').length).toBeGreaterThanOrEqual(3);
    const before = registry.sent.length;
    await time.advance(HOUR_MS);
    expect(registry.sent.length - before).toBeGreaterThan(10);
    expect(registry.sent.length - before).toBeLessThan(60);
  });
});

describe('no more than a few requests a second come of', () => {
  const hasty = accept({ ttlMs: 1, heartbeatEveryMs: 1 });
  const gone = refuse(404, 'Server not registered');
  test.each<[string, Answer]>([
    ['an interval of 1 ms', accept({ ttlMs: 300_000, heartbeatEveryMs: 1 })],
    ['a lease of 1 ms', hasty],
    ['404 and 200 in turns', inTurns(hasty, gone)],
    ['200 and 404 in turns', inTurns(gone, hasty)],
    ['404 and 200 and a failure in turns', inTurns(hasty, gone, refuse(500, 'broken'))],
    ['a failure and 200 in turns', inTurns(hasty, refuse(500, 'broken', { 'Retry-After': '0' }))],
    ['refusals of metadata and 404 in turns', inTurns(hasty, refuse(400, 'no'), gone)],
  ])('%s', async (_, answer) => {
    const { time, registry } = started(answer);
    await time.advance(60_000);
    expect(registry.sent.length / 60).toBeLessThan(9);
    expect(registry.sent.length).toBeGreaterThan(0);
  });
});
