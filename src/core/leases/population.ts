/**
 * Who is live and who is stale: two maps, of which a lease is in exactly one, and the earliest time at which anybody
 * can run out.
 */
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

  /**
   * Live → stale for every lease that is over, which are returned. `outlives` is asked of each whose time has come: it
   * may have been heard since, and then says so and moves its end.
   */
  expire(now: number, outlives: (lease: Lease) => boolean): readonly Lease[] {
    if (now < this.#earliestExpiry) return NONE;
    this.#earliestExpiry = Infinity;
    const over: Lease[] = [];
    const survivors: Lease[] = [];
    for (const lease of this.#live.values()) {
      if (lease.expiresAt <= now && !outlives(lease)) {
        over.push(lease);
        continue;
      }
      survivors.push(lease);
      if (lease.expiresAt < this.#earliestExpiry) this.#earliestExpiry = lease.expiresAt;
    }
    if (over.length === 0) return over;
    if (this.#stale.size === 0 && survivors.length < over.length) this.#turnOver(survivors);
    else for (const lease of over) this.#queue(lease);
    return over;
  }

  #queue(lease: Lease): void {
    this.#live.delete(lease.serverId);
    this.#stale.set(lease.serverId, lease);
  }

  /** When most run out at once, the map of the live becomes the queue: moving 50,000 one by one would take 30 ms. */
  #turnOver(survivors: readonly Lease[]): void {
    for (const { serverId } of survivors) this.#live.delete(serverId);
    this.#stale = this.#live;
    this.#live = new Map(survivors.map((lease) => [lease.serverId, lease]));
  }

  /** A time before which no live lease runs out; null where none is live. Exact after `measureEarliestExpiry`. */
  get earliestExpiry(): number | null {
    return this.#live.size === 0 ? null : this.#earliestExpiry;
  }

  /** Looks at every live lease, which renewals spare themselves. */
  measureEarliestExpiry(): void {
    this.#earliestExpiry = Infinity;
    for (const lease of this.#live.values()) this.expiresSooner(lease);
  }
}
