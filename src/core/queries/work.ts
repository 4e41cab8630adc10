/** What a query may cost, counted as it goes, and what it answers where it can't be answered. */
import type { QueryRefusal } from '../../protocol/refusal.ts';

/**
 * Steps of one query. A step is about half a nanosecond on the machine of docs/performance.md: a character that the
 * regular expressions of the engine pass over. Everything else is charged by what it takes in such steps (measured).
 * A search of 10,000 entries with 2 KB of metadata, passed over once, takes 24 million.
 */
export const MAX_STEPS = 54_000_000;

/** Thrown where a query has no answer; `refusal` says why. */
export class QueryRefused extends Error {
  readonly refusal: QueryRefusal;

  constructor(refusal: QueryRefusal) {
    super(refusal.kind);
    this.refusal = refusal;
  }
}

export class Work {
  #steps = 0;

  get steps(): number {
    return this.#steps;
  }

  /** Throws `QueryRefused` where that is more than a query may take. */
  spend(steps: number): void {
    this.#steps += steps;
    if (this.#steps > MAX_STEPS) throw new QueryRefused({ kind: 'query-too-costly' });
  }
}
