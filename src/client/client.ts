/** The client of a Rollcall registry, for Node 20 up, browsers and Workers. The entry file: import from here. */
import type {
  DeltaAnswer,
  HeartbeatAnswer,
  ListAnswer,
  PageAnswer,
  RegisterAnswer,
  ServerAnswer,
  StatsAnswer,
} from '../protocol/protocol.ts';
import {
  isDeltaAnswer,
  isDeregisterAnswer,
  isHeartbeatAnswer,
  isWholeList,
  isPageAnswer,
  isRegisterAnswer,
  isServerAnswer,
  isStatsAnswer,
} from './answers.ts';
import { listUrl, pathSegment } from './addresses.ts';
import { DEFAULT_MAX_LIST_BYTES } from './bodies.ts';
import { assertTimeout, Connection, type CallOptions, type Fetch } from './connection.ts';
import { realEnvironment, type Environment } from './environment.ts';
import { RegistryError } from './errors.ts';
import { type SigningKey } from './keys.ts';
import { ListFiles, splitManifestUrl } from './list-files.ts';
import { ListKey } from './list-key.ts';
import {
  isAnswerTo,
  queryPath,
  type ListQuery,
  type MetadataBound,
  type MetadataCondition,
  type MetadataValue,
} from './query.ts';
import { RequestSigner, type ClockCorrection } from './signing.ts';
import { unpausedFetch } from './unpaused-fetch.ts';
import { watch, type ListChange, type WatchOptions } from './watch.ts';
import { Heartbeat } from './heartbeat.ts';
import type { SessionAccess } from './socket.ts';
import { openGlobal, openWith, sessionUrl, type WebSocketClass, globalWebSocket } from './socket.ts';
import type { HeartbeatOptions, Registration, StartOptions } from './start-options.ts';
import { openPush, pushSource, type Transport } from './push.ts';
import { streamTransport } from './push-stream.ts';
import { socketTransport } from './push-socket.ts';

export { RegistryError, type Fault } from './errors.ts';
export { SigningKey } from './keys.ts';
export { HeartbeatEvent, type HeartbeatDetails } from './events.ts';
export type { CallOptions, Environment, Fetch, Heartbeat, HeartbeatOptions, Registration, StartOptions };
export type { ClockCorrection, ListChange, ListQuery, MetadataBound, MetadataCondition, MetadataValue };
export type { WatchOptions, WebSocketClass };

/** How a client reaches its registry. */
export interface ClientOptions {
  /** Which of the registry's lists is meant; `default` if absent. A `TypeError` for what is no name of one. */
  list?: string;
  /** Milliseconds a call may take until its whole answer is there; 10,000 if absent. */
  timeoutMs?: number;
  /** Sent as `Authorization: Bearer <token>` with every request. */
  token?: string;
  /** Signs every request that writes, for a registry whose `WRITE_ACCESS` is `signed`. Instead of a token. */
  signingKey?: SigningKey;
  /**
   * Told when a registry refused a signature for its date, and said what time it is: what is signed from then on, the
   * refused request first, goes by the registry's clock. A clock that is off by more than a day is not corrected.
   */
  onClockCorrected?: (correction: ClockCorrection) => void;
  /**
   * The public half of the key that the registry signs its lists with (`npm run keygen`), in hexadecimal or base64.
   * A list, a page or a change that is unsigned, forged or older than 5 minutes is then refused. What no registry
   * signs is refused before it is asked for: `get()`, and the peers of a heartbeat. `stats()`, and what the registry
   * says to a write, are taken unsigned.
   */
  verifyKey?: string;
  /**
   * Most bytes of a list, a page, a change or the peers of a heartbeat, after decompression; 268,435,456 (256 MiB) if
   * absent, which is what 50,000 entries take with every text at its longest. A list needs several times its length
   * in memory while it is read: set what fits where that is scarce, as in a Worker. Every other answer may have 64 KiB.
   */
  maxListBytes?: number;
  /**
   * The URL of a list's manifest, such as `https://lists.example/lists/default/manifest.json`, where the registry writes
   * its list as files. `list()` then reads those and does not ask the registry; everything else does. They are asked for
   * with the same `fetch`, but without the token and `headers`.
   */
  listFile?: string | URL;
  /** Sent with every request to the registry. */
  headers?: Record<string, string>;
  /** Used in place of the global `fetch`, such as that of a service binding. */
  fetch?: Fetch;
  /**
   * Used in place of the global `WebSocket` to hold sessions and to watch the list, such as that of the package `ws` on
   * Node 20, which has none. The global one is not used where `fetch` is given, for it would not lead where that does;
   * nor by `watch()` where `headers` are, of which it would know nothing.
   */
  WebSocket?: WebSocketClass;
  /** Used in place of the real clock, timers and randomness. */
  environment?: Environment;
}

