/** The registry's time: the wall clock, made never to step back. */

/**
 * Leases compare times, so a clock that steps back would revive the dead or freeze the living. After a step back,
 * the registry's time goes on from where it was at the pace of the wall clock, until the object is next loaded.
 */
export class SteadyClock {
  #last = -Infinity;
  #aheadMs = 0;

  /** Epoch milliseconds; never less than it said before. */
  now(): number {
    const wall = Date.now();
    this.#aheadMs = Math.max(this.#aheadMs, this.#last - wall);
    this.#last = wall + this.#aheadMs;
    return this.#last;
  }

  /** When something was by this clock that the platform timed by the wall clock; never later than now. */
  fromWall(timeMs: number): number {
    return Math.min(this.#last, timeMs + this.#aheadMs);
  }

  /** The wall clock's name for a time of this clock: what the platform's alarms go by. */
  toWall(timeMs: number): number {
    return timeMs - this.#aheadMs;
  }
}
