/** The registry's life during this visit: samples of its counters, and the sweeps between them. */
import type { StatsAnswer } from '../../protocol/protocol.ts';

/** One look at the registry; times are epoch milliseconds. */
export interface Sample {
  readonly at: number;
  readonly live: number;
  readonly stale: number;
}

/** Servers that a sweep, or several since the look before, took away. */
export interface Sweep {
  readonly at: number;
  readonly count: number;
}

/** What the strip shows. */
export interface Life {
  readonly samples: readonly Sample[];
  readonly sweeps: readonly Sweep[];
  /** The registry's counter at the last look; null before the first. */
  readonly sweptBefore: number | null;
}

export const NO_LIFE: Life = { samples: [], sweeps: [], sweptBefore: null };

/** The strip goes back no further. */
export const LIFE_SPAN_MS = 3_600_000;
/** A longer silence than this between two samples is a gap: the tab was paused or the registry away. */
export const GAP_MS = 30_000;

type Look = Pick<StatsAnswer, 'live' | 'stale' | 'swept' | 'lastSweep'>;

/** Adds a look taken at `at`, and forgets what is older than an hour. */
export function withLook(life: Life, look: Look, at: number): Life {
  const oldest = at - LIFE_SPAN_MS;
  const { live, stale, swept, lastSweep } = look;
  const samples = [...life.samples.filter((sample) => sample.at >= oldest), { at, live, stale }];
  const sweeps = life.sweeps.filter((sweep) => sweep.at >= oldest);
  // A crash sets the counter back to the last checkpoint: nothing was swept then that this visit could show.
  const count = life.sweptBefore === null ? 0 : swept - life.sweptBefore;
  if (count > 0) sweeps.push({ at: Math.min(at, lastSweep?.at ?? at), count });
  return { samples, sweeps, sweptBefore: swept };
}

/** Servers swept during this visit, as far back as the strip goes. */
export function sweptIn({ sweeps }: Life): number {
  return sweeps.reduce((total, { count }) => total + count, 0);
}

/** The sweeps as they are labelled: those that follow each other within `nearMs` share a label, at the last of them. */
export function marksOf({ sweeps }: Life, nearMs: number): Sweep[] {
  const marks: Sweep[] = [];
  for (const { at, count } of sweeps) {
    const before = marks.at(-1);
    const isNear = before !== undefined && at - before.at < nearMs;
    if (isNear) marks.pop();
    marks.push({ at, count: isNear ? before.count + count : count });
  }
  return marks;
}

/** The samples, cut where there was a gap. */
export function runsOf({ samples }: Life): Sample[][] {
  const runs: Sample[][] = [];
  let last: Sample | undefined;
  for (const sample of samples) {
    if (last === undefined || sample.at - last.at > GAP_MS) runs.push([]);
    runs.at(-1)?.push(sample);
    last = sample;
  }
  return runs;
}
