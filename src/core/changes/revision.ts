/**
 * The revision of the list, as clients see it: `<life>.<counter>`, opaque to them.
 *
 * - The counter goes up with each change of membership or of an entry. Equal revisions mean equal lists.
 * - A life goes on over a load from disk if what was loaded is exactly the list of the revision that was saved with it:
 *   after a sleep, as a rule. Otherwise a new life begins, and whoever comes with the old one needs the whole list.
 * - A crash may undo changes that clients saw already. So the first change after a load goes past every counter that an
 *   object loaded before can have shown: none comes again for another list.
 */

/** A revision as it is saved. */
export interface SavedRevision {
  readonly life: string;
  readonly counter: number;
}

export class Revision {
  #life: string;
  #counter = 0;
  /** The revision that was loaded. */
  #base = 0;
  /** The changes of this object begin behind it. */
  readonly #start: number;

  /**
   * `life` names a new life; it is given up where an older one goes on. `start` is above all counters that objects loaded
   * before have shown: microseconds of the clock, say, for a list that changes less than once in each.
   */
  constructor(life: string, start: number) {
    this.#life = life;
    this.#start = start;
  }

  get counter(): number {
    return this.#counter;
  }

  /** To save. */
  get saved(): SavedRevision {
    return { life: this.#life, counter: this.#counter };
  }

  /** Goes on with a life whose list was loaded as it was saved; not where a clock that stepped back gave a low start. */
  resume({ life, counter }: SavedRevision): void {
    if (counter >= this.#start) return;
    this.#life = life;
    this.#counter = counter;
    this.#base = counter;
  }

  /** So many changes. */
  move(changes: number): void {
    this.#counter = Math.max(this.#counter, this.#start) + changes;
  }

  toString(): string {
    return `${this.#life}.${this.#counter}`;
  }

  /** The counter of a revision that a client names; undefined where it is none that this object can count from. */
  counterOf(text: string): number | undefined {
    const [, life, digits] = /^(.+)\.(\d+)$/.exec(text) ?? [];
    const counter = Number(digits);
    if (life !== this.#life || !Number.isSafeInteger(counter)) return undefined;
    const isShown = counter === this.#base || (counter > this.#start && counter <= this.#counter);
    return isShown ? counter : undefined;
  }
}
