import { assert, double, integer, property } from 'fast-check';
import { describe, expect, test } from 'vitest';
import {
  firstBeatInMs,
  graceMs,
  jitteredMs,
  requestInGraceMs,
  retryAfterMs,
  retryInMs,
  waitInGraceMs,
  type FailedAttempt,
} from '../../../src/client/pacing.ts';

const share = double({ min: 0, max: 1, noNaN: true });
const failure: FailedAttempt = { attempt: 1, intervalMs: 16_000, permanent: false, retryAfterMs: undefined };

describe('the jitter of a heartbeat', () => {
  test('stays within 10 % of the interval, whatever the chance', () => {
    assert(
      property(integer({ min: 1, max: 1e9 }), share, (intervalMs, random) => {
        const waitMs = jitteredMs(intervalMs, random);
        expect(waitMs).toBeGreaterThanOrEqual(intervalMs * 0.899999);
        expect(waitMs).toBeLessThanOrEqual(intervalMs * 1.100001);
      }),
    );
  });

  test.each([
    [0, 900],
    [0.5, 1000],
    [1, 1100],
  ])('chance %d makes 1,000 ms into %d ms', (random, expectedMs) => {
    expect(jitteredMs(1000, random)).toBeCloseTo(expectedMs);
  });
});

describe('the wait after a failure', () => {
  test('doubles from a sixteenth of the interval up to the interval', () => {
    const waitsMs = [1, 2, 3, 4, 5, 6, 1000].map((attempt) => retryInMs({ ...failure, attempt }, 1));
    expect(waitsMs).toEqual([1000, 2000, 4000, 8000, 16_000, 16_000, 16_000]);
  });

  test('is drawn from the upper half of its range', () => {
    expect(retryInMs(failure, 0)).toBe(500);
    expect(retryInMs(failure, 0.5)).toBe(750);
  });

  test('is the normal pace, jittered, where the failure is permanent', () => {
    const waitsMs = [0, 0.5, 1].map((random) => retryInMs({ ...failure, permanent: true }, random));
    expect(waitsMs).toEqual([14_400, 16_000, 17_600]);
  });

  test('is lengthened by Retry-After beyond the interval, and spread by up to 10 %', () => {
    expect(retryInMs({ ...failure, retryAfterMs: 60_000 }, 0)).toBe(60_000);
    expect(retryInMs({ ...failure, retryAfterMs: 60_000 }, 1)).toBe(66_000);
  });

  test('is never shortened by Retry-After', () => {
    expect(retryInMs({ ...failure, attempt: 9, retryAfterMs: 1000 }, 1)).toBe(16_000);
  });
});

describe('Retry-After', () => {
  test.each<[string | null, number | undefined]>([
    [null, undefined],
    ['', undefined],
    ['0', 0],
    ['7', 7000],
    [' 7 ', 7000],
    ['-7', undefined],
    ['1.5', undefined],
    ['soon', undefined],
    ['Thu, 01 Jan 1970 00:00:30 GMT', 20_000],
    ['Thu, 01 Jan 1970 00:00:05 GMT', 0],
    ['Thu, 99 Foo 1970', undefined],
  ])('%j is a wait of %j ms, ten seconds into the epoch', (header, expectedMs) => {
    expect(retryAfterMs(header, 10_000)).toBe(expectedMs);
  });
});

test.each([20_000, 60_000, 300_000, 86_400_000])(
  'of a lost lease of %d ms two heartbeats are sent within the grace, however slow the first',
  (ttlMs) => {
    const sentMs = firstBeatInMs(ttlMs, 1) + requestInGraceMs(ttlMs) + waitInGraceMs(3_600_000, 1, ttlMs);
    expect(sentMs).toBeLessThan(graceMs(ttlMs));
    expect(graceMs(ttlMs)).toBeLessThanOrEqual(15_000);
  },
);
