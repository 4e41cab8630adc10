/**
 * Which rows the next save and the next checkpoint have to write: pure bookkeeping, without storage.
 *
 * - A save writes one small row, the open row of the journal, with every lease that moved since that row was opened. It
 *   is written again by the next save, until it has grown; then it is closed, and the next save opens another.
 * - A checkpoint writes the segments in which a lease moved, and the journal begins anew. It is due when a row was
 *   closed: a small registry never needs one.
 */
import { inParts, metadataBytes, timeBytes } from '../encoding/saved-leases.ts';
import type { Lease } from './lease.ts';

/** An open row of so many bytes is closed: to write it again would cost more than another row. */
export const CLOSE_AT_BYTES = 32_000;

/** Most bytes of one row, which is encoded and written in one go: about 3,000 leases, half a millisecond. */
const ROW_MAX_BYTES = 128_000;

/** Most rows of a journal. */
const MAX_ROWS = 100;

/** One row of the journal: its place in it, and the leases it holds. */
export interface JournalRow {
  readonly place: number;
  readonly leases: readonly Lease[];
}

export class Journal {
  #openPlace = 0;
  readonly #open = new Set<Lease>();
  readonly #movedSegments = new Set<number>();

  /** Whether the next checkpoint has anything to fold. */
  get hasClosedRows(): boolean {
    return this.#openPlace > 0;
  }

  /** Whether no further row fits: a checkpoint must come first. */
  get isFull(): boolean {
    return this.#openPlace >= MAX_ROWS;
  }

  /** Rows on disk, the open one included. */
  get rowCount(): number {
    return this.#openPlace + (this.#open.size > 0 ? 1 : 0);
  }

  /** Segments in which a lease moved since the last checkpoint. */
  get movedSegments(): ReadonlySet<number> {
    return this.#movedSegments;
  }

  /** A row that was found on disk, in order. `isLast`: it goes on as the open one. */
  restore(place: number, leases: readonly Lease[], isLast: boolean): void {
    for (const lease of leases) this.#movedSegments.add(lease.segment);
    this.#openPlace = isLast ? place : place + 1;
    if (isLast) for (const lease of leases) this.#open.add(lease);
  }

  /** All leases are to be written by the next checkpoint, because the rows on disk are of another form. */
  rewriteAll(segments: Iterable<number>): void {
    for (const segment of segments) this.#movedSegments.add(segment);
    this.#openPlace = Math.max(1, this.#openPlace);
  }

  /**
   * The rows that a save writes, given what moved since the last. `isHeld` leaves out who is gone meanwhile. At most as
   * many as fit; the rest is returned by `left`.
   */
  add(
    moved: readonly Lease[],
    isHeld: (lease: Lease) => boolean,
    isBehind: (lease: Lease) => boolean,
  ): { readonly rows: readonly JournalRow[]; readonly left: readonly Lease[] } {
    for (const lease of this.#open) if (!isHeld(lease)) this.#open.delete(lease);
    for (const lease of moved) {
      this.#movedSegments.add(lease.segment);
      this.#open.add(lease);
    }
    const bytesOf = (lease: Lease) => timeBytes(lease) + (isBehind(lease) ? metadataBytes(lease) : 0);
    const parts = inParts(this.#open, bytesOf, ROW_MAX_BYTES);
    const room = MAX_ROWS - this.#openPlace;
    const rows = parts.slice(0, room).map((leases, index) => ({ place: this.#openPlace + index, leases }));
    const left = parts.slice(room).flat();
    const last = rows.at(-1);
    this.#open.clear();
    if (last !== undefined) {
      const isGrown = last.leases.reduce((bytes, lease) => bytes + bytesOf(lease), 0) >= CLOSE_AT_BYTES;
      this.#openPlace = isGrown || left.length > 0 ? last.place + 1 : last.place;
      if (!isGrown && left.length === 0) for (const lease of last.leases) this.#open.add(lease);
    }
    return { rows, left };
  }

  /** The checkpoint is written: the journal is empty. Segments that moved meanwhile are told anew by the next save. */
  begin(): void {
    this.#openPlace = 0;
    this.#open.clear();
    this.#movedSegments.clear();
  }
}
