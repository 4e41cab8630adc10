/** The statistics of a run: latencies in HDR histograms, and the median and spread of a few rounds. */
import { build, type Histogram } from 'hdr-histogram-js';

/** Percentiles that stand for a latency distribution, by name. */
const LATENCY_PERCENTS = { p50: 50, p90: 90, p99: 99, 'p99.9': 99.9 } as const;

/** Milliseconds at each percentile, and how many latencies there were. */
export type LatencySummary = Readonly<Record<keyof typeof LATENCY_PERCENTS | 'max' | 'count', number>>;

/** Recorded in microseconds, so that three significant digits reach below a millisecond. */
const US_PER_MS = 1000;
const MAX_US = 120_000_000;

/** Percentiles at which the distribution is drawn. */
const CURVE = [
  0, 10, 25, 50, 60, 70, 75, 80, 85, 90, 92.5, 95, 97, 98, 99, 99.5, 99.7, 99.9, 99.95, 99.99, 100,
];

/** Latencies of one kind of call: over the whole run, as measured and corrected, and of the second that runs. */
export class Latencies {
  readonly #corrected = histogram();
  readonly #measured = histogram();
  #second = histogram();

  /**
   * Records one answer. `expectedIntervalMs` is the time between two requests of its connection: an answer that took
   * longer held up requests which were then never sent, and their waits are filled in (the correction for coordinated
   * omission). Without it no rate was planned.
   */
  record(latencyMs: number, expectedIntervalMs?: number): void {
    const us = microseconds(latencyMs);
    this.#measured.recordValue(us);
    this.#second.recordValue(us);
    if (expectedIntervalMs === undefined) this.#corrected.recordValue(us);
    else this.#corrected.recordValueWithExpectedInterval(us, expectedIntervalMs * US_PER_MS);
  }

  /** Since the last call of this, as measured; all 0 where nothing was. */
  takeSecond(): LatencySummary {
    const summary = summaryOf(this.#second);
    this.#second.reset();
    return summary;
  }

  corrected(): LatencySummary {
    return summaryOf(this.#corrected);
  }

  measured(): LatencySummary {
    return summaryOf(this.#measured);
  }

  /** Percent and milliseconds of the corrected distribution. */
  curve(): (readonly [percent: number, ms: number])[] {
    return CURVE.map((percent) => [percent, this.#corrected.getValueAtPercentile(percent) / US_PER_MS]);
  }
}

/** The percentiles of latencies at hand, in any order; NaN throughout where there are none. */
export function summarizeLatencies(latenciesMs: readonly number[]): LatencySummary {
  const recorded = histogram();
  for (const ms of latenciesMs) recorded.recordValue(microseconds(ms));
  return latenciesMs.length > 0 ? summaryOf(recorded) : { ...NO_LATENCIES, count: 0 };
}

const none = Number.NaN;
const NO_LATENCIES = { p50: none, p90: none, p99: none, 'p99.9': none, max: none };

function microseconds(ms: number): number {
  return Math.max(1, Math.round(ms * US_PER_MS));
}

function histogram(): Histogram {
  return build({
    lowestDiscernibleValue: 1,
    highestTrackableValue: MAX_US,
    numberOfSignificantValueDigits: 3,
    autoResize: true,
  });
}

function summaryOf(recorded: Histogram): LatencySummary {
  const at = (percent: number) => recorded.getValueAtPercentile(percent) / US_PER_MS;
  const { p50, p90, p99, 'p99.9': p999 } = LATENCY_PERCENTS;
  return {
    count: recorded.totalCount,
    p50: at(p50),
    p90: at(p90),
    p99: at(p99),
    'p99.9': at(p999),
    max: recorded.totalCount === 0 ? 0 : recorded.maxValue / US_PER_MS,
  };
}

/** A few measurements of one thing, such as one a round, in their own unit. */
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

/** Median and spread of values in any order; NaN throughout where there is none. */
export function summarize(values: readonly number[]): Summary {
  const sorted = values.toSorted((a, b) => a - b);
  // A handful of ratios or dollars is no latency distribution: interpolated between neighbours, as R and NumPy do
  // by default (Hyndman and Fan's type 7).
  const at = (share: number) => {
    const position = (sorted.length - 1) * share;
    const below = sorted[Math.floor(position)] ?? Number.NaN;
    const above = sorted[Math.ceil(position)] ?? Number.NaN;
    return below + (above - below) * (position - Math.floor(position));
  };
  return { median: at(0.5), q1: at(0.25), q3: at(0.75), min: at(0), max: at(1), count: sorted.length };
}
