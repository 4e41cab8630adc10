/** What the alarm does: sweeps, checkpoints, and the counters that tell of them. */
import { encodeLeases } from '../core/checkpoint.ts';
import type { Departures } from '../core/departures.ts';
import type { Directory } from '../core/directory.ts';
import type { Encode } from '../core/lease.ts';
import {
  checkpointIsDue,
  KEYS_PER_SLICE,
  sweepIsDue,
  type SweepIntervals,
  type SweepState,
} from '../core/sweep.ts';
import { zeroCounters, type Counters } from './counters.ts';
import type { Store } from './store.ts';

/** Each step leaves memory as it was if its write fails: nothing is lost, nothing is counted twice. */
export class Upkeep {
  readonly #directory: Directory;
  readonly #departures: Departures;
  readonly #store: Store;
  readonly #intervals: SweepIntervals;
  readonly #encode: Encode;
  #counters = zeroCounters();
  #sweepUnfinished = false;
  /** A sweep was counted that no checkpoint has written down yet. */
  #sweepsUnwritten = false;
  #lastCheckpointAt: number | null = null;

  constructor(
    directory: Directory,
    departures: Departures,
    store: Store,
    intervals: SweepIntervals,
    encode: Encode,
  ) {
    this.#directory = directory;
    this.#departures = departures;
    this.#store = store;
    this.#intervals = intervals;
    this.#encode = encode;
  }

  get counters(): Counters {
    return this.#counters;
  }

  /** Goes on from what the last checkpoint held. A sweep ahead of now was dated by a clock that was wrong. */
  resume(counters: Counters | null, checkpointAt: number | null, now: number): void {
    this.#counters = counters ?? zeroCounters();
    this.#lastCheckpointAt = checkpointAt;
    const { lastSweep } = this.#counters;
    if (lastSweep !== null) lastSweep.at = Math.min(lastSweep.at, now);
  }

  /** One alarm's work: at most one slice of deletes, and a checkpoint. `clock` tells when a slice is done. */
  async run(now: number, clock: () => number): Promise<void> {
    // What the slice before left may have come back to life since: then that sweep is over.
    if (this.#directory.staleCount === 0) this.#sweepUnfinished = false;
    if (sweepIsDue(this.state(now), this.#intervals)) await this.#sweepSlice(now, clock);
    else await this.#sweepDepartures(now);
    if (checkpointIsDue(this.state(now), this.#intervals)) await this.#checkpoint(now);
  }

  /** What the alarm's decisions depend on. */
  state(now: number): SweepState {
    return {
      now,
      held: this.#directory.heldCount + this.#departures.size,
      stale: this.#directory.staleCount,
      nextExpiry: this.#directory.earliestExpiry,
      sweepUnfinished: this.#sweepUnfinished && this.#directory.staleCount > 0,
      departuresOver: this.#departures.hasOver(now),
      lastSweepAt: this.#counters.lastSweep?.at ?? null,
      lastCheckpointAt: this.#lastCheckpointAt,
    };
  }

  async #sweepSlice(now: number, clock: () => number): Promise<void> {
    const batch = this.#directory.staleBatch(KEYS_PER_SLICE);
    await this.#store.sweepServers(batch.map((lease) => lease.serverId));
    const deleted = this.#directory.forget(batch);

    const counters = this.#counters;
    const going = this.#sweepUnfinished ? counters.lastSweep : null;
    const at = going?.at ?? now;
    if (going === null) counters.sweeps += 1;
    counters.swept += deleted;
    counters.lastSweep = { at, deleted: (going?.deleted ?? 0) + deleted, tookMs: clock() - at };
    this.#sweepUnfinished = this.#directory.staleCount > 0;
    this.#sweepsUnwritten = true;
  }

  async #sweepDepartures(now: number): Promise<void> {
    const batch = this.#departures.overBatch(now, KEYS_PER_SLICE);
    if (batch.length === 0) return;
    await this.#store.sweepDepartures(batch);
    this.#departures.forget(batch);
  }

  async #checkpoint(now: number): Promise<void> {
    const changes = this.#directory.takeChanges();
    if (changes.leasesMoved || changes.unwritten.length > 0 || this.#sweepsUnwritten) {
      const counters = { ...this.#counters, checkpoints: this.#counters.checkpoints + 1 };
      const parts = encodeLeases(this.#directory.held(), this.#encode);
      const changed = changes.unwritten.map((lease) => lease.toRecord());
      try {
        await this.#store.putCheckpoint({ at: now, parts, counters, changed });
      } catch (error) {
        this.#directory.giveBack(changes);
        throw error;
      }
      this.#counters.checkpoints += 1;
      this.#sweepsUnwritten = false;
    }
    this.#lastCheckpointAt = now;
  }
}
