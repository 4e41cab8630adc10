/** What changed in the list, by revision: the revision itself, and the log of who came, changed or went. */
import { ChangeLog } from './change-log.ts';
import { Revision, type SavedRevision } from './revision.ts';

/** As many changes as a full registry has servers by default: beyond that, the whole list is the smaller answer. */
const CHANGES_KEPT = 10_000;

/** A delta of so few ids is never worth replacing by the whole list. */
const SMALL_DELTA = 100;

/** Whether so many changes are hardly the smaller answer than the whole list of `liveCount`. */
export function isMost(changes: number, liveCount: number): boolean {
  return changes > Math.max(liveCount, SMALL_DELTA);
}

export class Changes {
  readonly #revision: Revision;
  readonly #log = new ChangeLog(CHANGES_KEPT, 0);
  readonly #onChanged: () => void;

  /** `life` and `start` as in `Revision`; `onChanged` is told of each move, behind it. */
  constructor(life: string, start: number, onChanged: () => void) {
    this.#revision = new Revision(life, start);
    this.#onChanged = onChanged;
  }

  /** Of the list as it is now. */
  get revision(): Pick<Revision, 'counter' | 'saved' | 'toString'> {
    return this.#revision;
  }

  /** Begins behind a load. `revision` is that of the list as it was loaded, null where it may be another one. */
  resume(revision: SavedRevision | null): void {
    if (revision !== null) this.#revision.resume(revision);
    this.#log.startAt(this.#revision.counter);
  }

  /** The entry of each id came, changed or went. More of them than the log would keep are not worth telling it. */
  record(serverIds: readonly string[]): void {
    if (serverIds.length === 0) return;
    if (serverIds.length > CHANGES_KEPT) {
      this.recordMost(serverIds.length);
      return;
    }
    for (const serverId of serverIds) {
      this.#revision.move(1);
      this.#log.record(this.#revision.counter, serverId);
    }
    this.#onChanged();
  }

  /**
   * So many went that a delta with them would be answered by the whole list: it need not be told which, and the list that
   * found them gone is spared making ten thousand ids of them.
   */
  recordMost(count: number): void {
    if (count === 0) return;
    this.#revision.move(count);
    this.#log.startAt(this.#revision.counter);
    this.#onChanged();
  }

  /** The ids that changed after a revision that a client names; undefined where that is not known. */
  since(revision: string): ReadonlySet<string> | undefined {
    const counter = this.#revision.counterOf(revision);
    return counter === undefined ? undefined : this.#log.since(counter);
  }
}
