/** When another session is tried, for one server that heartbeats meanwhile. */
import { reconnectInMs } from './pacing.ts';

/** A timer may fire a moment before its time: runtimes leave out what is less than a millisecond. */
const EARLY_MS = 5;

export class Climb {
  #tryAtMs = Number.NEGATIVE_INFINITY;
  /** Sessions in a row that were not worth their opening. */
  #failures = 0;

  /** Whether a session may be opened, and a ticket be asked for. */
  mayTry(nowMs: number): boolean {
    return nowMs >= this.#tryAtMs - EARLY_MS;
  }

  /** `intervalMs`, or the time until a session may be tried, where that comes first. */
  waitMs(intervalMs: number, nowMs: number): number {
    return this.mayTry(nowMs) ? intervalMs : Math.min(intervalMs, this.#tryAtMs - nowMs);
  }

  /**
   * A session ended, or could not be opened. One that did not even last as long as a heartbeat makes the next one wait
   * longer, so that whoever cuts connections is not asked for ever more of them.
   */
  ended(heldMs: number | undefined, intervalMs: number, nowMs: number, random: number): void {
    this.#failures = heldMs !== undefined && heldMs >= intervalMs ? 0 : this.#failures + 1;
    // The first that was short is followed as one that lasted.
    const failures = heldMs === undefined ? this.#failures : Math.max(0, this.#failures - 1);
    this.#tryAtMs = nowMs + reconnectInMs(failures, random);
  }
}
