/**
 * Writes down what only memory knows, a moment after it changed.
 *
 * - The first unsaved change starts a timer. While a timer waits, the object can't be dropped from memory for being idle,
 *   so it never falls asleep with something unsaved. Reads never start it, and calls that keep coming don't put it off.
 * - A save is done when the disk has it. One that fails is counted and tried again.
 * - One save or checkpoint runs at a time; who asks for one meanwhile gets the next, which has all changes until then.
 */
import type { SavedRevision } from '../core/changes/revision.ts';
import type { Directory } from '../core/leases/directory.ts';
import type { LeaseTimes } from '../core/leases/downtime.ts';
import { Journal } from '../core/leases/journal.ts';
import type { Lease } from '../core/leases/lease.ts';
import { SEGMENTS } from '../core/leases/segment.ts';
import { saveDelayMs } from '../core/schedule.ts';
import type { Log } from '../rpc/log.ts';
import type { Counters } from './storage/counters.ts';
import type { SaveHead, Store } from './storage/store.ts';

const ALL_SEGMENTS: readonly number[] = Array.from({ length: SEGMENTS }, (_, segment) => segment);

/** Most leases, and most rows of servers, that are written in one go: between them the object answers. */
const LEASES_A_STEP = 500;
const ROWS_A_STEP = 64;
/** Most leases of which it is noted in one go that they are on disk. */
const NOTED_A_STEP = 2000;

/** Any time shorter than the ten idle seconds after which an object is dropped. */
const AWAKE_EVERY_MS = 5000;

export interface SaverParts {
  readonly directory: Directory;
  readonly store: Store;
  readonly counters: Counters;
  readonly log: Log;
  readonly terms: LeaseTimes;
  /** Epoch milliseconds of the registry's clock. */
  readonly now: () => number;
  /** Told of each save when it is on disk. */
  readonly onSaved: () => void;
}

export class Saver {
  readonly #parts: SaverParts;
  readonly #journal = new Journal();
  #timer: ReturnType<typeof setTimeout> | null = null;
  #lastSaveAt = -Infinity;
  /** The save that is asked for and has not begun. */
  #next: Promise<void> | null = null;
  /** All saves and checkpoints so far, one behind the other; never rejects. */
  #last: Promise<unknown> = Promise.resolve();
  /** Something that is no lease has changed: a counter, the revision. */
  #headChanged = false;
  /** When the save that is under way began, and the revision of the list at that time. */
  #begun: { readonly at: number; readonly revision: SavedRevision };

  constructor(parts: SaverParts) {
    this.#parts = parts;
    this.#begun = { at: parts.now(), revision: parts.directory.revision.saved };
  }

  /** The journal as it was found on disk. `legacy`: some rows are of a release before, and all are to be written anew. */
  restore(
    rows: readonly { readonly place: number; readonly leases: readonly Lease[] }[],
    legacy: boolean,
  ): void {
    for (const [index, { place, leases }] of rows.entries()) {
      this.#journal.restore(place, leases, index === rows.length - 1);
    }
    if (legacy) this.#journal.rewriteAll(ALL_SEGMENTS);
  }

  /** Whether anything is not on disk yet. */
  get hasUnsaved(): boolean {
    return this.#headChanged || !this.#parts.directory.unsaved.isEmpty;
  }

  /** A lease moved: it is saved a moment from now. */
  leaseChanged(): void {
    if (this.#timer !== null || this.#next !== null) return;
    const { now, terms } = this.#parts;
    this.#startTimer(saveDelayMs(this.#lastSaveAt, now(), terms.heartbeatEveryMs));
  }

  /** A lease moved that is over by what the disk says: it is saved at the next turn. */
  leaseRevived(): void {
    if (this.#next !== null) return;
    this.#stopTimer();
    this.#startTimer(0);
  }

  /** A counter or the revision changed. */
  headChanged(): void {
    this.#headChanged = true;
    this.leaseChanged();
  }

  /** Resolves when everything that changed until now is on disk. */
  save(): Promise<void> {
    this.#next ??= this.#enqueue(async () => {
      this.#next = null;
      this.#stopTimer();
      if (!this.hasUnsaved) return;
      await this.#write(this.#journal.isFull ? 'checkpoint' : 'journal');
    });
    return this.#next;
  }

  /** For the alarm: folds the journal into the checkpoint where that is due, and saves what is unsaved in any case. */
  async checkpoint(): Promise<void> {
    const { directory, store } = this.#parts;
    const isEmptied = directory.heldCount === 0 && store.hasSegments;
    const isDue = isEmptied || this.#journal.hasClosedRows;
    if (isDue) await this.#enqueue(() => this.#write('checkpoint'));
    else if (this.hasUnsaved) await this.save();
  }

