/** The Durable Object: its methods and its alarm. It owns time and storage, and has no policy of its own. */
import { DurableObject } from 'cloudflare:workers';
import { parseConfig, type Config } from '../config.ts';
import { type Absence, awaySince, expiryOf, graceMs, liveAfter } from '../core/absence.ts';
import { Departures } from '../core/departures.ts';
import { Directory } from '../core/directory.ts';
import type { Proof, Registration } from '../core/lease.ts';
import { Ownership } from '../core/ownership.ts';
import { alarmIsLost, nextAlarm } from '../core/sweep.ts';
import { SteadyClock } from './clock.ts';
import type {
  DeregisterOutcome,
  GetOutcome,
  HeartbeatOutcome,
  ListOutcome,
  QueryOutcome,
  RegisterOutcome,
  RegistryStats,
} from './outcomes.ts';
import { ListResponses } from './list-response.ts';
import { Reader } from './reader.ts';
import { signingWith, type Signing } from './signer.ts';
import { Store, type Loaded } from './store.ts';
import { Upkeep } from './upkeep.ts';

const utf8 = new TextEncoder();
const encode = (text: string) => utf8.encode(text);

export class ServerRegistry extends DurableObject<Env> {
  readonly #config: Config;
  readonly #clock = new SteadyClock();
  readonly #store: Store;
  readonly #directory: Directory;
  readonly #departures = new Departures();
  readonly #ownership: Ownership;
  readonly #signing: Signing;
  readonly #reader: Reader;
  readonly #listResponses = new ListResponses();
  readonly #upkeep: Upkeep;
  /** When the alarm is believed to ring, by the registry's clock; in the past from its ring to its next setting. */
  #alarmAt: number | null = null;
  /** When any call last ran. */
  #aliveAt: number | null = null;
  /** Since when the registry had been away when a call found its alarm overdue; the alarm settles it. */
  #awayFrom: number | null = null;
  #absence: Absence | null = null;
  #setAside = 0;

