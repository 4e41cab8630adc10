/** The terms of the leases in a run, and what follows from them: how long each promise may take to come true. */

/** The variables the registry is started with, as numbers, and what an observer must allow for. All in milliseconds. */
export interface Terms {
  readonly ttlMs: number;
  /** At most a third of the TTL, or the registry would lower it. */
  readonly heartbeatEveryMs: number;
  /** Infinity where it is unknown. */
  readonly sweepIntervalMs: number;
  /** At most a quarter of the TTL, or the registry would lower it. */
  readonly checkpointIntervalMs: number;
  /** How far the `lastSeen` in a list may lag. */
  readonly snapshotMaxAgeMs: number;
  /** How far a whole list may lag, because a cache or a network lies between; 0 if absent. */
  readonly listLagMs?: number;
  /** How long after its sender gave it up a request may still be carried out, by a registry that goes on. */
  readonly givenUpMs?: number;
  /** Bounds of the registry's clock less ours; both 0 if absent. */
  readonly clock?: { readonly atLeastMs: number; readonly atMostMs: number };
}

/** The variables of a registry with these terms that anyone may write to. */
export function variables(terms: Terms): Record<string, string> {
  return {
    SERVER_TTL_MS: String(terms.ttlMs),
    HEARTBEAT_INTERVAL_MS: String(terms.heartbeatEveryMs),
    SWEEP_INTERVAL_MS: String(terms.sweepIntervalMs),
    CHECKPOINT_INTERVAL_MS: String(terms.checkpointIntervalMs),
    SNAPSHOT_MAX_AGE_MS: String(terms.snapshotMaxAgeMs),
    MAX_SERVERS: '10000',
    WRITE_ACCESS: 'open',
    RATE_LIMIT: 'off',
    ALLOW_PRIVATE_ENDPOINTS: 'true',
  };
}

/**
 * How late an alarm, or a timer of the script, may be because the machine was busy. It is added where the promise
 * depends on one, and nowhere else: what a list may show follows from times alone.
 */
export const NOISE_MS = 1000;

/** What was on its way at the SIGKILL may still have been carried out this long after it was sent. */
export const DYING_MS = 250;

/**
 * `Terms.givenUpMs` where nothing is said: on a machine with ten times the work it has processors for, half a second
 * was seen. Nothing is allowed for a request that was answered.
 */
export const GIVEN_UP_MS = 3000;

/** The registry sets its alarm at least this far ahead. */
export const ALARM_MARGIN_MS = 50;

/** The longest that anything acknowledged stays unsaved; less where leases are so short that it would cost a place. */
const SAVED_WITHIN_MS = 10_000;
const SAVED_WITHIN_LEASES = 1 / 4;

/** What a lease that was live when the registry left gets after it is back: one heartbeat interval and a half. */
export function graceMs(terms: Terms): number {
  return Math.ceil(terms.heartbeatEveryMs * 1.5);
}

/** Heartbeats acknowledged within this time before a crash may be lost, with their metadata. Sleep loses none. */
export function unsavedMs(terms: Terms): number {
  return Math.min(SAVED_WITHIN_MS, terms.ttlMs * SAVED_WITHIN_LEASES) + ALARM_MARGIN_MS + NOISE_MS;
}

/** The longest that a server which keeps on is silent towards a registry that is up: an interval and its jitter. */
export function retryMs(terms: Terms): number {
  return terms.heartbeatEveryMs * 1.1 + NOISE_MS;
}

/** How long a lease that is over may still be held by a registry that is up. */
export function sweptWithinMs(terms: Terms): number {
  return terms.sweepIntervalMs + ALARM_MARGIN_MS + NOISE_MS;
}

/** A registry away for longer than this must notice it: its alarm is then overdue by a heartbeat interval. */
export function noticedAfterMs(terms: Terms): number {
  return terms.checkpointIntervalMs + ALARM_MARGIN_MS + terms.heartbeatEveryMs;
}
