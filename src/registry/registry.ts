/** The Durable Object: its face. It owns time and storage, delegates every call, and has no policy of its own. */
import { DurableObject } from 'cloudflare:workers';
import { parseListConfig } from '../lists.ts';
import { Directory } from '../core/leases/directory.ts';
import { Ownership } from '../core/leases/ownership.ts';
import { Tombstones } from '../core/leases/tombstones.ts';
import {
  ENTRIES_URL,
  LIST_URL,
  SESSION_URL,
  WATCH_URL,
  type DeregisterOutcome,
  type GetOutcome,
  type HeartbeatOutcome,
  type ListOutcome,
  type PagePartOutcome,
  type Proof,
  type QueryOutcome,
  type RegisterOutcome,
  type RegisteredServer,
  type RegistryCalls,
  type RegistryFigures,
  type RegistryStats,
} from '../rpc/contract.ts';
import type { Shard } from '../protocol/shards/shard.ts';
import { AlarmClock } from './alarm-clock.ts';
import { AlarmTasks } from './alarm-tasks.ts';
import { placeOfObject } from './place-of-object.ts';
import { figuresOf, statsOf, type FigureParts } from './figures.ts';
import { logOf } from '../rpc/log.ts';
import { tagAlone, textAlone } from './flat-answers.ts';
import { ListResponses } from './list-response.ts';
import { Part } from './part.ts';
import { PendingWrites } from './pending-writes.ts';
import { Presence } from './presence.ts';
import { Publisher } from './publisher.ts';
import { Reads } from './reads.ts';
import { recover } from './recovery.ts';
import { Saver } from './saver.ts';
import { SessionCalls } from './session-calls.ts';
import { signingWith } from '../rpc/signer.ts';
import { zeroCounters } from './storage/counters.ts';
import { Store } from './storage/store.ts';
import { isWatcher, openSession, openWatch } from './upgrades.ts';
import { Watchers } from './watchers.ts';
import { Writes } from './writes.ts';

export class ServerRegistry extends DurableObject<Env> implements RegistryCalls {
  readonly #counters = zeroCounters();
  readonly #directory: Directory;
  readonly #figures: FigureParts;
  readonly #clock: AlarmClock;
  readonly #saver: Saver;
  readonly #pending: PendingWrites;
  readonly #reads: Reads;
  readonly #writes: Writes;
  readonly #sessions: SessionCalls;
  readonly #alarmTasks: AlarmTasks;
  readonly #watchers: Watchers;
  readonly #listResponses = new ListResponses();
  #quarantined = 0;