  #enqueue<Result>(task: () => Promise<Result>): Promise<Result> {
    const run = this.#last.then(task);
    this.#last = run.catch(() => undefined);
    return run;
  }

  #startTimer(delayMs: number): void {
    this.#timer = setTimeout(() => {
      this.#timer = null;
      // Told and tried again where it fails; nobody waits for it.
      this.save().catch(() => undefined);
    }, delayMs);
  }

  #stopTimer(): void {
    if (this.#timer !== null) clearTimeout(this.#timer);
    this.#timer = null;
  }

  async #write(form: 'journal' | 'checkpoint'): Promise<void> {
    const { directory, store, counters, log, now, onSaved } = this.#parts;
    const at = now();
    // Whoever loads it takes all for gone that was over at `at`: so must the revision.
    directory.expire(at);
    this.#begun = { at, revision: directory.revision.saved };
    const moved = directory.unsaved.drain();
    this.#headChanged = false;
    // A disk that takes its time must not let the object fall asleep.
    const awake = setInterval(() => undefined, AWAKE_EVERY_MS);
    const saved: Saved = { leases: [], seenAt: [] };
    try {
      store.beginSave();
      if (form === 'journal') await this.#writeJournal(moved, saved);
      else await this.#writeCheckpoint(moved, saved);
      // Behind the journal: a heartbeat that came after a session was lost counts by it.
      await this.#writeRows(directory.unsaved.sessionsBehind);
      await store.sync();
      await this.#noteOnDisk(saved);
      onSaved();
    } catch (error) {
      for (const lease of moved) if (directory.isHeld(lease)) directory.unsaved.mark(lease);
      this.#headChanged = true;
      counters.failedSaves += 1;
      log('error', { event: 'save-failed', form, cause: String(error) });
      throw error;
    } finally {
      clearInterval(awake);
      this.#lastSaveAt = now();
      if (this.hasUnsaved) this.leaseChanged();
    }
  }

  /** The disk has these: from now on heartbeats may count on them. */
  async #noteOnDisk({ leases, seenAt }: Saved): Promise<void> {
    for (const [index, lease] of leases.entries()) {
      if (index > 0 && index % NOTED_A_STEP === 0) await pause();
      this.#parts.directory.saved(lease, seenAt[index] ?? 0);
    }
  }

  async #writeJournal(moved: readonly Lease[], saved: Saved): Promise<void> {
    const { directory, store, counters } = this.#parts;
    const { rowsBehind } = directory.unsaved;
    const { rows, left } = this.#journal.add(
      moved,
      (lease) => directory.isHeld(lease),
      (lease) => rowsBehind.has(lease),
    );
    // Where they don't all fit, the checkpoint has them all, and removes the journal when it is complete.
    if (left.length > 0) return this.#writeCheckpoint(moved, saved);
    counters.saves += 1;
    // The first row replaces the open one, whose leases may be spread over all rows now: so it comes last, and a crash
    // in between takes nothing off the disk.
    for (const [index, row] of rows.toReversed().entries()) {
      if (index > 0) await pause();
      const written = store.putJournalRow(row, this.#head(row === rows[0]), rowsBehind);
      note(saved, row.leases);
      await written;
    }
  }

  /** Writes the segments that moved and the rows that are behind, in steps, and then removes the journal. */
  async #writeCheckpoint(moved: readonly Lease[], saved: Saved): Promise<void> {
    const { directory, store, counters } = this.#parts;
    const segments = new Map<number, Lease[]>();
    // Of a registry that holds nobody, no segment stays.
    const touched = directory.heldCount === 0 ? ALL_SEGMENTS : this.#journal.movedSegments;
    for (const segment of touched) segments.set(segment, []);
    for (const { segment } of moved) segments.set(segment, []);
    for (const lease of directory.held()) segments.get(lease.segment)?.push(lease);
    counters.checkpoints += 1;

    // To look at every lease was a step, too.
    let inStep = Infinity;
    for (const [segment, leases] of segments) {
      if (inStep + leases.length > LEASES_A_STEP) {
        await pause();
        inStep = 0;
      }
      inStep += leases.length;
      const held = leases.filter((lease) => directory.isHeld(lease));
      const written = store.putSegment(segment, held, this.#head(false));
      note(saved, held);
      await written;
    }
    await this.#writeRows(directory.unsaved.rowsBehind);
    // The journal begins anew with a row without leases, which keeps the counters.
    const removed = store.removeFoldedRows();
    this.#journal.begin();
    const begun = store.putJournalRow({ place: 0, leases: [] }, this.#head(true), new Set());
    await Promise.all([removed, begun]);
  }

  /** Writes the rows of leases that are behind. */
  async #writeRows(leases: ReadonlySet<Lease>): Promise<void> {
    const { directory, store } = this.#parts;
    const behind = [...leases];
    for (let start = 0; start < behind.length; start += ROWS_A_STEP) {
      await pause();
      const step = behind.slice(start, start + ROWS_A_STEP).filter((lease) => directory.isHeld(lease));
      const written = store.putServers(step.map((lease) => lease.toRow()));
      for (const lease of step) directory.unsaved.rowWritten(lease);
      try {
        await written;
      } catch (error) {
        for (const lease of step.filter((lease) => directory.isHeld(lease))) {
          directory.unsaved.markRowBehind(lease);
          directory.unsaved.markSessionBehind(lease);
        }
        throw error;
      }
    }
  }

  /**
   * Only the last row of a save has the revision: before that, the list on disk is that of none. Nor is it where something
   * moved between two steps, and may be written or not.
   */
  #head(isLast: boolean): SaveHead {
    const { directory, counters, terms } = this.#parts;
    const { ttlMs, heartbeatEveryMs } = terms;
    const { at, revision } = this.#begun;
    const isWhole = isLast && directory.revision.counter === revision.counter;
    return {
      at,
      counters: { ...counters },
      revision: isWhole ? { ...revision, ttlMs, heartbeatEveryMs } : null,
    };
  }
}

/** What a save wrote: each lease, and the time of it that was written. */
interface Saved {
  readonly leases: Lease[];
  readonly seenAt: number[];
}

/** To be called in the turn in which the leases were encoded. */
function note(saved: Saved, leases: readonly Lease[]): void {
  for (const lease of leases) {
    saved.leases.push(lease);
    saved.seenAt.push(lease.lastSeen);
  }
}

/** Lets whatever waits for the object have its turn. */
function pause(): Promise<void> {
  return new Promise((resolve) => {
    setTimeout(resolve, 0);
  });
}
