/**
 * Which signed ids were deregistered of late: a registration signed before that must not bring them back.
 *
 * - An id is either held or departed, never both.
 * - What is remembered is as bounded as the list: a departed id keeps its place among the registry's, and its key's.
 * - A departure is over when nothing signed before it would be accepted any more; the alarm then deletes its row.
 */
import { KeyCounts } from './key-counts.ts';

/** A deregistration, kept as long as something older could be replayed. */
export interface Departure {
  readonly serverId: string;
  /** The key that the id stays bound to until then; null where the operator removed the entry. */
  readonly key: string | null;
  /** Epoch seconds: what is signed no later than this is refused. */
  readonly createdSeconds: number;
  /** Epoch milliseconds at which the departure is over. */
  readonly until: number;
}

export class Departures {
  readonly #byId = new Map<string, Departure>();
  readonly #counts = new KeyCounts();

  /** Departures remembered, those that are over included. */
  get size(): number {
    return this.#byId.size;
  }

  /** How many departed ids a key still takes the place of. */
  ownedBy(key: string): number {
    return this.#counts.of(key);
  }

  /** Undefined for one that is over. */
  find(serverId: string, now: number): Departure | undefined {
    const departure = this.#byId.get(serverId);
    return departure !== undefined && now < departure.until ? departure : undefined;
  }

  add(departure: Departure): void {
    this.remove(departure.serverId);
    this.#byId.set(departure.serverId, departure);
    this.#counts.add(departure.key);
  }

  /** False where there was none to remove. */
  remove(serverId: string): boolean {
    this.#counts.drop(this.#byId.get(serverId)?.key);
    return this.#byId.delete(serverId);
  }

  /** Whether any departure is over. */
  hasOver(now: number): boolean {
    return this.overBatch(now, 1).length > 0;
  }

  /** Departures that are over, at most `max` of them: what the alarm deletes. */
  overBatch(now: number, max: number): Departure[] {
    const batch: Departure[] = [];
    for (const departure of this.#byId.values()) {
      if (batch.length === max) break;
      if (departure.until <= now) batch.push(departure);
    }
    return batch;
  }

  /** Forgets a batch whose rows were deleted; an id that departed anew meanwhile is remembered. */
  forget(batch: readonly Departure[]): void {
    for (const departure of batch) {
      if (this.#byId.get(departure.serverId) === departure) this.remove(departure.serverId);
    }
  }
}
