/** Statistics of how long things took. */

/** What a set of durations comes to; milliseconds. */
export interface LatencySummary {
  count: number;
  p50Ms: number;
  p99Ms: number;
  maxMs: number;
}

/**
 * The smallest of `sortedMs` that at least `share` (above 0, up to 1) of them do not exceed: the nearest-rank
 * percentile, which is always a duration that was really measured. NaN where there is none.
 */
export function percentileMs(sortedMs: readonly number[], share: number): number {
  return sortedMs[Math.max(0, Math.ceil(share * sortedMs.length) - 1)] ?? Number.NaN;
}

/** Sums up durations given in any order; every figure but the count is NaN where there are none. */
export function summarize(durationsMs: readonly number[]): LatencySummary {
  const sortedMs = durationsMs.toSorted((a, b) => a - b);
  return {
    count: sortedMs.length,
    p50Ms: percentileMs(sortedMs, 0.5),
    p99Ms: percentileMs(sortedMs, 0.99),
    maxMs: percentileMs(sortedMs, 1),
  };
}
