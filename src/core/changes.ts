/** Which entries changed at which revision, as far back as its capacity reaches. */

interface Change {
  readonly revision: number;
  readonly serverId: string;
}

export class ChangeLog {
  readonly #capacity: number;
  /** In the order of their revisions; several may share one. */
  #changes: Change[] = [];
  /** Every change after this revision is in the log. */
  #completeAfter: number;

  constructor(capacity: number, revision: number) {
    this.#capacity = capacity;
    this.#completeAfter = revision;
  }

  record(revision: number, serverId: string): void {
    this.#changes.push({ revision, serverId });
    // Trimmed by halves, so that recording stays a push.
    if (this.#changes.length <= 2 * this.#capacity) return;
    const dropped = this.#changes.length - this.#capacity;
    this.#completeAfter = this.#changes[dropped - 1]?.revision ?? revision;
    this.#changes = this.#changes.slice(dropped);
  }

  /** Forgets everything up to a revision: whoever knows only that one needs the whole list. */
  startAt(revision: number): void {
    this.#changes = [];
    this.#completeAfter = revision;
  }

  /** The ids that changed after a revision, each once; undefined where the log does not reach back to it. */
  since(revision: number): ReadonlySet<string> | undefined {
    if (revision < this.#completeAfter) return undefined;
    let low = 0;
    let high = this.#changes.length;
    while (low < high) {
      const middle = (low + high) >>> 1;
      if ((this.#changes[middle]?.revision ?? Infinity) > revision) high = middle;
      else low = middle + 1;
    }
    const ids = new Set<string>();
    for (let at = low; at < this.#changes.length; at += 1) {
      const change = this.#changes[at];
      if (change !== undefined) ids.add(change.serverId);
    }
    return ids;
  }
}
