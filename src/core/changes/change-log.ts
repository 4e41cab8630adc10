/** Which entries changed at which revision, as far back as its capacity reaches. */

export class ChangeLog {
  readonly #capacity: number;
  /** Revision and id of each change, in the order of the revisions; several may share one. No object is kept for any. */
  #revisions: number[] = [];
  #serverIds: string[] = [];
  /** Every change after this revision is in the log. */
  #completeAfter: number;

  constructor(capacity: number, revision: number) {
    this.#capacity = capacity;
    this.#completeAfter = revision;
  }

  record(revision: number, serverId: string): void {
    this.#revisions.push(revision);
    this.#serverIds.push(serverId);
    // Trimmed by halves, so that recording stays a push.
    if (this.#revisions.length <= 2 * this.#capacity) return;
    const dropped = this.#revisions.length - this.#capacity;
    this.#completeAfter = this.#revisions[dropped - 1] ?? revision;
    this.#revisions = this.#revisions.slice(dropped);
    this.#serverIds = this.#serverIds.slice(dropped);
  }

  /** Forgets everything up to a revision: whoever knows only that one needs the whole list. */
  startAt(revision: number): void {
    this.#revisions = [];
    this.#serverIds = [];
    this.#completeAfter = revision;
  }

  /** The ids that changed after a revision, each once; undefined where the log does not reach back to it. */
  since(revision: number): ReadonlySet<string> | undefined {
    if (revision < this.#completeAfter) return undefined;
    let low = 0;
    let high = this.#revisions.length;
    while (low < high) {
      const middle = (low + high) >>> 1;
      if ((this.#revisions[middle] ?? Infinity) > revision) high = middle;
      else low = middle + 1;
    }
    return new Set(this.#serverIds.slice(low));
  }
}
