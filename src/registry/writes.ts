/** What each call that writes does: registrations, heartbeats, deregistrations. */
import type { Config } from '../config.ts';
import type { Directory } from '../core/leases/directory.ts';
import { isCovered } from '../core/leases/downtime.ts';
import type { Ownership } from '../core/leases/ownership.ts';
import type { Tombstones } from '../core/leases/tombstones.ts';
import type { Shard } from '../protocol/shards/shard.ts';
import type { RegistryRefusal } from '../protocol/refusal.ts';
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
import type { Reads } from './reads.ts';
import type { Saver } from './saver.ts';
import type { Counters } from './storage/counters.ts';
import type { Store } from './storage/store.ts';

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

  /** Fixes what the object is, before any server is registered. */
  found(shard: Shard): void {
    const { part, pending, store } = this.#parts;
    part.become(shard);
    // Under no id that a server may have. Who asks waits for it.
    pending.settle('', [store.keepShard(shard)]).catch(() => undefined);
  }

  async register(registration: RegisteredServer, sent?: Shard): Promise<RegisterOutcome> {
    const { config, clock, part, directory, tombstones, ownership, store, saver, pending, counters } =
      this.#parts;
    const now = clock.tick();
    const shard = part.take(registration.serverId, sent);
    const refusal = ownership.refuseRegistration(registration, now);
    if (refusal !== undefined) {
      await pending.all();
      return this.#refuse(refusal.kind === 'full' ? this.#full(now, 'too-many-servers') : refusal);
    }
    const lease = directory.register(registration, now);
    if (typeof lease === 'string') {
      await pending.all();
      return this.#refuse(this.#full(now, lease));
    }
    const server = lease.toRecord();
    // Memory and disk change in one turn, so that their orders never differ, and in one transaction with the alarm.
    const writes = [store.putServer(server), store.keepShard(shard)];
    if (tombstones.remove(server.serverId)) writes.push(store.removeTombstone(server.serverId));
    if (clock.isLost(now)) writes.push(clock.arm(now));
    counters.registrations += 1;
    // The revision moved; saved with it, it outlives a sleep.
    saver.headChanged();
    await pending.settle(server.serverId, writes);
    directory.saved(lease, now);
    return {
      kind: 'registered',
      server,
      lease: { ttlMs: config.ttlMs, heartbeatEveryMs: config.heartbeatEveryMs },
    };
  }

  heartbeat(
    serverId: string,
    wantsPeers: boolean,
    metadata: string | null,
    proof: Proof | null,
    instance: string | null,
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
    // The lease is renewed even where its metadata is refused: for want of room nobody loses a place.
    const outcome = !isTaken
      ? this.#refuse(this.#full(now, 'too-many-bytes'))
      : wantsPeers
        ? reads.peers(lease, now)
        : null;
    // Only where the runtime gave the alarm up or lost it.
    if (clock.isLost(now)) waits.push(clock.rearm(now));
    return waits.length === 0 ? outcome : Promise.all(waits).then(() => outcome);
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
    const { clock, directory, ownership, store, saver, pending, counters } = this.#parts;
    const now = clock.tick();
    const refusal = proof && ownership.refuseDeregistration(serverId, proof, now);
    if (refusal !== undefined) {
      await pending.all();
      return this.#refuse(refusal);
    }
    const wasHeld = directory.find(serverId) !== undefined;
    const tombstone = ownership.deregister(serverId, proof, now);
    const writes = [store.removeServer(serverId)];
    if (tombstone !== undefined) {
      writes.push(store.putTombstone(tombstone));
      if (clock.isLost(now)) writes.push(clock.arm(now));
    }
    if (wasHeld) counters.deregistrations += 1;
    saver.headChanged();
    await pending.settle(serverId, writes);
    return { kind: 'deregistered' };
  }

  #refuse<Refused extends RegistryRefusal>(refusal: Refused): Refused {
    this.refused[refusal.kind] += 1;
    return refusal;
  }
}
