/** In what order entries are listed, and the first of them behind a cursor: no more than a page is ever held. */
import { QUERY_LIMITS, type Query } from '../../protocol/query.ts';
import type { Lease } from '../leases/lease.ts';
import { distanceKm } from './distance.ts';

/** An entry on the page. */
export interface Match {
  readonly lease: Lease;
  readonly rank: number;
  /** How far it is from where the query is asked from; null where either place is not known. */
  readonly km: number | null;
}

/** The entries of a page, chosen among all that are offered. */
export class Selection {
  readonly #query: Pick<Query, 'sort' | 'near' | 'after'>;
  readonly #limit: number;
  /** Each is behind its two children, at twice its place and one or two more: the first is the last of the page. */
  readonly #heap: Match[] = [];
  #offered = 0;

  constructor(query: Pick<Query, 'sort' | 'near' | 'after' | 'limit'>) {
    this.#query = query;
    this.#limit = Math.min(query.limit ?? Infinity, QUERY_LIMITS.pageEntries);
  }

  /** Whether entries behind the cursor have no room on the page. */
  get hasMore(): boolean {
    return this.#offered > this.#heap.length;
  }

  offer(lease: Lease): void {
    const { sort, near, after } = this.#query;
    const point = near === null ? null : lease.geoPoint;
    const km = near === null || point === null ? null : distanceKm(near, point);
    const rank = rankOf(lease, sort, km);
    if (after !== null && !isBehind(rank, lease.serverId, after.rank, after.serverId)) return;
    this.#offered += 1;
    const last = this.#heap[0];
    if (this.#heap.length < this.#limit || last === undefined) {
      this.#heap.push({ lease, rank, km });
      this.#rise(this.#heap.length - 1);
    } else if (isBehind(last.rank, last.lease.serverId, rank, lease.serverId)) {
      this.#heap[0] = { lease, rank, km };
      this.#sink();
    }
  }

  /** The entries of the page, in order. */
  inOrder(): Match[] {
    return this.#heap.toSorted((one, other) => (isMatchBehind(one, other) ? 1 : -1));
  }

  #rise(from: number): void {
    let at = from;
    while (at > 0 && this.#swapIfBehind(at, (at - 1) >>> 1)) at = (at - 1) >>> 1;
  }

  #sink(): void {
    let at = 0;
    for (;;) {
      const left = 2 * at + 1;
      const child = this.#isBehind(left + 1, left) ? left + 1 : left;
      if (!this.#swapIfBehind(child, at)) return;
      at = child;
    }
  }

  #isBehind(one: number, other: number): boolean {
    const [match, before] = [this.#heap[one], this.#heap[other]];
    return match !== undefined && before !== undefined && isMatchBehind(match, before);
  }

  /** Swaps a child with its parent where it is behind it. */
  #swapIfBehind(child: number, parent: number): boolean {
    const [match, above] = [this.#heap[child], this.#heap[parent]];
    if (match === undefined || above === undefined || !isMatchBehind(match, above)) return false;
    this.#heap[child] = above;
    this.#heap[parent] = match;
    return true;
  }
}

function rankOf(lease: Lease, sort: Query['sort'], km: number | null): number {
  switch (sort) {
    case 'registeredAt':
      return lease.registeredAt;
    case 'lastSeen':
      return -lease.lastSeen;
    case 'distance':
      // Not Infinity, which JSON cannot hold: further than any place on Earth.
      return km ?? Number.MAX_SAFE_INTEGER;
  }
}

function isMatchBehind(one: Match, other: Match): boolean {
  return isBehind(one.rank, one.lease.serverId, other.rank, other.lease.serverId);
}

/** Entries of one rank go by their ids, in UTF-16 code units. */
function isBehind(rank: number, serverId: string, otherRank: number, otherId: string): boolean {
  return rank === otherRank ? serverId > otherId : rank > otherRank;
}
