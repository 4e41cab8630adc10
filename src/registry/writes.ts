/** What each call that writes does: registrations, heartbeats, deregistrations. */
import type { Config } from '../config.ts';
import type { Directory } from '../core/leases/directory.ts';
import { isCovered } from '../core/leases/downtime.ts';
import type { Lease } from '../core/leases/lease.ts';
import type { Ownership } from '../core/leases/ownership.ts';
import type { Tombstones } from '../core/leases/tombstones.ts';
import type { Shard } from '../protocol/shards/shard.ts';
import type { RegistryRefusal } from '../protocol/refusal.ts';
import { CLOSE, errorFrame } from '../protocol/session.ts';
import type {
  DeregisterOutcome,
  HeartbeatOutcome,
  Proof,
  RegisterOutcome,
  RegisteredServer,
} from '../rpc/contract.ts';
import type { AlarmClock } from './alarm-clock.ts';
import type { Part } from './part.ts';
import type { PendingWrites } from './pending-writes.ts';
import type { Presence } from './presence.ts';
import type { Reads } from './reads.ts';
import type { Saver } from './saver.ts';
import { offerToHeartbeat, offerToRegistered } from './session-offer.ts';
import type { Counters } from './storage/counters.ts';
import type { Store } from './storage/store.ts';
import type { Watchers } from './watchers.ts';

/** All that the calls work on. */
export interface WriteParts {
  readonly config: Config;
  readonly clock: AlarmClock;
  readonly part: Part;
  readonly directory: Directory;
  readonly tombstones: Tombstones;
  readonly ownership: Ownership;
  readonly store: Store;
  readonly saver: Saver;
  readonly pending: PendingWrites;
  readonly reads: Reads;
  readonly presence: Presence;
  readonly watchers: Watchers;
  readonly counters: Counters;
}

/** How often each reason made the object refuse a write, since it was loaded. */
export type RefusedWrites = Record<RegistryRefusal['kind'], number>;

type Full = Extract<RegisterOutcome, { readonly kind: 'registry-full' }>;

export class Writes {
  readonly #parts: WriteParts;
  readonly refused: RefusedWrites = {
    'not-registered': 0,
    'registry-full': 0,
    'not-owner': 0,
    replayed: 0,
    'key-full': 0,
    replaced: 0,
  };

  constructor(parts: WriteParts) {
    this.#parts = parts;
  }

  /** Fixes how many objects the list has, before any server is registered, where `create` is given. */
  async shardCount(create: number | undefined): Promise<number | null> {
    const { part, pending, store, watchers } = this.#parts;
    if (part.shard === null && create !== undefined) {
      const shard = { count: create, index: 0 };
      part.become(shard);
      // Whoever took the empty list for one of a single object.
      if (create > 1) watchers.endAll();
      // Under no id that a server may have.
      await pending.settle('', [store.keepShard(shard)]);
    }
    // Another call may have fixed it, and what is not on disk yet is told to nobody.
    await pending.all();
    return part.shard?.count ?? null;
  }

