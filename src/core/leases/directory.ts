/**
 * Who is here: the leases, the queue of stale keys, and every step between live, stale and gone.
 *
 * - A lease is in exactly one of two maps: live, or stale (the queue of the sweep).
 * - `expire` alone moves live → stale; `forget` and `remove` alone end a lease.
 * - Times are epoch milliseconds, passed in, and never decrease from call to call.
 */
import { KeyCounts } from './key-counts.ts';
import { ChangeLog } from './changes.ts';
import { Lease, type Encode, type Registration, type ServerRecord } from './lease.ts';

export interface DirectoryTerms {
  /** Silence after which a lease is over. */
  readonly ttlMs: number;
  /** Most leases held, live and stale together. */
  readonly maxServers: number;
}

/** As many changes as a full registry has servers by default: beyond that, the whole list is the smaller answer. */
const CHANGES_KEPT = 10_000;

export type LeaseStatus = 'live' | 'stale';

/** What a checkpoint has to write: whether any lease was renewed, and the leases whose row is out of date. */
export interface Changes {
  readonly leasesMoved: boolean;
  readonly unwritten: readonly Lease[];
}

export class Directory {
  readonly #terms: DirectoryTerms;
  readonly #encode: Encode;
  #live = new Map<string, Lease>();
  #stale = new Map<string, Lease>();
  readonly #unwritten = new Set<Lease>();
  readonly #counts = new KeyCounts();
  /** No live lease runs out before this. Renewals may leave it too early, never too late. */
  #earliestExpiry = Infinity;
  #revision: number;
  readonly #changes: ChangeLog;
  #leasesMoved = false;

  /** `firstRevision` is above all revisions of this registry's earlier lives: none of them is mistaken for one of this. */
  constructor(terms: DirectoryTerms, encode: Encode, firstRevision = 0) {
    this.#terms = terms;
    this.#encode = encode;
    this.#revision = firstRevision;
    this.#changes = new ChangeLog(CHANGES_KEPT, firstRevision);
  }

  get liveCount(): number {
    return this.#live.size;
  }

  /** The length of the queue of stale keys. */
  get staleCount(): number {
    return this.#stale.size;
  }

  /** Leases held, live and stale. */
  get heldCount(): number {
    return this.#live.size + this.#stale.size;
  }

  /** Leases held under a key. */
  ownedBy(key: string): number {
    return this.#counts.of(key);
  }

  /** Moves with every change of membership or of an entry, not with renewals. */
  get revision(): number {
    return this.#revision;
  }

  /** The ids whose place or entry in the list changed after a revision; undefined where that is not known. */
  changedSince(revision: number): ReadonlySet<string> | undefined {
    return revision > this.#revision ? undefined : this.#changes.since(revision);
  }

  /** Live leases, in no promised order. Call `expire` first. */
  live(): Iterable<Lease> {
    return this.#live.values();
  }

  /** Live and stale leases: what a checkpoint covers. */
  *held(): Iterable<Lease> {
    yield* this.#live.values();
    yield* this.#stale.values();
  }

  find(serverId: string): { readonly lease: Lease; readonly status: LeaseStatus } | undefined {
    const live = this.#live.get(serverId);
    if (live !== undefined) return { lease: live, status: 'live' };
    const stale = this.#stale.get(serverId);
    return stale === undefined ? undefined : { lease: stale, status: 'stale' };
  }

  /** Takes back a lease that was on disk. It counts as live until the next `expire`. */
  restore(record: ServerRecord, expiresAt: number): void {
    this.#insert(new Lease(record, expiresAt, this.#encode));
    this.#counts.add(record.proof?.key);
    this.#revision += 1;
    // Nobody saw the list before it was restored, so what led to it is no change.
    this.#changes.startAt(this.#revision);
  }

