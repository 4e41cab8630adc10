import { assert, integer, property } from 'fast-check';
import { describe, expect, test } from 'vitest';
import { defaultKilled, MAX_SERVERS, minSeconds, planRun } from '../../../../scripts/demo/plan.ts';

describe('the plan of the demo', () => {
  test('leaves room for three heartbeats in a lease, and for the last of the killed to be swept', () => {
    assert(
      property(integer({ min: 1, max: MAX_SERVERS }), integer({ min: 0, max: 100 }), (servers, spare) => {
        const plan = planRun(servers, defaultKilled(servers), minSeconds(servers) + spare);
        expect(3 * plan.heartbeatEveryMs).toBeLessThanOrEqual(plan.ttlMs);
        expect(plan.registerWithinMs).toBeLessThan(plan.killAtMs);
        expect(plan.killAtMs + plan.ttlMs + plan.sweepIntervalMs).toBeLessThan(plan.endAtMs);
      }),
    );
  });

  test.each([
    [1, 1],
    [2, 1],
    [3, 1],
    [200, 67],
  ])('of %d servers kills %d where nobody says how many', (servers, killed) => {
    expect(defaultKilled(servers)).toBe(killed);
  });

  test.each([
    [1, 10],
    [150, 10],
    [151, 11],
    [1000, 67],
  ])('takes %d servers at least %d s', (servers, seconds) => {
    expect(minSeconds(servers)).toBe(seconds);
  });
});