  async register(
    registration: RegisteredServer,
    ticketHash: string | null,
    sent?: Shard,
  ): Promise<RegisterOutcome> {
    const {
      config,
      clock,
      part,
      directory,
      tombstones,
      ownership,
      store,
      saver,
      pending,
      presence,
      counters,
    } = this.#parts;
    const now = clock.tick();
    const shard = part.take(registration.serverId, sent);
    const refusal = ownership.refuseRegistration(registration, now);
    if (refusal !== undefined) {
      await pending.all();
      return this.#refuse(refusal.kind === 'full' ? this.#full(now, 'too-many-servers') : refusal);
    }
    const sessionOfOther = this.#sessionOfOther(registration);
    const lease = directory.register(registration, now);
    if (typeof lease === 'string') {
      await pending.all();
      return this.#refuse(this.#full(now, lease));
    }
    if (sessionOfOther !== undefined) {
      presence.close(sessionOfOther, CLOSE.replaced, errorFrame({ kind: 'replaced' }));
      directory.sessions.end(lease, now + config.ttlMs);
    }
    const session = offerToRegistered(lease, ticketHash, this.#parts, now);
    const server = lease.toRecord();
    // Memory and disk change in one turn, so that their orders never differ, and in one transaction with the alarm.
    const writes = [store.putServer(lease.toRow()), store.keepShard(shard)];
    if (tombstones.remove(server.serverId)) writes.push(store.removeTombstone(server.serverId));
    if (clock.isLost(now)) writes.push(clock.arm(now));
    counters.registrations += 1;
    // The revision moved; saved with it, it outlives a sleep.
    saver.headChanged();
    await pending.settle(server.serverId, writes);
    directory.saved(lease, now);
    directory.sessions.saved(lease);
    return {
      kind: 'registered',
      server,
      lease: { ttlMs: config.ttlMs, heartbeatEveryMs: config.heartbeatEveryMs },
      ...(session !== undefined && { session }),
    };
  }

  heartbeat(
    serverId: string,
    wantsPeers: boolean,
    metadata: string | null,
    proof: Proof | null,
    instance: string | null,
    ticketHash: string | null,
  ): HeartbeatOutcome | Promise<HeartbeatOutcome> {
    const { config, clock, directory, ownership, saver, pending, reads, counters } = this.#parts;
    const now = clock.tick();
    const underWay = pending.of(serverId);
    const answer = (outcome: HeartbeatOutcome) =>
      underWay === undefined ? outcome : underWay.then(() => outcome);
    const refusal = proof === null ? undefined : ownership.refuseHeartbeat(serverId, proof);
    if (refusal !== undefined) return answer(this.#refuse(refusal));
    if (instance !== null && ownership.isReplaced(serverId, instance)) {
      return answer(this.#refuse({ kind: 'replaced' }));
    }
    const lease = directory.heartbeat(serverId, now);
    if (lease === undefined) return answer(this.#refuse({ kind: 'not-registered' }));
    const isTaken = metadata === null || directory.setMetadata(lease, metadata);
    counters.heartbeats += 1;
    const waits: Promise<void>[] = [];
    if (underWay !== undefined) {
      waits.push(underWay);
      saver.leaseChanged();
    } else if (lease.savedExpiresAt <= now) saver.leaseRevived();
    else if (isCovered(lease.savedExpiresAt, now, config)) saver.leaseChanged();
    // Rare: the heartbeat before this one never reached the disk.
    else waits.push(saver.save());
    // Only where the runtime gave the alarm up or lost it.
    if (clock.isLost(now)) waits.push(clock.rearm(now));
    // The lease is renewed even where its metadata is refused: for want of room nobody loses a place.
    if (!isTaken) {
      const refused = this.tooManyBytes(now);
      return waits.length === 0 ? refused : Promise.all(waits).then(() => refused);
    }
    const body = wantsPeers ? reads.peers(lease, now) : null;
    const offer =
      ticketHash === null ? undefined : offerToHeartbeat(lease, ticketHash, proof, this.#parts, now);
    if (offer !== undefined) waits.push(this.#saveOffer(lease));
    const outcome: HeartbeatOutcome = offer === undefined ? body : { kind: 'offered', ...offer, body };
    return waits.length === 0 ? outcome : Promise.all(waits).then(() => outcome);
  }

  /** Its metadata does not fit, though the lease was renewed. */
  tooManyBytes(now: number): Full {
    return this.#refuse(this.#full(now, 'too-many-bytes'));
  }

  #full(now: number, reason: 'too-many-servers' | 'too-many-bytes'): Full {
    const { clock, part } = this.#parts;
    const { maxServers, maxListBytes, shard } = part;
    // Room comes at the earliest with the next sweep.
    const retryAfterMs = Math.max(1000, (clock.alarmAt ?? now) - now);
    const full: Full = {
      kind: 'registry-full',
      maxServers,
      retryAfterMs,
      ...(shard !== null && shard.count > 1 && { shards: shard.count }),
    };
    return reason === 'too-many-bytes' ? { ...full, maxListBytes } : full;
  }

  async deregister(serverId: string, proof?: Proof): Promise<DeregisterOutcome> {
    const { clock, directory, ownership, presence, pending } = this.#parts;
    const now = clock.tick();
    const refusal = proof && ownership.refuseDeregistration(serverId, proof, now);
    if (refusal !== undefined) {
      await pending.all();
      return this.#refuse(refusal);
    }
    const held = directory.find(serverId)?.lease;
    if (held?.session.kind === 'held') {
      presence.close(held.session.name, CLOSE.deregistered, errorFrame({ kind: 'not-registered' }));
    }
    await this.#remove(serverId, proof, now);
    return { kind: 'deregistered' };
  }

  /** Ends a lease at the word of the session that holds it: as if its key had signed that. */
  async leave({ serverId, proof }: Lease): Promise<void> {
    await this.#remove(serverId, proof, this.#parts.clock.now());
  }

  async #remove(serverId: string, proof: Proof | undefined, now: number): Promise<void> {
    const { clock, directory, ownership, store, saver, pending, counters } = this.#parts;
    if (directory.find(serverId) !== undefined) counters.deregistrations += 1;
    const tombstone = ownership.deregister(serverId, proof, now);
    const writes = [store.removeServer(serverId)];
    if (tombstone !== undefined) {
      writes.push(store.putTombstone(tombstone));
      if (clock.isLost(now)) writes.push(clock.arm(now));
    }
    saver.headChanged();
    await pending.settle(serverId, writes);
  }

  /** Another host, or another key, takes the id: the session of it that the one before holds, if it does. */
  #sessionOfOther({ serverId, instance, proof }: RegisteredServer): string | undefined {
    const held = this.#parts.directory.find(serverId)?.lease;
    if (held?.session.kind !== 'held') return undefined;
    const isOtherHost = instance !== undefined && held.instance !== undefined && instance !== held.instance;
    return isOtherHost || held.proof?.key !== proof?.key ? held.session.name : undefined;
  }

  async #saveOffer(lease: Lease): Promise<void> {
    const { directory, pending, saver, store } = this.#parts;
    const written = store.putServer(lease.toRow());
    directory.unsaved.rowWritten(lease);
    // The row is newer than the last save: without another one, no revision outlives a sleep.
    saver.headChanged();
    await pending.settle(lease.serverId, [written]);
  }

  #refuse<Refused extends RegistryRefusal>(refusal: Refused): Refused {
    this.refused[refusal.kind] += 1;
    return refusal;
  }
}
