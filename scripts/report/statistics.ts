/** Percentiles, medians and their spread: pure functions of numbers. */

/** Several measurements of one thing, in the unit of the measurements. */
export interface Summary {
  readonly median: number;
  /** First and third quartile: half of the measurements lie between them. */
  readonly q1: number;
  readonly q3: number;
  readonly min: number;
  readonly max: number;
  /** How many measurements there were. */
  readonly count: number;
}

/**
 * The value below which `share` (0 to 1) of the values lie, interpolated between neighbours (the default of R and
 * NumPy, Hyndman and Fan's type 7). NaN where there is no value. `sorted` must be in ascending order.
 */
export function quantile(sorted: readonly number[], share: number): number {
  const position = (sorted.length - 1) * share;
  const below = sorted[Math.floor(position)];
  const above = sorted[Math.ceil(position)];
  if (below === undefined || above === undefined) return Number.NaN;
  return below + (above - below) * (position - Math.floor(position));
}

/** As `quantile`, of values in any order. */
export function percentile(values: readonly number[], share: number): number {
  return quantile(ascending(values), share);
}

/** Median and spread of values in any order; NaN throughout where there is none. */
export function summarize(values: readonly number[]): Summary {
  const sorted = ascending(values);
  return {
    median: quantile(sorted, 0.5),
    q1: quantile(sorted, 0.25),
    q3: quantile(sorted, 0.75),
    min: quantile(sorted, 0),
    max: quantile(sorted, 1),
    count: sorted.length,
  };
}

/** What stands for the tail of a latency distribution, by name. */
export const LATENCY_SHARES = { p50: 0.5, p90: 0.9, p99: 0.99, 'p99.9': 0.999 } as const;

function ascending(values: readonly number[]): number[] {
  return [...values].sort((a, b) => a - b);
}