const DEFAULT_TIMEOUT_MS = 10_000;

/** What makes a request one for a list that is signed where the registry has a key. */
const SIGNED_LIST = { length: 'list', isSigned: true } as const;

const PEERS_ARE_UNSIGNED =
  'the peers of a heartbeat are not signed: ask for the list, or use a client without verifyKey';

/**
 * Calls a registry. Every method rejects with a `RegistryError` when the call fails, and takes a signal and a
 * time-out of its own. No call is repeated by itself, except by `startHeartbeat`. Times are epoch milliseconds.
 */
export class RegistryClient {
  readonly #connection: Connection;
  readonly #environment: Environment;
  readonly #isVerifying: boolean;
  readonly #maxListBytes: number;
  readonly #webSocket: WebSocketClass | undefined;
  readonly #listFiles: ListFiles | undefined;
  readonly #timeoutMs: number;
  readonly #access: SessionAccess | undefined;

  /**
   * `baseUrl` is the address of the registry, with the path it is mounted on if there is one. Throws a `TypeError`
   * where it or `listFile` is no http or https URL, where both a token and a signing key are given, and where the token or a header
   * can't be sent in one; a `RangeError` where `timeoutMs` or `maxListBytes` is not above 0.
   */
  constructor(baseUrl: string | URL, options: ClientOptions = {}) {
    const environment = options.environment ?? realEnvironment;
    const { signingKey } = options;
    if (signingKey !== undefined && options.token !== undefined) {
      throw new TypeError('a client sends a token or signs its requests, not both');
    }
    this.#environment = environment;
    this.#isVerifying = options.verifyKey !== undefined;
    this.#maxListBytes = options.maxListBytes ?? DEFAULT_MAX_LIST_BYTES;
    this.#webSocket =
      options.WebSocket ?? ((options.fetch ?? options.headers) ? undefined : globalWebSocket());
    const listKey = options.verifyKey === undefined ? undefined : new ListKey(options.verifyKey);
    this.#timeoutMs = options.timeoutMs ?? DEFAULT_TIMEOUT_MS;
    const shared = {
      timeoutMs: this.#timeoutMs,
      listKey,
      maxListBytes: this.#maxListBytes,
      fetch: options.fetch ?? unpausedFetch,
      environment,
    };
    this.#connection = new Connection({
      ...shared,
      baseUrl: listUrl(baseUrl, options.list),
      token: options.token,
      signer: signingKey && new RequestSigner(signingKey, () => environment.nowMs()),
      onClockCorrected: options.onClockCorrected,
      headers: options.headers ?? {},
    });
    if (options.listFile !== undefined) {
      const { folder, manifest } = splitManifestUrl(options.listFile);
      const nothing = { token: undefined, signer: undefined, onClockCorrected: undefined, headers: {} };
      const connection = new Connection({ ...shared, ...nothing, baseUrl: folder });
      const read = { connection, folder: folder.href, manifest, list: options.list ?? 'default' };
      this.#listFiles = new ListFiles({ ...shared, ...read });
    }
    const { WebSocket: own } = options;
    const global = options.fetch === undefined ? openGlobal() : undefined;
    const open = own === undefined ? global : openWith(own);
    const url = sessionUrl(this.#connection.baseUrl);
    this.#access = open && { url, open, isSigned: signingKey !== undefined };
  }

  /** Registers a server, or renews it with new data. Answers with the entry as held, and the terms of its lease. */
  register(registration: Registration, options?: CallOptions): Promise<RegisterAnswer> {
    return this.#connection.call(
      { method: 'POST', path: '/servers', body: registration, serverId: registration.serverId },
      isRegisterAnswer,
      options,
    );
  }

  /**
   * Renews a lease. Refused with 404 where the server is not held: it must register again. Refused with 409 where
   * `instance` is given and another one registered the id since. With `peers`, a client that has a `verifyKey` rejects without asking, since peers are not signed.
   */
  async heartbeat(serverId: string, options: HeartbeatOptions = {}): Promise<HeartbeatAnswer> {
    const { peers = false, metadata, instance, session, ...callOptions } = options;
    const path = '/servers/heartbeat';
    if (peers) this.#assertUnverified(`POST ${path}`, PEERS_ARE_UNSIGNED);
    const body = {
      serverId,
      peers,
      ...(metadata !== undefined && { metadata }),
      ...(instance !== undefined && { instance }),
      ...(session && { session }),
    };
    return this.#connection.call(
      { method: 'POST', path, body, serverId, ...(peers && { length: 'list' }) },
      isHeartbeatAnswer,
      callOptions,
    );
  }

  /** All live servers, and when that picture was taken; from files where the client was given a `listFile`. */
  list(options?: CallOptions): Promise<ListAnswer> {
    if (this.#listFiles !== undefined) return this.#listFiles.read(options);
    return this.#connection.call({ method: 'GET', path: '/servers', ...SIGNED_LIST }, isWholeList, options);
  }

  /** The live servers that a query asks for, a page at a time. Refused with 400 where it can't be used. */
  async query(query: ListQuery, options?: CallOptions): Promise<PageAnswer> {
    const path = queryPath(query);
    const isAnswer = (value: unknown): value is PageAnswer =>
      isPageAnswer(value) && isAnswerTo(path, value.asked);
    return this.#connection.call({ method: 'GET', path, ...SIGNED_LIST }, isAnswer, options);
  }

  /**
   * Holds the list up to date by asking every `everyMs` what changed: gives the list at first, then each change, until
   * the signal is aborted or the loop is left. Failures end nothing; see `onFailed`.
   */
  watchByPolling(options: WatchOptions = {}): AsyncGenerator<ListChange, void, void> {
    return watch(this.#askChanges(), this.#environment, this.#maxListBytes, options);
  }

  /**
   * As `watchByPolling`, but told of changes as they happen: over a WebSocket where there is one, else by an event stream.
   * Where neither is to be had it asks every `everyMs`, and tries again now and then. A client that has a `verifyKey`
   * always asks, since what is pushed is not signed.
   */
  watch(options: WatchOptions = {}): AsyncGenerator<ListChange, void, void> {
    const environment = this.#environment;
    const maxBytes = this.#maxListBytes;
    const socket = this.#webSocket;
    const transports: Transport[] = [];
    if (!this.#isVerifying) {
      if (socket !== undefined) transports.push(socketTransport(this.#connection.baseUrl, socket));
      transports.push(streamTransport((path, signal) => this.#connection.stream(path, signal)));
    }
    const source = pushSource(
      transports,
      (transport, since, signal) => openPush(transport, since, { environment, maxBytes, signal }),
      environment,
    );
    return watch(this.#askChanges(), environment, maxBytes, options, source);
  }

  #askChanges() {
    return (since: string, limits: CallOptions) => {
      const isAnswer = (value: unknown): value is DeltaAnswer =>
        isDeltaAnswer(value) && (value.full === true || value.since === since);
      const path = `/servers?since=${encodeURIComponent(since)}`;
      return this.#connection.measured({ method: 'GET', path, ...SIGNED_LIST }, isAnswer, limits);
    };
  }

  /**
   * One server, live or stale, and when its lease ends. Refused with 404 where it is not held. A client that has a
   * `verifyKey` rejects without asking, since this answer is not signed.
   */
  async get(serverId: string, options?: CallOptions): Promise<ServerAnswer> {
    const path = `/servers/${pathSegment(serverId)}`;
    this.#assertUnverified(`GET ${path}`, 'the answer that tells of one server is not signed, the list is');
    return this.#connection.call({ method: 'GET', path }, isServerAnswer, options);
  }

  /**
   * Takes a server off the list; no error where it was not on it. Where the runtime can, the request goes on after the
   * page that sent it was closed.
   */
  async deregister(serverId: string, options?: CallOptions): Promise<void> {
    const path = `/servers/${pathSegment(serverId)}`;
    await this.#connection.call(
      { method: 'DELETE', path, serverId, outlivesPage: true },
      isDeregisterAnswer,
      options,
    );
  }

  /** The registry's own counters. */
  stats(options?: CallOptions): Promise<StatsAnswer> {
    return this.#connection.call({ method: 'GET', path: '/stats' }, isStatsAnswer, options);
  }

  /**
   * Registers a server and keeps it registered, until `stop()` of what this returns or the abort of
   * `options.signal`. Returns at once and never throws for a failed call: listen to its events. Throws a `RangeError`
   * where `timeoutMs` is not above 0, and a `TypeError` where a client that has a `verifyKey` is asked for peers.
   */
  startHeartbeat(registration: Registration, options: StartOptions = {}): Heartbeat {
    if (options.timeoutMs !== undefined) assertTimeout(options.timeoutMs);
    if (options.peers && this.#isVerifying) throw new TypeError(PEERS_ARE_UNSIGNED);
    const { timeoutMs = this.#timeoutMs } = options;
    return new Heartbeat(this, this.#environment, registration, { ...options, timeoutMs }, this.#access);
  }

  #assertUnverified(request: string, reason: string): void {
    if (this.#isVerifying) throw new RegistryError(request, { kind: 'untrusted', reason });
  }
}
