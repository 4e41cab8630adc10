/**
 * Who is here: the leases, the queue of stale keys, and every step between live, stale and gone.
 *
 * - A lease is in exactly one of two maps: live, or stale (the queue of the sweep).
 * - `expire` alone moves live → stale; `forget` and `remove` alone end a lease.
 * - Times are epoch milliseconds, passed in, and never decrease from call to call.
 */
import { Changes } from '../changes/changes.ts';
import type { Revision, SavedRevision } from '../changes/revision.ts';
import { KeyCounts } from './key-counts.ts';
import { Lease, type LeaseStatus, type RegisteredServer, type StoredServer } from './lease.ts';
import { Population } from './population.ts';
import { Sessions, type HeardAt, type SessionTerms } from './sessions.ts';
import { Unsaved } from './unsaved.ts';

const NONE: readonly Lease[] = [];

export interface DirectoryTerms extends SessionTerms {
  /** Most leases held, live and stale together. */
  readonly maxServers: number;
  /** Most UTF-8 bytes that the entries of all leases held may take in a list. */
  readonly maxListBytes: number;
}

export class Directory {
  readonly #terms: DirectoryTerms;
  readonly #population = new Population();
  /** What of the leases is yet to be written down. */
  readonly unsaved = new Unsaved();
  /** Which leases are held by an open session. */
  readonly sessions: Sessions;
  readonly #counts = new KeyCounts();
  #entryBytes = 0;
  readonly #changes: Changes;

