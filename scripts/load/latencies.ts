/** Latencies in HDR histograms: over the whole run, corrected for coordinated omission and as measured, and by second. */
import { build, type Histogram } from 'hdr-histogram-js';

/** Milliseconds at each share, and how many there were. */
export interface LatencySummary {
  readonly count: number;
  readonly p50: number;
  readonly p90: number;
  readonly p99: number;
  readonly 'p99.9': number;
  readonly max: number;
}

/** Recorded in microseconds, so that three significant digits reach below a millisecond. */
const US_PER_MS = 1000;
const MAX_US = 120_000_000;

/** Shares at which the distribution is drawn, in percent. */
const CURVE = [
  0, 10, 25, 50, 60, 70, 75, 80, 85, 90, 92.5, 95, 97, 98, 99, 99.5, 99.7, 99.9, 99.95, 99.99, 100,
];

export class Latencies {
  readonly #corrected = histogram();
  readonly #measured = histogram();
  #second = histogram();

  /**
   * Records one answer. `expectedIntervalMs` is the time between two requests of its connection: an answer that took
   * longer held up requests which were then never sent, and their waits are filled in. Without it none was planned.
   */
  record(latencyMs: number, expectedIntervalMs?: number): void {
    const us = Math.max(1, Math.round(latencyMs * US_PER_MS));
    this.#measured.recordValue(us);
    this.#second.recordValue(us);
    if (expectedIntervalMs === undefined) this.#corrected.recordValue(us);
    else this.#corrected.recordValueWithExpectedInterval(us, expectedIntervalMs * US_PER_MS);
  }

  /** Since the last call of this, as measured. */
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

function histogram(): Histogram {
  return build({
    lowestDiscernibleValue: 1,
    highestTrackableValue: MAX_US,
    numberOfSignificantValueDigits: 3,
    autoResize: true,
  });
}

function summaryOf(recorded: Histogram): LatencySummary {
  const at = (percent: number) =>
    recorded.totalCount === 0 ? 0 : recorded.getValueAtPercentile(percent) / US_PER_MS;
  return {
    count: recorded.totalCount,
    p50: at(50),
    p90: at(90),
    p99: at(99),
    'p99.9': at(99.9),
    max: recorded.totalCount === 0 ? 0 : recorded.maxValue / US_PER_MS,
  };
}
