/** Lists by their revision: the same revision means the same list, whoever has it. */

/** Revisions that lists are remembered of: far more than anybody is ever behind. */
const REMEMBERED = 2000;

export class Agreement {
  readonly #digests = new Map<string, number | string>();
  /** How often a list was compared with another one of its revision. */
  verified = 0;
  differing = 0;

  /** Somebody holds a list of this digest; false where the same revision was another list before. */
  holds(revision: string, digest: number | string): boolean {
    const known = this.#digests.get(revision);
    if (known === undefined) {
      this.#digests.set(revision, digest);
      const [oldest] = this.#digests.keys();
      if (this.#digests.size > REMEMBERED && oldest !== undefined) this.#digests.delete(oldest);
      return true;
    }
    this.verified += 1;
    if (known === digest) return true;
    this.differing += 1;
    return false;
  }
}
