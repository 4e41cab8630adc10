/**
 * What only memory knows of the leases, for a save to write down.
 *
 * - A lease is *dirty* when it moved since it was last drained. Draining hands it to a save; a save that fails gives it
 *   back.
 * - The row of a lease is *behind* when a heartbeat brought newer metadata. The journal keeps that metadata until a
 *   checkpoint writes the row.
 * - What the row says of a session is *behind* when a session was lost. The next save writes the row.
 * - A lease that ended is none of these.
 */
import type { Lease } from './lease.ts';

export class Unsaved {
  #dirty: Lease[] = [];
  readonly #behind = new Set<Lease>();
  readonly #sessionsBehind = new Set<Lease>();

  /** Whether a save has something to write. Leases that ended since they moved may count. */
  get isEmpty(): boolean {
    return this.#dirty.length === 0 && this.#sessionsBehind.size === 0;
  }

  /** Leases whose row on disk has older metadata than memory. */
  get rowsBehind(): ReadonlySet<Lease> {
    return this.#behind;
  }

  /** Leases whose row on disk says something else of their session than memory. */
  get sessionsBehind(): ReadonlySet<Lease> {
    return this.#sessionsBehind;
  }

  mark(lease: Lease): void {
    if (lease.isDirty) return;
    lease.isDirty = true;
    this.#dirty.push(lease);
  }

  markRowBehind(lease: Lease): void {
    this.#behind.add(lease);
  }

  markSessionBehind(lease: Lease): void {
    this.#sessionsBehind.add(lease);
  }

  /** The row of a lease was written as memory has it. */
  rowWritten(lease: Lease): void {
    this.#behind.delete(lease);
    this.#sessionsBehind.delete(lease);
  }

  /** The lease is over: nothing of it is to be saved. */
  drop(lease: Lease): void {
    lease.isDirty = false;
    this.#behind.delete(lease);
    this.#sessionsBehind.delete(lease);
  }

  /** The dirty leases, which are then no longer dirty. */
  drain(): Lease[] {
    const drained = this.#dirty.filter((lease) => lease.isDirty);
    for (const lease of drained) lease.isDirty = false;
    this.#dirty = [];
    return drained;
  }
}
