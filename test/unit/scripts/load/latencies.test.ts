/** The correction for coordinated omission, against Gil Tene's own example. */
import { describe, expect, it } from 'vitest';
import { Latencies } from '../../../../scripts/load/latencies.ts';

describe('Latencies', () => {
  it('fills in the waits of requests that a stall held up', () => {
    // "How NOT to measure latency": 100 requests a second, each 1 ms, for 100 s; then a stall of 100 s.
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