  /**
   * `life` and `start` of its revision: see `Revision`. `heardAt` looks at the socket of one session. `onChanged` is told
   * whenever the revision moves; it must not look yet.
   */
  constructor(
    terms: DirectoryTerms,
    life: string,
    start: number,
    heardAt: HeardAt = () => null,
    onChanged: () => void = () => undefined,
  ) {
    this.#terms = terms;
    this.sessions = new Sessions(terms, this.#population, this.unsaved, heardAt);
    this.#changes = new Changes(life, start, onChanged);
  }

  get liveCount(): number {
    return this.#population.live.size;
  }

  /** The length of the queue of stale keys. */
  get staleCount(): number {
    return this.#population.stale.size;
  }

  /** Leases held, live and stale. */
  get heldCount(): number {
    return this.liveCount + this.staleCount;
  }

  /** UTF-8 bytes that the entries of all leases held take in a list. */
  get entryBytes(): number {
    return this.#entryBytes;
  }

  /** Leases held under a key. */
  ownedBy(key: string): number {
    return this.#counts.of(key);
  }

  /** Moves with every change of membership or of an entry, not with renewals. */
  get revision(): Pick<Revision, 'counter' | 'saved' | 'toString'> {
    return this.#changes.revision;
  }

  /** The ids whose place or entry in the list changed after a revision; undefined where that is not known. */
  changedSince(revision: string): ReadonlySet<string> | undefined {
    return this.#changes.since(revision);
  }

  /** Live leases, in no promised order. Call `expire` first. */
  live(): Iterable<Lease> {
    return this.#population.live.values();
  }

  /** Live and stale leases: what is saved. */
  *held(): Iterable<Lease> {
    yield* this.#population.live.values();
    yield* this.#population.stale.values();
  }

  find(serverId: string): { readonly lease: Lease; readonly status: LeaseStatus } | undefined {
    return this.#population.find(serverId);
  }

  /** Takes back a lease that was on disk. It counts as live until the next `expire`. */
  restore({ session, ...record }: StoredServer, expiresAt: number, now = 0): void {
    const lease = new Lease(record, expiresAt, expiresAt);
    this.sessions.restore(lease, session, now);
    this.#population.insert(lease);
    this.#entryBytes += lease.entryBytes;
    this.#counts.add(record.proof?.key);
  }

  /**
   * Ends the restoring: leases that were over at `savedAt` were off the list by then. `revision` is that of the list as
   * it was saved, null where what was loaded may be another one.
   */
  restored(savedAt: number, revision: SavedRevision | null): void {
    this.#takeExpired(savedAt);
    this.#changes.resume(revision);
  }

  /**
   * Registers a server, or overwrites the one that holds this id: one entry remains, and it keeps its
   * `registeredAt`. Refused where the registry holds as many servers or bytes as it may.
   */
  register(registration: RegisteredServer, now: number): Lease | 'too-many-servers' | 'too-many-bytes' {
    const held = this.find(registration.serverId)?.lease;
    if (held === undefined && this.heldCount >= this.#terms.maxServers) return 'too-many-servers';
    // Whether it fits is told by the entry itself, made for that alone.
    const record = { ...registration, registeredAt: held?.registeredAt ?? now, lastSeen: now };
    // Not saved until its own row is: `savedExpiresAt` is then moved by `saved`.
    const lease = new Lease(record, now + this.#terms.ttlMs, 0);
    if (!this.#fits(held?.entryBytes ?? 0, lease.entryBytes)) return 'too-many-bytes';
    if (held !== undefined) {
      this.#entryBytes += lease.entryBytes - held.entryBytes;
      this.#counts.drop(held.proof?.key);
      const changed = held.update(registration);
      this.#counts.add(held.proof?.key);
      this.#renew(held, now);
      // The caller writes the whole row now, so its metadata is no longer behind.
      this.unsaved.rowWritten(held);
      if (changed) this.#changed(held);
      return held;
    }
    this.#population.insert(lease);
    this.#entryBytes += lease.entryBytes;
    this.#counts.add(lease.proof?.key);
    this.#changed(lease);
    return lease;
  }

  /** Renews a lease, stale or live; that it moved waits in memory for the next save. */
  heartbeat(serverId: string, now: number): Lease | undefined {
    const lease = this.find(serverId)?.lease;
    if (lease === undefined) return undefined;
    this.#renew(lease, now);
    this.unsaved.mark(lease);
    return lease;
  }

  /** The session of this name holds the lease from now on, stale or live. The caller writes its row. */
  hold(lease: Lease, name: string, now: number): void {
    this.sessions.open(lease, name, now);
    // The caller writes the whole row now, so its metadata is no longer behind.
    this.unsaved.rowWritten(lease);
    this.#revive(lease);
  }

  /** Replaces the metadata of a lease, as a heartbeat brings it. False, and nothing changed, where there is no room. */
  setMetadata(lease: Lease, metadata: string): boolean {
    const { entryBytes, metadata: before } = lease;
    if (!lease.updateMetadata(metadata)) return true;
    if (!this.#fits(entryBytes, lease.entryBytes)) {
      lease.updateMetadata(before);
      return false;
    }
    this.#entryBytes += lease.entryBytes - entryBytes;
    this.unsaved.mark(lease);
    this.unsaved.markRowBehind(lease);
    this.#changed(lease);
    return true;
  }

  /** Ends a lease at its owner's word. False where it was not held. */
  remove(serverId: string): boolean {
    const found = this.find(serverId);
    if (found !== undefined) this.#end(found.lease);
    if (found?.status === 'live') this.#changed(found.lease);
    return found !== undefined;
  }

  /** Live → stale for every lease that is over; tells whether any was. One comparison, unless one may have run out. */
  expire(now: number): boolean {
    const over = this.#takeExpired(now);
    if (typeof over === 'number') {
      this.#changes.recordMost(over);
      return true;
    }
    if (over.length === 0) return false;
    this.#changes.record(over.map(({ serverId }) => serverId));
    return true;
  }

  /** Those that ran out; where they are more than are left, how many. */
  #takeExpired(now: number): readonly Lease[] | number {
    if (!this.#population.mayExpire(now)) return NONE;
    this.sessions.settle(now);
    return this.#population.expire(now);
  }

  /** A time before which no live lease runs out; null where none is live. Exact after `measureEarliestExpiry`. */
  get earliestExpiry(): number | null {
    return this.#population.earliestExpiry;
  }

  /** Looks at every live lease, which renewals spare themselves. For the alarm: it sets its next time by it. */
  measureEarliestExpiry(): void {
    this.#population.measureEarliestExpiry();
  }

  /**
   * Gives every lease that was live at `from` until `expiresAt` at least, and takes it out of the queue if it ran
   * out since. Returns how many were live then. The caller records the downtime before any answer leaves.
   */
  extend(from: number, expiresAt: number): number {
    const wereLive = [...this.held()].filter((lease) => lease.expiresAt > from);
    for (const lease of wereLive) {
      lease.expiresAt = Math.max(lease.expiresAt, expiresAt);
      lease.savedExpiresAt = Math.max(lease.savedExpiresAt, expiresAt);
      this.sessions.extend(lease, expiresAt);
      this.#revive(lease);
    }
    this.measureEarliestExpiry();
    return wereLive.length;
  }

  /** The first keys of the queue, at most `max` of them: what a slice of the sweep deletes. */
  staleBatch(max: number): Lease[] {
    const batch: Lease[] = [];
    for (const lease of this.#population.stale.values()) {
      if (batch.length === max) break;
      batch.push(lease);
    }
    return batch;
  }

  /** Ends the leases of a batch, in the turn in which their rows' delete is issued: all of them are still stale. */
  forget(batch: readonly Lease[]): void {
    for (const lease of batch) this.#end(lease);
  }

  /** What was saved of a lease: that it was heard at `seenAt`. */
  saved(lease: Lease, seenAt: number): void {
    // Heard before its session was lost, it is over when the grace is.
    if (lease.session.kind === 'lost' && seenAt < lease.session.at) return;
    lease.savedExpiresAt = Math.max(lease.savedExpiresAt, seenAt + this.#terms.ttlMs);
  }

  /** Whether this lease is still the one held under its id. */
  isHeld(lease: Lease): boolean {
    return this.#population.has(lease);
  }

  #changed(lease: Lease): void {
    this.#changes.record([lease.serverId]);
  }

  /** Whether an entry of `bytes` may take the place of one of `bytesBefore`. What doesn't grow always may. */
  #fits(bytesBefore: number, bytes: number): boolean {
    return bytes <= bytesBefore || this.#entryBytes - bytesBefore + bytes <= this.#terms.maxListBytes;
  }

  #renew(lease: Lease, now: number): void {
    lease.touch(now);
    // A session that holds the lease goes on to: until it is known to be gone, it is looked at.
    if (!this.sessions.beat(lease, now)) return;
    lease.expiresAt = Math.max(lease.expiresAt, now + this.#terms.ttlMs);
    this.#revive(lease);
  }

  /** The lease is live again, if it was stale. */
  #revive(lease: Lease): void {
    if (this.#population.revive(lease)) this.#changed(lease);
  }

  #end(lease: Lease): void {
    this.#population.remove(lease);
    this.sessions.drop(lease);
    this.#entryBytes -= lease.entryBytes;
    this.unsaved.drop(lease);
    this.#counts.drop(lease.proof?.key);
  }
}
