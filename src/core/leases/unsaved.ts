/**
 * What only memory knows of the leases, for a save to write down.
 *
 * - A lease is *dirty* when it moved since it was last drained. Draining hands it to a save; a save that fails gives it
 *   back.
 * - The row of a lease is *behind* when a heartbeat brought newer metadata. The journal keeps that metadata until a
 *   checkpoint writes the row.
 * - A lease that ended is neither.
 */
import type { Lease } from './lease.ts';

export class Unsaved {
  #dirty: Lease[] = [];
  readonly #behind = new Set<Lease>();

  /** Whether a save has something to write. Leases that ended since they moved may count. */
  get isEmpty(): boolean {
    return this.#dirty.length === 0;
  }

  /** Leases whose row on disk has older metadata than memory. */
  get rowsBehind(): ReadonlySet<Lease> {
    return this.#behind;
  }

  mark(lease: Lease): void {
    if (lease.isDirty) return;
    lease.isDirty = true;
    this.#dirty.push(lease);
  }

  markRowBehind(lease: Lease): void {
    this.#behind.add(lease);
  }

  /** The row of a lease was written with the metadata that memory has. */
  rowWritten(lease: Lease): void {
    this.#behind.delete(lease);
  }

  /** The lease is over: nothing of it is to be saved. */
  drop(lease: Lease): void {
    lease.isDirty = false;
    this.#behind.delete(lease);
  }

  /** The dirty leases, which are then no longer dirty. */
  drain(): Lease[] {
    const drained = this.#dirty.filter((lease) => lease.isDirty);
    for (const lease of drained) lease.isDirty = false;
    this.#dirty = [];
    return drained;
  }
}
