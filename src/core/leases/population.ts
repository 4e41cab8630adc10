/**
 * Who is live and who is stale: two maps, of which a lease is in exactly one, and the earliest time at which anybody
 * can run out.
 */
import { isMost } from '../changes/changes.ts';
import { countExpired, expiredOf, survivorsOf } from './expired.ts';
import type { Lease, LeaseStatus } from './lease.ts';

const NONE: readonly Lease[] = [];

export class Population {
  #live = new Map<string, Lease>();
  #stale = new Map<string, Lease>();
  /** No live lease runs out before this. Renewals may leave it too early, never too late. */
  #earliestExpiry = Infinity;

  get live(): ReadonlyMap<string, Lease> {
    return this.#live;
  }

  /** The queue of the sweep. */
  get stale(): ReadonlyMap<string, Lease> {
    return this.#stale;
  }

  find(serverId: string): { readonly lease: Lease; readonly status: LeaseStatus } | undefined {
    const live = this.#live.get(serverId);
    if (live !== undefined) return { lease: live, status: 'live' };
    const stale = this.#stale.get(serverId);
    return stale === undefined ? undefined : { lease: stale, status: 'stale' };
  }

  has(lease: Lease): boolean {
    return this.#live.get(lease.serverId) === lease || this.#stale.get(lease.serverId) === lease;
  }

  insert(lease: Lease): void {
    this.#live.set(lease.serverId, lease);
    this.expiresSooner(lease);
  }

  /** The end of a live lease was brought forward. */
  expiresSooner({ expiresAt }: Lease): void {
    this.#earliestExpiry = Math.min(this.#earliestExpiry, expiresAt);
  }

  /** Stale → live. False where it was not stale. */
  revive(lease: Lease): boolean {
    if (!this.#stale.delete(lease.serverId)) return false;
    this.insert(lease);
    return true;
  }

  remove({ serverId }: Lease): void {
    this.#live.delete(serverId);
    this.#stale.delete(serverId);
  }

  /** Whether any live lease may be over: one comparison. */
  mayExpire(now: number): boolean {
    return now >= this.#earliestExpiry;
  }

  /** Live → stale for every lease that is over, which are returned; where they are more than are left, how many. */
  expire(now: number): readonly Lease[] | number {
    const { count, earliestExpiry } = countExpired(this.#live, now);
    this.#earliestExpiry = earliestExpiry;
    if (count === 0) return NONE;
    if (isMost(count, Math.max(this.#live.size - count, this.#stale.size))) {
      this.#turnOver(now);
      return count;
    }
    const over = expiredOf(this.#live, now);
    for (const lease of over) {
      this.#live.delete(lease.serverId);
      this.#stale.set(lease.serverId, lease);
    }
    return over;
  }

  /**
   * When most run out at once, the map of the live becomes the queue: moving 50,000 one by one would take 30 ms. The few
   * that waited already go to its end.
   */
  #turnOver(now: number): void {
    const survivors = survivorsOf(this.#live, now);
    survivors.forEach((_, serverId) => this.#live.delete(serverId));
    this.#stale.forEach((lease, serverId) => this.#live.set(serverId, lease));
    this.#stale = this.#live;
    this.#live = survivors;
  }

  /** A time before which no live lease runs out; null where none is live. Exact after `measureEarliestExpiry`. */
  get earliestExpiry(): number | null {
    return this.#live.size === 0 ? null : this.#earliestExpiry;
  }

  /** Looks at every live lease, which renewals spare themselves. */
  measureEarliestExpiry(): void {
    this.#earliestExpiry = countExpired(this.#live, -Infinity).earliestExpiry;
  }
}
