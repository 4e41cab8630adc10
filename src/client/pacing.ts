/** When the next heartbeat or the next attempt is due: pure functions of what happened and of one random number. */

/** Share of the interval by which a heartbeat may come early or late, so that a fleet spreads out. */
const JITTER = 0.1;

/** The first retry comes after at most this share of the interval; each further one may take twice as long. */
const FIRST_RETRY_SHARE = 1 / 16;

/** `intervalMs` moved by at most 10 % either way; `random` is from 0 to 1. */
export function jitteredMs(intervalMs: number, random: number): number {
  return intervalMs * (1 + JITTER * (2 * random - 1));
}

/** What decides how long to wait after a failure. */
export interface Failure {
  /** Failures in a row, this one included: 1 or more. */
  attempt: number;
  /** The heartbeat interval the registry asked for. */
  intervalMs: number;
  /** True where the same request is likely to be refused again however soon it is sent. */
  hopeless: boolean;
  /** What `Retry-After` asked for, if anything. */
  retryAfterMs: number | undefined;
}

/**
 * Milliseconds until the next attempt; `random` is from 0 to 1.
 *
 * Waits double from a sixteenth of the interval up to the interval, each drawn from the upper half of its range
 * so that a fleet that failed together does not come back together. A hopeless request is repeated at the
 * normal pace. `Retry-After` only ever lengthens the wait, and is itself spread by up to 10 %.
 */
export function retryInMs(failure: Failure, random: number): number {
  const { attempt, intervalMs, hopeless, retryAfterMs = 0 } = failure;
  const ceilingMs = Math.min(intervalMs, intervalMs * FIRST_RETRY_SHARE * 2 ** (attempt - 1));
  const ownMs = hopeless ? jitteredMs(intervalMs, random) : ceilingMs * (0.5 + 0.5 * random);
  return Math.round(Math.max(ownMs, retryAfterMs * (1 + JITTER * random)));
}

/**
 * The wait a `Retry-After` header asks for, in milliseconds; undefined where there is none or it makes no sense.
 * Both forms of RFC 9110 are read: a number of seconds, and a date, which is compared with `nowMs`.
 */
export function retryAfterMs(header: string | null, nowMs: number): number | undefined {
  if (header === null) return undefined;
  const text = header.trim();
  if (/^\d+$/.test(text)) return Number(text) * 1000;
  const atMs = /^[A-Za-z]{3,9}, /.test(text) ? Date.parse(text) : Number.NaN;
  return Number.isNaN(atMs) ? undefined : Math.max(0, atMs - nowMs);
}
