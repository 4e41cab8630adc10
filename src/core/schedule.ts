/** When the next alarm rings, what it does, and when a save is due: pure functions of the state and its terms. */

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

/**
 * Where the list is watched, an expiry is found by the alarm, without any reader: at most so long after the one before, since
 * each setting of an alarm is a row.
 */
export const WATCHED_EXPIRY_EVERY_MS = 1000;

/** An alarm later than this is taken for lost, and the next write sets it again. */
export const ALARM_OVERDUE_MS = 5000;

/**
 * A change after a quiet time is saved so long after it, together with what comes meanwhile. While it waits the object
 * is kept awake, which costs as much a second as writing 1.6 rows: docs/performance.md compares the choices.
 */
export const SAVE_SOON_MS = 1000;

/** Shortest time between two saves under load: at most one row in 10 s, $0.26 a month. */
export const SAVE_EVERY_MS = 10_000;

/**
 * A list file is written again so often while anybody is live, also where nobody came or went: a client that drops who
 * was last heard two minutes ago would else drop servers that beat once a minute.
 */
export const PUBLISH_AGAIN_MS = 30_000;

export interface ScheduleTerms {
  /** Shortest time between the beginnings of two sweeps. */
  readonly sweepIntervalMs: number;
  /** The alarm rings at least so often while anything is held: what is overdue longer shows that the registry was down. */
  readonly checkpointIntervalMs: number;
  /** Shortest time between two writings of the list file. */
  readonly publishIntervalMs: number;
}

/** What a list file shows. */
export interface Published {
  /** Of the list, as text. */
  readonly revision: string;
  /** Servers on it. */
  readonly live: number;
}

/** The list file, beside the list. */
export interface PublicationState {
  /** It shows another list than that of now. */
  readonly isOutdated: boolean;
  /** Servers on the list of now. */
  readonly live: number;
  /** When it was last written, or that was last tried; null where it never was. */
  readonly lastAt: number | null;
}

/** All that the alarm's decisions depend on. Times in epoch milliseconds; null where there is none. */
export interface ScheduleState {
  readonly now: number;
  /** Rows an alarm has yet to look after: leases, live and stale, and tombstones. */
  readonly held: number;
  /** Length of the queue of stale keys. */
  readonly stale: number;
  readonly nextExpiry: number | null;
  /** When the grace of the first lost session is over: until then its lease must not look as if it were live. */
  readonly nextLossEnd: number | null;
  /** The sweep that began last deleted a slice and left keys in the queue. */
  readonly sweepUnfinished: boolean;
  /** Rows of tombstones wait to be deleted. */
  readonly tombstonesOver: boolean;
  readonly lastSweepAt: number | null;
  /** Somebody is to be told of each expiry, and to be closed if it went away. */
  readonly watched: boolean;
  /** Null where no list file is written. */
  readonly publication: PublicationState | null;
}

/** Whether this alarm flushes a slice of the queue, or lets stale keys go on accumulating. */
export function sweepIsDue(state: ScheduleState, terms: ScheduleTerms): boolean {
  if (state.stale === 0) return false;
  return state.sweepUnfinished || state.now >= after(state.lastSweepAt, terms.sweepIntervalMs);
}

/**
 * Whether the list file shows another list than that of `now`. Nobody is nobody, whatever the revision: an empty list that
 * is loaded from disk may begin a new life, and where there never was a file, none is owed to anyone.
 */
export function isOutdated(published: Published | null, now: Published): boolean {
  if (now.live === 0) return published !== null && published.live > 0;
  return published === null || published.live === 0 || published.revision !== now.revision;
}

/**
 * When the list file is to be written; null where it need not be as things stand. A list that changed is published as
 * soon as the interval allows. One that did not is due `PUBLISH_AGAIN_MS` after the last time, or when the next lease runs
 * out; an empty one is published once.
 */
export function publishAt(state: ScheduleState, terms: ScheduleTerms): number | null {
  const { publication, nextExpiry } = state;
  if (publication === null) return null;
  const soonest = after(publication.lastAt, terms.publishIntervalMs);
  if (publication.isOutdated) return soonest;
  if (publication.live === 0) return null;
  return Math.max(soonest, Math.min(after(publication.lastAt, PUBLISH_AGAIN_MS), nextExpiry ?? Infinity));
}

/** Whether this alarm writes the list file. */
export function publishIsDue(state: ScheduleState, terms: ScheduleTerms): boolean {
  const at = publishAt(state, terms);
  return at !== null && state.now >= at;
}

/**
 * When the next alarm rings, or null: an empty registry that nobody watches sleeps. It is the soonest of the next sweep (the later of
 * the next expiry and the sweep interval after the last sweep), the next writing of the list file, and a checkpoint
 * interval from now: a heartbeat must set no alarm, and an alarm far ahead would not show that the registry was down.
 * Where the list is watched, it rings at the next expiry as well.
 */
export function nextAlarm(state: ScheduleState, terms: ScheduleTerms): number | null {
  const soonest = state.now + SLICE_PAUSE_MS;
  const filesAt = publishAt(state, terms);
  const checkpointAt = state.now + terms.checkpointIntervalMs;
  if (state.held === 0) {
    const at = Math.min(filesAt ?? Infinity, state.watched ? checkpointAt : Infinity);
    return at === Infinity ? null : Math.max(soonest, at);
  }
  if (state.sweepUnfinished || state.tombstonesOver) return soonest;
  const nextStale = state.stale > 0 ? state.now : (state.nextExpiry ?? Infinity);
  const sweepAt = Math.max(nextStale, after(state.lastSweepAt, terms.sweepIntervalMs));
  const nextLossEnd = state.nextLossEnd ?? Infinity;
  const expiryAt = state.watched
    ? Math.max(state.nextExpiry ?? Infinity, state.now + WATCHED_EXPIRY_EVERY_MS)
    : Infinity;
  return Math.max(soonest, Math.min(sweepAt, filesAt ?? Infinity, checkpointAt, nextLossEnd, expiryAt));
}

/**
 * How long after the first unsaved change a save is due. The wait is counted from that change and never prolonged, so
 * calls that keep coming don't put it off.
 */
export function saveDelayMs(lastSaveAt: number, now: number, heartbeatEveryMs: number): number {
  // A heartbeat must be on disk well before the next one of its server comes.
  const everyMs = Math.min(SAVE_EVERY_MS, heartbeatEveryMs / 4);
  const soonMs = Math.min(SAVE_SOON_MS, everyMs);
  return Math.min(everyMs, Math.max(soonMs, lastSaveAt + everyMs - now));
}

/**
 * Whether the alarm that is believed to be set must be set again: there is none, it should have rung long ago
 * (given up by the runtime after its retries, or stuck), or it lies further ahead than any that `nextAlarm` gives
 * (set under longer intervals, or by a clock that was wrong).
 */
export function alarmIsLost(alarmAt: number | null, now: number, terms: ScheduleTerms): boolean {
  if (alarmAt === null) return true;
  return alarmAt < now - ALARM_OVERDUE_MS || alarmAt > now + terms.checkpointIntervalMs + SLICE_PAUSE_MS;
}

function after(last: number | null, intervalMs: number): number {
  return last === null ? -Infinity : last + intervalMs;
}
