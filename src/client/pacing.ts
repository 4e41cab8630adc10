/** When the next heartbeat or the next attempt is due: pure functions of what happened and of one random number. */
import type { LeaseTerms } from '../protocol/protocol.ts';

/** Share of the interval by which a heartbeat may come early or late, so that a fleet spreads out. */
const JITTER = 0.1;

/** The first retry comes after at most this share of the interval; each further one may take twice as long. */
const FIRST_RETRY_SHARE = 1 / 16;

/** No failure is followed by another attempt sooner than this, whatever interval a registry asked for. */
const SHORTEST_RETRY_MS = 100;

/** A longer delay overflows the 32 bits every runtime keeps for it, and would fire at once. */
export const LONGEST_DELAY_MS = 2 ** 31 - 1;

/** The longest wait that a registry can ask for, lease or not: what it says today must not outlive who said it. */
const LONGEST_BELIEVED_MS = 3_600_000;

/** Nobody is asked to beat faster than once a second, but where leases are shorter than three seconds… */
const SHORTEST_INTERVAL_MS = 1000;

/** …and then not more than four times a second. */
const SHORTEST_INTERVAL_EVER_MS = 250;

/** Share of a lease that a heartbeat may wait for: moved by 10 %, and then on its way, it still comes in time. */
const LONGEST_SHARE = 5 / 6;

/** Share of a lease that is left for the request itself, when it is put off for as long as can be. */
const RESERVE = 1 / 20;

/** A lost session leaves the lease this long before the server is off the list; a quarter of the TTL if that is less. */
const LONGEST_GRACE_MS = 15_000;

/**
 * Shares of the grace: the first heartbeat after a lost session is sent within one, may take the next, and is followed by
 * the second within the third. So both are sent while the grace runs.
 */
const FIRST_BEAT_SHARE = 1 / 3;
const REQUEST_SHARE = 1 / 4;

/** No request is given less. */
const SHORTEST_REQUEST_MS = 1000;

/** A lost session is followed by another within so much, so that a thousand clients don't come back at once. */
const LONGEST_RECONNECT_MS = 30_000;

/** Pings come at most so far apart, for networks close what is silent for longer, and at most four times a second. */
const LONGEST_PING_MS = 30_000;

/** Share of the ping interval by which a ping may come early, never late. */
const PING_JITTER = 0.1;

/** How long a lease of this TTL lasts after its session was lost. */
export function graceMs(ttlMs: number): number {
  return Math.min(LONGEST_GRACE_MS, ttlMs / 4);
}

/** Milliseconds from the loss of a session to the heartbeat that saves the lease; `random` is from 0 to 1. */
export function firstBeatInMs(ttlMs: number, random: number): number {
  return graceMs(ttlMs) * FIRST_BEAT_SHARE * random;
}

/** The longest that a request may take while the grace runs. */
export function requestInGraceMs(ttlMs: number): number {
  return Math.max(SHORTEST_REQUEST_MS, graceMs(ttlMs) * REQUEST_SHARE);
}

/**
 * The next wait of `waitMs` as it is while the grace runs: short enough for a second heartbeat within it. The second
 * one is the last that is hurried.
 */
export function waitInGraceMs(waitMs: number, attempt: number, ttlMs: number): number {
  return attempt === 1 ? Math.min(waitMs, graceMs(ttlMs) * FIRST_BEAT_SHARE) : waitMs;
}

/**
 * Milliseconds until another session is tried, after so many in a row that were not worth their opening: up to 30 s, and
 * then twice as long each time, up to an hour.
 */
export function reconnectInMs(failures: number, random: number): number {
  if (failures === 0) return LONGEST_RECONNECT_MS * random;
  const longestMs = Math.min(LONGEST_BELIEVED_MS, LONGEST_RECONNECT_MS * 2 ** failures);
  return longestMs * (0.5 + 0.5 * random);
}

/** Milliseconds until the next ping, where the registry asked for one every `pingEveryMs`. */
export function pingInMs(pingEveryMs: number, random: number): number {
  const believedMs = Math.max(SHORTEST_INTERVAL_EVER_MS, Math.min(pingEveryMs, LONGEST_PING_MS));
  return believedMs * (1 - PING_JITTER * random);
}

