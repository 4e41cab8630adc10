import { describe, expect, test } from 'vitest';
import { percentileMs, summarize } from '../../../scripts/support/latency.ts';

describe('a percentile', () => {
  const hundred = Array.from({ length: 100 }, (_, i) => i + 1);

  test.each([
    [0.01, 1],
    [0.5, 50],
    [0.501, 51],
    [0.99, 99],
    [0.999, 100],
    [1, 100],
  ])('%d of 1 to 100 is %d', (share, expectedMs) => {
    expect(percentileMs(hundred, share)).toBe(expectedMs);
  });

  test('of one duration is that duration', () => {
    expect([0.01, 0.5, 0.99, 1].map((share) => percentileMs([7], share))).toEqual([7, 7, 7, 7]);
  });

  test('of two durations: the median is the lower one', () => {
    expect(percentileMs([3, 9], 0.5)).toBe(3);
  });
});

describe('a summary', () => {
  test('takes durations in any order, sorts them as numbers and leaves them as they were', () => {
    const durationsMs = [10, 9, 100, 1];
    expect(summarize(durationsMs)).toEqual({ count: 4, p50Ms: 9, p99Ms: 100, maxMs: 100 });
    expect(durationsMs).toEqual([10, 9, 100, 1]);
  });

  test('of nothing has no figures', () => {
    expect(summarize([])).toEqual({ count: 0, p50Ms: Number.NaN, p99Ms: Number.NaN, maxMs: Number.NaN });
  });
});
