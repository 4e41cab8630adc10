/** What a client knows of its lease: its terms, how long it has left, and how urgent the next request is. */
import type { LeaseTerms } from '../protocol/protocol.ts';
import type { RegistryError } from './errors.ts';
import {
  believedIntervalMs,
  firstBeatInMs,
  graceMs,
  longestWaitMs,
  requestInGraceMs,
  retryInMs,
  waitInGraceMs,
} from './pacing.ts';

/** The lease before the registry has given one: its own default. */
const ASSUMED_LEASE: LeaseTerms = { ttlMs: 300_000, heartbeatEveryMs: 60_000 };

export class LeaseClock {
  terms = ASSUMED_LEASE;
  /** When the lease ends at the earliest, as far as is known. */
  #endsAtMs = Number.NEGATIVE_INFINITY;
  /** Until then the lease is left that a session lost. */
  #graceEndsAtMs = Number.NEGATIVE_INFINITY;
  /** Failures in a row. */
  #attempt = 0;

  /** Milliseconds between two heartbeats. */
  get intervalMs(): number {
    return believedIntervalMs(this.terms);
  }

  /** Failures since it was heard last. */
  get attempt(): number {
    return this.#attempt;
  }

  /** The registry accepted what was sent at `sentAtMs`. */
  heard(sentAtMs: number): void {
    this.#attempt = 0;
    this.#endsAtMs = sentAtMs + this.terms.ttlMs;
    this.#graceEndsAtMs = Number.NEGATIVE_INFINITY;
  }

  /** A session was lost. Gives the milliseconds until the heartbeat that saves the lease. */
  lost(nowMs: number, random: number): number {
    this.#attempt = 0;
    this.#graceEndsAtMs = nowMs + graceMs(this.terms.ttlMs);
    this.#endsAtMs = Math.min(this.#endsAtMs, this.#graceEndsAtMs);
    return firstBeatInMs(this.terms.ttlMs, random);
  }

  /** A request failed; `isOther` where the next one is another one. Gives the milliseconds until then. */
  failed({ fault, permanent }: RegistryError, isOther: boolean, nowMs: number, random: number): number {
    this.#attempt += 1;
    const waitMs = retryInMs(
      {
        attempt: this.#attempt,
        intervalMs: this.intervalMs,
        permanent: permanent && !isOther,
        retryAfterMs: fault.kind === 'refused' ? fault.retryAfterMs : undefined,
        longestMs: longestWaitMs(this.terms.ttlMs, this.#endsAtMs - nowMs),
      },
      random,
    );
    return nowMs < this.#graceEndsAtMs ? waitInGraceMs(waitMs, this.#attempt, this.terms.ttlMs) : waitMs;
  }

  /** `timeoutMs`, or less while there must be time for another attempt. */
  timeoutMs(timeoutMs: number, nowMs: number): number {
    if (nowMs >= this.#graceEndsAtMs) return timeoutMs;
    return Math.min(timeoutMs, requestInGraceMs(this.terms.ttlMs));
  }
}
