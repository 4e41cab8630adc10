/**
 * The revision of the list, as clients see it: `<life>.<counter>`, opaque to them.
 *
 * - The counter goes up with each change of membership or of an entry. Equal revisions mean equal lists.
 * - A life goes on over a load from disk if what was loaded is exactly the list of the revision that was saved with it:
 *   after a sleep, as a rule. Otherwise a new life begins, and whoever comes with the old one needs the whole list.
 * - A crash may undo changes that clients saw already. So the first change after a load leaves a gap: no counter that was
 *   ever shown comes again for another list.
 */

/** A revision as it is saved. */
export interface SavedRevision {
  readonly life: string;
  readonly counter: number;
}

/** More changes than are made between two saves. Beyond it, a life would have to end. */
const GAP = 2 ** 24;

export class Revision {
  #life: string;
  #counter: number;
  /** The revision that was loaded; everything after it is in this object's memory. */
  #base: number;
  #hasMoved = false;

  constructor(life: string) {
    this.#life = life;
    this.#counter = 0;
    this.#base = 0;
  }

  get counter(): number {
    return this.#counter;
  }

  /** To save. */
  get saved(): SavedRevision {
    return { life: this.#life, counter: this.#counter };
  }

  /** Goes on with a life whose list was loaded as it was saved. */
  resume({ life, counter }: SavedRevision): void {
    this.#life = life;
    this.#counter = counter;
    this.#base = counter;
  }

  /** So many changes. */
  move(changes: number): void {
    this.#counter += this.#hasMoved ? changes : GAP + changes;
    this.#hasMoved = true;
  }

  toString(): string {
    return `${this.#life}.${this.#counter}`;
  }

  /** The counter of a revision that a client names; undefined where it is none that this object can count from. */
  counterOf(text: string): number | undefined {
    const dot = text.lastIndexOf('.');
    const counter = Number(text.slice(dot + 1));
    if (text.slice(0, dot) !== this.#life || !Number.isSafeInteger(counter)) return undefined;
    const isShown = counter === this.#base || (counter > this.#base + GAP && counter <= this.#counter);
    return isShown ? counter : undefined;
  }
}