  /**
   * Registers a server, or overwrites the one that holds this id: one entry remains, and it keeps its
   * `registeredAt`. Undefined where the registry is full and the id is not held.
   */
  register(registration: Registration, now: number): Lease | undefined {
    const held = this.find(registration.serverId)?.lease;
    if (held !== undefined) {
      this.#counts.drop(held.proof?.key);
      const changed = held.update(registration);
      this.#counts.add(held.proof?.key);
      this.#renew(held, now);
      // The caller writes the whole row now, so nothing of it waits for a checkpoint any more.
      this.#unwritten.delete(held);
      if (changed) this.#changed(held);
      return held;
    }
    if (this.heldCount >= this.#terms.maxServers) return undefined;
    const record = { ...registration, registeredAt: now, lastSeen: now };
    const lease = new Lease(record, now + this.#terms.ttlMs, this.#encode);
    this.#insert(lease);
    this.#counts.add(lease.proof?.key);
    this.#changed(lease);
    return lease;
  }

  /** Renews a lease, stale or live; new metadata waits in memory for the next checkpoint. */
  heartbeat(serverId: string, now: number, metadata?: string): Lease | undefined {
    const lease = this.#live.get(serverId) ?? this.#stale.get(serverId);
    if (lease === undefined) return undefined;
    this.#renew(lease, now);
    this.#leasesMoved = true;
    if (metadata !== undefined && lease.updateMetadata(metadata)) {
      this.#unwritten.add(lease);
      this.#changed(lease);
    }
    return lease;
  }

  /** Ends a lease at its owner's word. False where it was not held. */
  remove(serverId: string): boolean {
    const found = this.find(serverId);
    if (found === undefined) return false;
    this.#end(found.lease);
    if (found.status === 'live') this.#changed(found.lease);
    return true;
  }

  /** Live → stale for every lease that is over. One comparison, unless one may really have run out. */
  expire(now: number): void {
    if (now < this.#earliestExpiry) return;
    this.#earliestExpiry = Infinity;
    const over: Lease[] = [];
    const survivors: Lease[] = [];
    for (const lease of this.#live.values()) {
      if (lease.expiresAt <= now) {
        over.push(lease);
        continue;
      }
      survivors.push(lease);
      if (lease.expiresAt < this.#earliestExpiry) this.#earliestExpiry = lease.expiresAt;
    }
    if (over.length === 0) return;
    if (this.#stale.size === 0 && survivors.length < over.length) this.#turnOver(survivors);
    else for (const lease of over) this.#queue(lease);
    this.#changedAll(over);
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

  /** Looks at every live lease, which renewals spare themselves. For the alarm: it sets its next time by it. */
  measureEarliestExpiry(): void {
    this.#earliestExpiry = Infinity;
    for (const lease of this.#live.values()) {
      if (lease.expiresAt < this.#earliestExpiry) this.#earliestExpiry = lease.expiresAt;
    }
  }

  /**
   * Gives every lease that was live at `from` until `expiresAt` at least, and takes it out of the queue if it ran
   * out since. Returns how many were live then.
   */
  extend(from: number, expiresAt: number): number {
    const wereLive = [...this.held()].filter((lease) => lease.expiresAt > from);
    for (const lease of wereLive) {
      lease.expiresAt = Math.max(lease.expiresAt, expiresAt);
      this.#revive(lease);
    }
    this.measureEarliestExpiry();
    return wereLive.length;
  }

  /** The first keys of the queue, at most `max` of them: what a slice of the sweep deletes. */
  staleBatch(max: number): Lease[] {
    const batch: Lease[] = [];
    for (const lease of this.#stale.values()) {
      if (batch.length === max) break;
      batch.push(lease);
    }
    return batch;
  }

  /**
   * Ends the leases of a batch whose rows were deleted. One that came back to life while the delete was under
   * way stays, and its row is written again with the next checkpoint. Returns how many were ended.
   */
  forget(batch: readonly Lease[]): number {
    let forgotten = 0;
    for (const lease of batch) {
      if (this.#stale.get(lease.serverId) === lease) {
        this.#end(lease);
        forgotten += 1;
      } else if (this.#live.get(lease.serverId) === lease) {
        this.#unwritten.add(lease);
      }
    }
    return forgotten;
  }

  /** Hands over what only memory knows, for a checkpoint to write. `giveBack` it if the write fails. */
  takeChanges(): Changes {
    const changes = { leasesMoved: this.#leasesMoved, unwritten: [...this.#unwritten] };
    this.#leasesMoved = false;
    this.#unwritten.clear();
    return changes;
  }

  /** Undoes `takeChanges` after a failed write; leases that ended meanwhile stay ended. */
  giveBack(changes: Changes): void {
    this.#leasesMoved ||= changes.leasesMoved;
    for (const lease of changes.unwritten) {
      if (this.find(lease.serverId)?.lease === lease) this.#unwritten.add(lease);
    }
  }

  #changed(lease: Lease): void {
    this.#revision += 1;
    this.#changes.record(this.#revision, lease.serverId);
  }

  /** More than the log would keep is not worth telling it. */
  #changedAll(leases: readonly Lease[]): void {
    if (leases.length <= CHANGES_KEPT) {
      for (const lease of leases) this.#changed(lease);
      return;
    }
    this.#revision += leases.length;
    this.#changes.startAt(this.#revision);
  }

  #insert(lease: Lease): void {
    this.#live.set(lease.serverId, lease);
    this.#earliestExpiry = Math.min(this.#earliestExpiry, lease.expiresAt);
  }

  #renew(lease: Lease, now: number): void {
    lease.heard(now);
    lease.expiresAt = Math.max(lease.expiresAt, now + this.#terms.ttlMs);
    this.#revive(lease);
  }

  #revive(lease: Lease): void {
    if (!this.#stale.delete(lease.serverId)) return;
    this.#insert(lease);
    this.#changed(lease);
  }

  #end(lease: Lease): void {
    this.#live.delete(lease.serverId);
    this.#stale.delete(lease.serverId);
    this.#unwritten.delete(lease);
    this.#counts.drop(lease.proof?.key);
  }
}