/** `intervalMs` moved by at most 10 % either way; `random` is from 0 to 1. */
export function jitteredMs(intervalMs: number, random: number): number {
  return intervalMs * (1 + JITTER * (2 * random - 1));
}

/**
 * Milliseconds between two heartbeats under those terms: what the registry asks for, but at most five sixths of
 * the lease and an hour, and at least a second. Where a third of the lease is shorter than that, at least that third or 250 ms.
 */
export function believedIntervalMs({ ttlMs, heartbeatEveryMs }: LeaseTerms): number {
  const shortestMs = Math.min(SHORTEST_INTERVAL_MS, Math.max(SHORTEST_INTERVAL_EVER_MS, ttlMs / 3));
  return Math.max(shortestMs, Math.min(heartbeatEveryMs, ttlMs * LONGEST_SHARE, LONGEST_BELIEVED_MS));
}

/**
 * The longest wait that `Retry-After` may cause, `leaseLeftMs` before the lease of `ttlMs` ends: one that can still save
 * it. Where there is no lease to lose, as long as one would last; never more than an hour.
 */
export function longestWaitMs(ttlMs: number, leaseLeftMs: number): number {
  const reserveMs = ttlMs * RESERVE;
  const longestMs = leaseLeftMs > 0 ? Math.min(ttlMs, leaseLeftMs) - reserveMs : ttlMs;
  return Math.min(LONGEST_BELIEVED_MS, Math.max(0, longestMs));
}

/** What decides how long to wait after a failure. */
export interface FailedAttempt {
  /** Failures in a row, this one included: 1 or more. */
  attempt: number;
  /** The heartbeat interval the registry asked for. */
  intervalMs: number;
  /** True where the same request is likely to be refused again however soon it is sent. */
  permanent: boolean;
  /** What `Retry-After` asked for, if anything. */
  retryAfterMs: number | undefined;
  /** The longest that `Retry-After` may put off the next attempt; no bound but a timer's if absent. */
  longestMs?: number;
}

/**
 * Milliseconds until the next attempt; `random` is from 0 to 1.
 *
 * Waits double from a sixteenth of the interval up to the interval, each drawn from the upper half of its range
 * so that a fleet that failed together does not come back together. After a permanent failure the request is repeated
 * at the normal pace. `Retry-After` only ever lengthens the wait, and is itself spread by up to 10 %; where it asks for more
 * than `longestMs`, the wait is drawn from the upper half of that.
 */
export function retryInMs(failure: FailedAttempt, random: number): number {
  const { attempt, intervalMs, permanent, retryAfterMs = 0, longestMs = LONGEST_DELAY_MS } = failure;
  const ceilingMs = Math.min(intervalMs, intervalMs * FIRST_RETRY_SHARE * 2 ** (attempt - 1));
  const ownMs = permanent ? jitteredMs(intervalMs, random) : ceilingMs * (0.5 + 0.5 * random);
  const askedMs = retryAfterMs * (1 + JITTER * random);
  const grantedMs = askedMs <= longestMs ? askedMs : longestMs * (0.5 + 0.5 * random);
  return Math.min(LONGEST_DELAY_MS, Math.round(Math.max(ownMs, grantedMs, SHORTEST_RETRY_MS)));
}

/**
 * The wait a `Retry-After` header asks for, in milliseconds; undefined where there is none or it makes no sense.
 * Both forms of RFC 9110 are read: a number of seconds, and a date, which is compared with `nowMs`. At most what a
 * timer can hold.
 */
export function retryAfterMs(header: string | null, nowMs: number): number | undefined {
  if (header === null) return undefined;
  const text = header.trim();
  if (/^\d+$/.test(text)) return Math.min(LONGEST_DELAY_MS, Number(text) * 1000);
  const atMs = /^[A-Za-z]{3,9}, /.test(text) ? Date.parse(text) : Number.NaN;
  return Number.isNaN(atMs) ? undefined : Math.min(LONGEST_DELAY_MS, Math.max(0, atMs - nowMs));
}
