/** Percentiles and spreads against values that others publish. */
import { describe, expect, it } from 'vitest';
import { Latencies, summarize, summarizeLatencies } from '../../../../scripts/lib/statistics.ts';

describe('Latencies', () => {
  it('fills in the waits of requests that a stall held up', () => {
    // Gil Tene, "How NOT to measure latency": 100 requests a second, each 1 ms, for 100 s; then a stall of 100 s.
    const latencies = new Latencies();
    for (let request = 0; request < 10_000; request += 1) latencies.record(1, 10);
    latencies.record(100_000, 10);
    expect(latencies.measured().p99).toBeCloseTo(1, 1);
    const corrected = latencies.corrected();
    expect(corrected.count).toBe(20_000);
    expect(corrected.p50).toBeCloseTo(1, 0);
    expect(corrected.p90 / 1000).toBeCloseTo(80, 0);
    expect(corrected.p99 / 1000).toBeCloseTo(98, 0);
  });

  it('corrects nothing where no rate was planned', () => {
    const latencies = new Latencies();
    latencies.record(1);
    latencies.record(5000);
    expect(latencies.corrected().count).toBe(2);
  });

  it('keeps fractions of a millisecond', () => {
    const latencies = new Latencies();
    latencies.record(0.25);
    expect(latencies.measured().p50).toBeCloseTo(0.25, 3);
  });

  it('starts each second anew, and the whole run never', () => {
    const latencies = new Latencies();
    latencies.record(3);
    expect(latencies.takeSecond().count).toBe(1);
    expect(latencies.takeSecond()).toMatchObject({ count: 0, p50: 0, max: 0 });
    expect(latencies.measured().count).toBe(1);
  });
});

describe('summarizeLatencies', () => {
  it('takes latencies in any order, and gives ones that were measured, to three digits', () => {
    const latenciesMs = Array.from({ length: 100 }, (_, index) => 100 - index);
    const { count, p50, p90, p99, max } = summarizeLatencies(latenciesMs);
    expect(count).toBe(100);
    for (const [found, expected] of [
      [p50, 50],
      [p90, 90],
      [p99, 99],
      [max, 100],
    ] as const) {
      expect(Math.abs(found / expected - 1)).toBeLessThan(0.001);
    }
  });

  it('gives no number where there was no latency', () => {
    expect(summarizeLatencies([])).toMatchObject({ count: 0, p50: Number.NaN, max: Number.NaN });
  });
});

describe('summarize', () => {
  it('gives the five numbers of a box plot, and leaves the values as they were', () => {
    // R: quantile(c(3, 5, 7, 8, 9, 11, 13, 15)); NumPy's default as well.
    const values = [15, 3, 13, 5, 11, 7, 9, 8];
    expect(summarize(values)).toEqual({ median: 8.5, q1: 6.5, q3: 11.5, min: 3, max: 15, count: 8 });
    expect(values[0]).toBe(15);
  });

  it('is the value itself where there is one, and no number where there is none', () => {
    expect(summarize([7])).toMatchObject({ median: 7, q3: 7 });
    expect(summarize([])).toMatchObject({ median: Number.NaN, count: 0 });
  });
});