  /** @throws ConfigError where a variable can't be used */
  constructor(ctx: DurableObjectState, env: Env) {
    super(ctx, env);
    const place = placeOfObject(ctx);
    const config = parseListConfig(env, place.list);
    const counters = this.#counters;
    const log = logOf(place);
    const store = new Store(ctx.storage, place);
    const tombstones = new Tombstones();
    const listPart = new Part(config);
    const presence = new Presence(ctx, (timeMs) => this.#clock.fromWall(timeMs));
    const directory = new Directory(
      listPart,
      crypto.randomUUID().slice(0, 8),
      Date.now() * 1000,
      (_serverId, session) => presence.heardAt(session),
      () => {
        this.#watchers.changed();
      },
    );
    const ownership = new Ownership(directory, tombstones, listPart);
    const stateAt = (now: number) => this.#alarmTasks.state(now);
    const clock = new AlarmClock({ config, directory, store, counters, log, stateAt });
    const now = () => clock.now();
    const onSaved = () => {
      if (publisher !== null) void clock.ringToPublish(now());
    };
    const saver = new Saver({ directory, store, counters, log, terms: config, now, onSaved });
    const pending = new PendingWrites(store, (cause) => {
      ctx.abort(`A write failed, so the registry is loaded again from disk: ${String(cause)}`);
    });
    const { signer, state: signing } = signingWith(config.signingSeed, log);
    const reads = new Reads(directory, config.snapshotMaxAgeMs, signer, () => saver.headChanged());
    const watchers = new Watchers({
      sockets: ctx,
      directory,
      maxWatchers: config.maxWatchers,
      part: listPart,
      now,
      onFirst: () => void clock.armEarlier(clock.now()),
    });
    this.#watchers = watchers;
    this.#directory = directory;
    this.#clock = clock;
    this.#saver = saver;
    this.#pending = pending;
    this.#reads = reads;
    const bucket = env.LIST_FILES;
    const part = () => ({ ...place, shards: listPart.shard?.count ?? 1 });
    const publisher: Publisher | null =
      bucket === undefined
        ? null
        : new Publisher({ bucket, directory, reads, store, signer, terms: config, part, log, now });
    const held = { config, clock, directory, tombstones, store, saver, pending, counters, publisher };
    const writes = new Writes({ ...held, part: listPart, ownership, reads, presence, watchers });
    this.#writes = writes;
    this.#sessions = new SessionCalls({ ...held, presence, writes });
    this.#figures = { ...held, part: listPart, reads, writes, watchers, signing, loadedAt: now() };
    this.#alarmTasks = new AlarmTasks({ ...held, terms: config, watchers, now });
    void ctx.blockConcurrencyWhile(async () => {
      const loaded = await store.load();
      this.#quarantined = loaded.quarantined;
      if (loaded.shard !== null) listPart.become(loaded.shard);
      await recover({ ...held, presence }, loaded);
      this.#sessions.readAll();
      // Where the list is another one than before, whoever still watches has to know.
      watchers.changed();
    });
  }

  /** Registers a server or overwrites its entry; acknowledged only when it is on disk. */
  register(
    registration: RegisteredServer,
    ticketHash: string | null = null,
    shard?: Shard,
  ): Promise<RegisterOutcome> {
    return this.#writes.register(registration, ticketHash, shard);
  }

  /** How many objects the list has; with `create`, that is fixed where nobody registered yet. See `RegistryCalls`. */
  shardCount(create?: number): Promise<number | null> {
    return this.#writes.shardCount(create);
  }

  /**
   * Renews a lease, in memory; it is saved a moment later. `metadata` (JSON text) replaces the entry's; `proof` is who
   * signed the request, `instance` which host sent it. The most frequent call of all, so its arguments are flat and it
   * answers nothing where it can.
   */
  heartbeat(
    serverId: string,
    wantsPeers: boolean,
    metadata: string | null = null,
    proof: Proof | null = null,
    instance: string | null = null,
    ticketHash: string | null = null,
  ): HeartbeatOutcome | Promise<HeartbeatOutcome> {
    return this.#writes.heartbeat(serverId, wantsPeers, metadata, proof, instance, ticketHash);
  }

  /**
   * Ends a lease at its owner's word; acknowledged only when it is gone from disk. An unknown id is deleted there as
   * well: a sweep may have forgotten it whose unconfirmed delete a crash would undo. `proof` is who signed the request.
   */
  deregister(serverId: string, proof?: Proof): Promise<DeregisterOutcome> {
    return this.#writes.deregister(serverId, proof);
  }

  /** The whole list as a response, which streams; the Worker asks for it so where it knows no tag. Or a session. */
  override async fetch(request: Request): Promise<Response> {
    if (request.url === ENTRIES_URL) {
      const entries = this.#reads.bareEntries(request.method !== 'HEAD', this.#tickOfRead());
      return this.#listResponses.entries(entries);
    }
    if (request.url === SESSION_URL) return openSession(request, this.#sessions);
    if (request.url.startsWith(`${WATCH_URL}?`)) {
      this.#expire(this.#tickOfRead());
      return openWatch(request, this.#watchers);
    }
    if (request.url !== LIST_URL) return new Response(`no such call: ${request.url}`, { status: 404 });
    const now = this.#tickOfRead();
    if (request.method === 'HEAD') return this.#listResponses.head(await this.#reads.head(now));
    return this.#listResponses.of(await this.#reads.whole(now));
  }

  /**
   * The list. Stale entries are filtered and queued in memory: no storage call, no alarm call, nothing awaited.
   * `knownEtags` is the reader's `If-None-Match`.
   */
  listServers(knownEtags: string | null): ListOutcome | Promise<ListOutcome> {
    return this.#reads.list(knownEtags, this.#tickOfRead());
  }

  /** As `listServers`; that the reader has the list is told by the tag alone. */
  poll(knownEtags: string): ListOutcome | string | Promise<ListOutcome | string> {
    return tagAlone(this.listServers(knownEtags));
  }

  /** A page of the list, by what `encodeQuery` makes of a `Query`; otherwise as `listServers`. */
  queryServers(queryKey: string, knownEtags: string | null): QueryOutcome | Promise<QueryOutcome> {
    return this.#reads.page(queryKey, knownEtags, this.#tickOfRead());
  }

  /** As `queryServers`: called so for what an object of the first release would pass over. */
  selectServers(queryKey: string, knownEtags: string | null): QueryOutcome | Promise<QueryOutcome> {
    return this.queryServers(queryKey, knownEtags);
  }

  /** What changed in the list after a revision; it has no tag. */
  changesAfter(revision: string): ListOutcome | Promise<ListOutcome> {
    return this.#reads.since(revision, this.#tickOfRead());
  }

  /** As `changesAfter`; a short body without a signature is its text alone. */
  changes(revision: string): ListOutcome | string | Promise<ListOutcome | string> {
    return textAlone(this.changesAfter(revision));
  }

  /** As the first release asks: no revision of it is known any more. */
  changesSince(revision: number): ListOutcome | Promise<ListOutcome> {
    return this.changesAfter(String(revision));
  }

  /** Its part of a page, where the list has several objects. */
  partOfPage(queryKey: string, maxEntries: number, maxBytes: number): PagePartOutcome {
    return this.#reads.pagePart(queryKey, { maxEntries, maxBytes }, this.#tickOfRead());
  }

  /** Its part of what changed after a revision of its own, where the list has several objects. */
  partOfChanges(revision: string, maxBytes: number): Uint8Array {
    return this.#reads.sincePart(revision, maxBytes, this.#tickOfRead());
  }

  /** One server. What is on its way to the disk about it is waited for: unlike a list, this is a statement about it. */
  getServer(serverId: string): GetOutcome | Promise<GetOutcome> {
    const underWay = this.#pending.of(serverId);
    const found = this.#reads.get(serverId, this.#tickOfRead());
    return underWay === undefined ? found : underWay.then(() => found);
  }

  stats(): RegistryStats {
    this.#expire(this.#clock.tick());
    return statsOf(this.#figures, this.#quarantined);
  }

  /** What `/metrics` shows. As `stats`, it makes no storage call. */
  figures(): RegistryFigures {
    const now = this.#clock.tick();
    this.#expire(now);
    return figuresOf(this.#figures, this.#quarantined, now);
  }

  /** Resolves when everything acknowledged is on disk: for an orderly stop. */
  save(): Promise<void> {
    return this.#saver.save();
  }

  /**
   * The scheduled sweep. A throw is left to the runtime, which rings again. The next alarm is set last, because one
   * set early would cancel that retry.
   */
  override async alarm(invocation?: AlarmInvocationInfo): Promise<void> {
    const now = this.#clock.tick();
    await this.#clock.settle(now, invocation === undefined ? null : invocation.scheduledTime);
    this.#expire(now);
    this.#sessions.closeSilent();
    this.#watchers.closeSilent();
    await this.#alarmTasks.run(now);
    this.#directory.measureEarliestExpiry();
    // By the clock as it is now: after long work, a time counted from its beginning could lie in the past.
    await this.#clock.arm(this.#clock.now());
  }

  override async webSocketMessage(socket: WebSocket, data: string | ArrayBuffer): Promise<void> {
    if (isWatcher(socket, this.ctx)) this.#watchers.message(socket, data);
    else await this.#sessions.message(socket, data);
  }

  override async webSocketClose(socket: WebSocket, code: number, reason: string): Promise<void> {
    if (isWatcher(socket, this.ctx)) this.#watchers.closed(socket, code, reason);
    else await this.#sessions.closed(socket, code, reason);
  }

  override webSocketError(socket: WebSocket): Promise<void> {
    return this.webSocketClose(socket, 1006, '');
  }

  #expire(now: number): void {
    if (this.#directory.expire(now)) this.#saver.headChanged();
  }

  #tickOfRead(): number {
    this.#counters.reads += 1;
    return this.#clock.tick();
  }
}
