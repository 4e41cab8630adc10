/**
 * Which signed ids were deregistered of late: a registration signed before that must not bring them back.
 *
 * - An id is either held or has a tombstone, never both.
 * - What is remembered is as bounded as the list: a deregistered id keeps its place among the registry's, and its key's.
 * - A tombstone is over when nothing signed before it would be accepted any more; the alarm then deletes its row.
 */
import { KeyCounts } from './key-counts.ts';

/** A deregistration, kept as long as something older could be replayed. */
export interface Tombstone {
  readonly serverId: string;
  /** The key that the id stays bound to until then; null where the operator removed the entry. */
  readonly key: string | null;
  /** Epoch seconds: what is signed no later than this is refused. */
  readonly createdSeconds: number;
  /** Epoch milliseconds at which the tombstone is over. */
  readonly until: number;
}

export class Tombstones {
  readonly #byId = new Map<string, Tombstone>();
  readonly #counts = new KeyCounts();

  /** Tombstones remembered, those that are over included. */
  get size(): number {
    return this.#byId.size;
  }

  /** How many deregistered ids a key still takes the place of. */
  ownedBy(key: string): number {
    return this.#counts.of(key);
  }

  /** Undefined for one that is over. */
  find(serverId: string, now: number): Tombstone | undefined {
    const tombstone = this.#byId.get(serverId);
    return tombstone !== undefined && now < tombstone.until ? tombstone : undefined;
  }

  add(tombstone: Tombstone): void {
    this.remove(tombstone.serverId);
    this.#byId.set(tombstone.serverId, tombstone);
    this.#counts.add(tombstone.key);
  }

  /** False where there was none to remove. */
  remove(serverId: string): boolean {
    this.#counts.drop(this.#byId.get(serverId)?.key);
    return this.#byId.delete(serverId);
  }

  /** Whether any tombstone is over. */
  hasOver(now: number): boolean {
    return this.overBatch(now, 1).length > 0;
  }

  /** Tombstones that are over, at most `max` of them: what the alarm deletes. */
  overBatch(now: number, max: number): Tombstone[] {
    const batch: Tombstone[] = [];
    for (const tombstone of this.#byId.values()) {
      if (batch.length === max) break;
      if (tombstone.until <= now) batch.push(tombstone);
    }
    return batch;
  }

  /** Forgets a batch whose rows were deleted; an id that was deregistered anew meanwhile is remembered. */
  forget(batch: readonly Tombstone[]): void {
    for (const tombstone of batch) {
      if (this.#byId.get(tombstone.serverId) === tombstone) this.remove(tombstone.serverId);
    }
  }
}
