/** What this alarm does, and when the next one rings: pure functions of the registry's state and its intervals. */

/**
 * Most keys one alarm deletes. The object answers nobody while it works: a slice of 1,024 keys kept it for 25 ms and
 * more, one of 256 for about 7 ms (docs/performance.md has how that is measured).
 */
export const KEYS_PER_SLICE = 256;

/**
 * The pause between two slices of one sweep, in which the object answers. Never 0: an alarm set to the present
 * from inside an alarm has been seen to be dropped (github.com/cloudflare/workerd/issues/6866).
 */
export const SLICE_PAUSE_MS = 20;

/** An alarm later than this is taken for lost, and the next write sets it again. */
export const ALARM_OVERDUE_MS = 5000;

export interface SweepIntervals {
  /** Shortest time between the beginnings of two sweeps. */
  readonly sweepIntervalMs: number;
  /** Shortest time between two checkpoints. */
  readonly checkpointIntervalMs: number;
}

/** All that the alarm's decisions depend on. Times in epoch milliseconds; null where there is none. */
export interface SweepState {
  readonly now: number;
  /** Rows an alarm has yet to look after: leases, live and stale, and departures. */
  readonly held: number;
  /** Length of the queue of stale keys. */
  readonly stale: number;
  readonly nextExpiry: number | null;
  /** The sweep that began last deleted a slice and left keys in the queue. */
  readonly sweepUnfinished: boolean;
  /** Rows of departures wait to be deleted. */
  readonly departuresOver: boolean;
  readonly lastSweepAt: number | null;
  readonly lastCheckpointAt: number | null;
}

/** Whether this alarm flushes a slice of the queue, or lets stale keys go on accumulating. */
export function sweepIsDue(state: SweepState, intervals: SweepIntervals): boolean {
  if (state.stale === 0) return false;
  return state.sweepUnfinished || state.now >= after(state.lastSweepAt, intervals.sweepIntervalMs);
}

/** Whether this alarm may write a checkpoint: the interval has passed, or nothing is held and it is the last one. */
export function checkpointIsDue(state: SweepState, intervals: SweepIntervals): boolean {
  if (state.sweepUnfinished) return false;
  return state.held === 0 || state.now >= after(state.lastCheckpointAt, intervals.checkpointIntervalMs);
}

/**
 * When the next alarm rings, or null: an empty registry sleeps. It is the sooner of the next sweep (the later of
 * the next expiry and the sweep interval after the last sweep) and the next checkpoint, which comes round as
 * long as anything is held, because a heartbeat must not set an alarm.
 */
export function nextAlarm(state: SweepState, intervals: SweepIntervals): number | null {
  if (state.held === 0) return null;
  const soonest = state.now + SLICE_PAUSE_MS;
  if (state.sweepUnfinished || state.departuresOver) return soonest;
  const nextStale = state.stale > 0 ? state.now : (state.nextExpiry ?? Infinity);
  const sweepAt = Math.max(nextStale, after(state.lastSweepAt, intervals.sweepIntervalMs));
  const checkpointAt = (state.lastCheckpointAt ?? state.now) + intervals.checkpointIntervalMs;
  return Math.max(soonest, Math.min(sweepAt, checkpointAt));
}

/**
 * Whether the alarm that is believed to be set must be set again: there is none, it should have rung long ago
 * (given up by the runtime after its retries, or stuck), or it lies further ahead than any that `nextAlarm` gives
 * (set under longer intervals, or by a clock that was wrong).
 */
export function alarmIsLost(alarmAt: number | null, now: number, intervals: SweepIntervals): boolean {
  if (alarmAt === null) return true;
  return alarmAt < now - ALARM_OVERDUE_MS || alarmAt > now + intervals.checkpointIntervalMs + SLICE_PAUSE_MS;
}

function after(last: number | null, intervalMs: number): number {
  return last === null ? -Infinity : last + intervalMs;
}