  /** @throws ConfigError where a variable can't be used */
  constructor(ctx: DurableObjectState, env: Env) {
    super(ctx, env);
    this.#config = parseConfig(env);
    this.#store = new Store(ctx.storage);
    // In microseconds since the epoch, so above every revision of the lives before this one.
    this.#directory = new Directory(this.#config, encode, this.#clock.now() * 1000);
    this.#ownership = new Ownership(this.#directory, this.#departures, this.#config);
    this.#signing = signingWith(this.#config.signingSeed);
    this.#reader = new Reader(this.#directory, this.#config.snapshotMaxAgeMs, this.#signing.signer, encode);
    this.#upkeep = new Upkeep(this.#directory, this.#departures, this.#store, this.#config, encode);
    void ctx.blockConcurrencyWhile(async () => this.#comeBack(await this.#store.load()));
  }

  /** Registers a server or overwrites its entry; acknowledged only when durable. */
  async register(registration: Registration): Promise<RegisterOutcome> {
    const now = this.#tick();
    const refusal = this.#ownership.refuseRegistration(registration, now);
    if (refusal !== undefined && refusal.kind !== 'full') return refusal;
    const lease = refusal === undefined ? this.#directory.register(registration, now) : undefined;
    if (lease === undefined) {
      const { maxServers } = this.#config;
      // Room comes at the earliest with the next sweep.
      const retryAfterMs = Math.max(1000, (this.#alarmAt ?? now) - now);
      return { kind: 'registry-full', maxServers, retryAfterMs };
    }
    const server = lease.toRecord();
    // Memory and disk change in one step, so that their orders never differ, and in one transaction with the alarm.
    const writes = [this.#store.putServer(server)];
    if (this.#departures.remove(server.serverId)) writes.push(this.#store.removeDeparture(server.serverId));
    if (this.#alarmIsLost(now)) writes.push(this.#arm(now));
    await this.#settle(writes);
    return {
      kind: 'registered',
      server,
      lease: { ttlMs: this.#config.ttlMs, heartbeatEveryMs: this.#config.heartbeatEveryMs },
    };
  }

  /**
   * Renews a lease, in memory alone. `metadata` (JSON text) replaces the entry's; `proof` is who signed the request.
   * The most frequent call of all, so its arguments are flat and it answers nothing where it can.
   */
  heartbeat(
    serverId: string,
    wantsPeers: boolean,
    metadata: string | null = null,
    proof: Proof | null = null,
  ): HeartbeatOutcome | Promise<HeartbeatOutcome> {
    const now = this.#tick();
    const refusal = proof === null ? undefined : this.#ownership.refuseHeartbeat(serverId, proof);
    if (refusal !== undefined) return refusal;
    const lease = this.#directory.heartbeat(serverId, now, metadata ?? undefined);
    if (lease === undefined) return { kind: 'not-registered' };
    this.#upkeep.counters.heartbeats += 1;
    const peers = wantsPeers ? this.#reader.peers(lease, now) : null;
    // Only where the runtime gave the alarm up or lost it: a heartbeat makes no storage call otherwise.
    return this.#alarmIsLost(now) ? this.#rearm(now).then(() => peers) : peers;
  }

  /** The whole list as a response, which streams; the Worker asks for it so where it knows no tag. */
  override async fetch(): Promise<Response> {
    return this.#listResponses.of(await this.#reader.whole(this.#tickOfRead()));
  }

  /**
   * The list. Stale entries are filtered and queued in memory: no storage call, no alarm call, nothing awaited.
   * `knownEtags` is the reader's `If-None-Match`.
   */
  listServers(knownEtags: string | null): ListOutcome | Promise<ListOutcome> {
    return this.#reader.list(knownEtags, this.#tickOfRead());
  }

  /** A page of the list, by a `Query` as JSON text; otherwise as `listServers`. */
  queryServers(question: string, knownEtags: string | null): QueryOutcome | Promise<QueryOutcome> {
    return this.#reader.page(question, knownEtags, this.#tickOfRead());
  }

  /** What changed in the list since a revision; it has no tag. */
  changesSince(revision: number): ListOutcome | Promise<ListOutcome> {
    return this.#reader.since(revision, this.#tickOfRead());
  }

  getServer(serverId: string): GetOutcome {
    this.#directory.expire(this.#tickOfRead());
    const found = this.#directory.find(serverId);
    if (found === undefined) return { kind: 'not-registered' };
    const { lease, status } = found;
    return { kind: 'found', server: lease.toRecord(), status, expiresAt: lease.expiresAt };
  }

  /**
   * Ends a lease at its owner's word; acknowledged only when durable. An unknown id is deleted on disk as well:
   * a sweep may have forgotten it whose unconfirmed delete a crash would undo. `proof` is who signed the request.
   */
  async deregister(serverId: string, proof?: Proof): Promise<DeregisterOutcome> {
    const now = this.#tick();
    const refusal = proof && this.#ownership.refuseDeregistration(serverId, proof, now);
    if (refusal !== undefined) return refusal;
    const departure = this.#ownership.depart(serverId, proof, now);
    const writes = [this.#store.removeServer(serverId, departure)];
    if (departure !== undefined && this.#alarmIsLost(now)) writes.push(this.#arm(now));
    await this.#settle(writes);
    return { kind: 'deregistered' };
  }

  stats(): RegistryStats {
    this.#directory.expire(this.#tick());
    const { liveCount: live, staleCount: stale, revision } = this.#directory;
    return {
      live,
      stale,
      revision,
      nextAlarmAt: this.#alarmAt === null ? null : this.#clock.toWall(this.#alarmAt),
      ...this.#upkeep.counters,
      absence: this.#absence && {
        from: this.#absence.from,
        until: this.#absence.until,
        leases: this.#absence.leases,
      },
      setAside: this.#setAside,
      signing: this.#signing.state,
    };
  }

  /**
   * The scheduled sweep. A throw is left to the runtime, which rings again. The next alarm is set last, because one
   * set early would cancel that retry.
   */
  override async alarm(invocation?: AlarmInvocationInfo): Promise<void> {
    const now = this.#tick();
    // Only the platform's own ring shows that the alarm was late; one rung by hand has no scheduled time.
    if (invocation !== undefined && this.#awayFrom !== null) await this.#excuse(this.#awayFrom, now);
    this.#awayFrom = null;
    this.#directory.expire(now);
    await this.#upkeep.run(now, () => this.#clock.now());
    this.#directory.measureEarliestExpiry();
    // By the clock as it is now: after long work, a time counted from its beginning could lie in the past.
    await this.#arm(this.#clock.now());
  }

  /** Takes up where the last life of this object left off, before any call reaches it. */
  async #comeBack(loaded: Loaded): Promise<void> {
    const now = this.#clock.now();
    // Times ahead of now were written under a clock that was wrong: they count as now.
    const checkpointAt = loaded.checkpointAt === null ? null : Math.min(loaded.checkpointAt, now);
    this.#upkeep.resume(loaded.counters, checkpointAt, now);
    this.#absence = loaded.absence && { ...loaded.absence, until: Math.min(loaded.absence.until, now) };
    this.#alarmAt = loaded.alarmAt;
    this.#setAside = loaded.setAside;

    for (const departure of loaded.departures) this.#departures.add(departure);
    let oldestSeen = now;
    let newestSeen = 0;
    for (const record of loaded.servers) {
      const lastSeen = Math.min(now, Math.max(record.lastSeen, loaded.seen.get(record.serverId) ?? 0));
      const expiresAt = expiryOf(lastSeen, this.#absence, this.#config);
      oldestSeen = Math.min(oldestSeen, lastSeen);
      newestSeen = Math.max(newestSeen, lastSeen);
      this.#directory.restore({ ...record, lastSeen }, Math.min(expiresAt, now + this.#config.ttlMs));
    }

    // All that the disk shows of when the registry last ran. An alarm that was given up would have rung after that.
    const aliveAt = Math.max(checkpointAt ?? 0, this.#absence?.until ?? 0, newestSeen);
    const dueAt = this.#alarmAt ?? aliveAt + this.#config.checkpointIntervalMs;
    const from = awaySince(dueAt, aliveAt, now, this.#config);
    // Without its times, every lease may have been live at any time since the oldest that is left.
    const awayFrom = loaded.checkpointDamaged ? oldestSeen : from;
    this.#aliveAt = now;

    // Both in one transaction, so that a restart finds the absence recorded and the alarm no longer overdue. One
    // that is overdue without an absence is about to ring: setting it on every load would put it off for ever.
    const writes: Promise<void>[] = [];
    if (awayFrom !== null) writes.push(this.#excuse(awayFrom, now));
    const isAboutToRing = awayFrom === null && this.#alarmAt !== null && this.#alarmAt <= now;
    if (!isAboutToRing && this.#alarmIsLost(now)) writes.push(this.#arm(now));
    await Promise.all(writes);
  }

  /** The time of a call, and a look at whether the registry was away before it. */
  #tick(): number {
    const now = this.#clock.now();
    this.#awayFrom ??= awaySince(this.#alarmAt, this.#aliveAt, now, this.#config);
    this.#aliveAt = now;
    return now;
  }

  #tickOfRead(): number {
    this.#upkeep.counters.reads += 1;
    return this.#tick();
  }

  /** The registry was away since `from`: extends the leases that were live then, and remembers that it did. */
  async #excuse(from: number, now: number): Promise<void> {
    const leases = this.#directory.extend(from, now + graceMs(this.#config));
    if (leases === 0) return;
    const absence = { from, until: now, leases, liveAfter: liveAfter(from, this.#absence, this.#config) };
    await this.#store.putAbsence(absence);
    this.#absence = absence;
    console.warn(JSON.stringify({ event: 'registry-was-away', ...absence }));
  }

  #alarmIsLost(now: number): boolean {
    return alarmIsLost(this.#alarmAt, now, this.#config);
  }

  async #arm(now: number): Promise<void> {
    const at = nextAlarm(this.#upkeep.state(now), this.#config);
    if (at !== null) await this.#store.setAlarm(this.#clock.toWall(at));
    this.#alarmAt = at;
  }

  /** For a call that is true whether or not the alarm can be set: the next one tries again. */
  async #rearm(now: number): Promise<void> {
    try {
      await this.#arm(now);
    } catch (error) {
      console.error(JSON.stringify({ event: 'alarm-not-set', cause: String(error) }));
    }
  }

  /** Waits for writes whose effect memory shows already. If the disk refuses, memory is thrown away. */
  async #settle(writes: readonly Promise<void>[]): Promise<void> {
    try {
      await Promise.all(writes);
    } catch (error) {
      this.ctx.abort(`A write failed, so the registry is loaded again from disk: ${String(error)}`);
      throw error;
    }
  }
}
