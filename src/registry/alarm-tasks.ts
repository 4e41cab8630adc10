/** What the alarm does: one slice of the sweep, tombstones that are over, the checkpoint, and the list file. */
import type { Directory } from '../core/leases/directory.ts';
import type { Tombstones } from '../core/leases/tombstones.ts';
import {
  KEYS_PER_SLICE,
  publishIsDue,
  sweepIsDue,
  type ScheduleState,
  type ScheduleTerms,
} from '../core/schedule.ts';
import type { PendingWrites } from './pending-writes.ts';
import type { Publisher } from './publisher.ts';
import type { Saver } from './saver.ts';
import type { Counters } from './storage/counters.ts';
import type { Store } from './storage/store.ts';
import type { Watchers } from './watchers.ts';

export interface AlarmTaskParts {
  readonly directory: Directory;
  readonly tombstones: Tombstones;
  readonly store: Store;
  readonly saver: Saver;
  readonly pending: PendingWrites;
  readonly counters: Counters;
  /** Null where no list file is written. */
  readonly publisher: Publisher | null;
  readonly terms: ScheduleTerms;
  readonly watchers: Pick<Watchers, 'isAny'>;
  /** Epoch milliseconds of the registry's clock. */
  readonly now: () => number;
}

export class AlarmTasks {
  readonly #parts: AlarmTaskParts;
  #sweepUnfinished = false;

  constructor(parts: AlarmTaskParts) {
    this.#parts = parts;
  }

  /**
   * One alarm's work. A throw is left to the runtime, which rings again, after a delete that failed on the object as it
   * is loaded anew from disk.
   */
  async run(now: number): Promise<void> {
    const { directory, saver, publisher, terms } = this.#parts;
    // What the slice before left may have come back to life since: then that sweep is over.
    if (directory.staleCount === 0) this.#sweepUnfinished = false;
    if (sweepIsDue(this.state(now), terms)) await this.#sweepSlice(now);
    else await this.#sweepTombstones(now);
    if (this.#sweepUnfinished) return;
    await saver.checkpoint();
    // Behind the save, and never between two slices: a bucket may take seconds.
    if (publisher !== null && publishIsDue(this.state(now), terms)) await publisher.publish(now);
  }

  /** What the alarm's decisions depend on. */
  state(now: number): ScheduleState {
    const { directory, tombstones, counters, publisher, watchers } = this.#parts;
    return {
      now,
      held: directory.heldCount + tombstones.size,
      stale: directory.staleCount,
      nextExpiry: directory.earliestExpiry,
      nextLossEnd: directory.sessions.earliestLossEnd,
      sweepUnfinished: this.#sweepUnfinished && directory.staleCount > 0,
      tombstonesOver: tombstones.hasOver(now),
      lastSweepAt: counters.lastSweep?.at ?? null,
      watched: watchers.isAny,
      publication: publisher?.state ?? null,
    };
  }

  async #sweepSlice(now: number): Promise<void> {
    const { directory, store, saver, pending, counters } = this.#parts;
    const batch = directory.staleBatch(KEYS_PER_SLICE);
    // Disk and memory in one turn: no heartbeat can come between, to a server whose row is gone.
    const deleted = pending.commit([store.sweepServers(batch.map((lease) => lease.serverId))]);
    directory.forget(batch);
    const going = this.#sweepUnfinished ? counters.lastSweep : null;
    const at = going?.at ?? now;
    this.#sweepUnfinished = directory.staleCount > 0;
    await deleted;
    if (going === null) counters.sweeps += 1;
    counters.swept += batch.length;
    // The clock of the platform stands still until something is waited for: the disk, here.
    const tookMs = this.#parts.now() - at;
    counters.sweepMs += tookMs - (going?.tookMs ?? 0);
    counters.lastSweep = { at, deleted: (going?.deleted ?? 0) + batch.length, tookMs };
    saver.headChanged();
  }

  async #sweepTombstones(now: number): Promise<void> {
    const { tombstones, store, pending } = this.#parts;
    const batch = tombstones.overBatch(now, KEYS_PER_SLICE);
    if (batch.length === 0) return;
    const deleted = pending.commit([store.sweepTombstones(batch)]);
    tombstones.forget(batch);
    await deleted;
  }
}
