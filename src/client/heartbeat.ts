/** Keeps one server registered: registers it, heartbeats at the registry's pace, and recovers from failures. */
import type { HeartbeatAnswer, Metadata, RegisterAnswer } from '../protocol/protocol.ts';
import type { CallOptions } from './connection.ts';
import type { Environment } from './environment.ts';
import { RegistryError } from './errors.ts';
import { HeartbeatEvent, HeartbeatEventTarget, type HeartbeatDetails } from './events.ts';
import { jitteredMs, retryInMs } from './pacing.ts';

/** What a server says of itself when it registers. */
export interface Registration {
  /** 1 to 256 printable characters. */
  serverId: string;
  endpoint: string;
  publicKey: string;
  /** The registry lists a server without one as `unknown`. */
  region?: string;
  /** At most 2 KiB of JSON. */
  metadata?: Metadata;
}

/** What a heartbeat may carry and ask for. */
export interface HeartbeatOptions extends CallOptions {
  /** Asks for the list of all other live servers with the answer; false if absent. */
  peers?: boolean;
  /** Replaces the metadata the registry holds. */
  metadata?: Metadata;
}

/** How a heartbeat is kept up. */
export interface StartOptions extends CallOptions {
  /** Asks for the list of all other live servers with every heartbeat; false if absent. */
  peers?: boolean;
}

/** The calls a heartbeat makes. */
export interface HeartbeatCalls {
  register(registration: Registration, options: CallOptions): Promise<RegisterAnswer>;
  heartbeat(serverId: string, options: HeartbeatOptions): Promise<HeartbeatAnswer>;
  deregister(serverId: string, options: CallOptions): Promise<void>;
}

/** The pace before the registry has given one: its own default. */
const ASSUMED_INTERVAL_MS = 60_000;

/**
 * A server that is kept registered, from its making until `stop` or the abort of its signal.
 *
 * It registers, then heartbeats every `lease.heartbeatEveryMs` ± 10 %. A 404 makes it register again at once.
 * After any other failure it tries again: soon and then ever more slowly, up to the interval; after as long as
 * `Retry-After` asked for; and at the normal pace where the registry refused in a way that repeating won't mend
 * (a 400, 401, 403…). It never gives up by itself, for tokens and settings get mended while servers run: an owner
 * that wants it to end listens to `failed`, looks at `error.hopeless`, and stops it.
 *
 * Its timers do not keep a Node process alive; a server that listens on a socket does that.
 */
export class Heartbeat extends HeartbeatEventTarget {
  readonly #calls: HeartbeatCalls;
  readonly #environment: Environment;
  readonly #registration: Registration;
  readonly #options: StartOptions;
  readonly #inFlight = new AbortController();
  readonly #ended: Promise<void>;
  #stopping = false;
  #wake: (() => void) | undefined;
  /** The metadata the registry took last, and that which it has yet to be sent. */
  #metadata: Metadata | undefined;
  #pendingMetadata: Metadata | undefined;

  /** Made by `RegistryClient.startHeartbeat`. The first event comes no sooner than the caller's next await. */
  constructor(
    calls: HeartbeatCalls,
    environment: Environment,
    registration: Registration,
    options: StartOptions,
  ) {
    super();
    this.#calls = calls;
    this.#environment = environment;
    this.#registration = registration;
    this.#options = options;
    this.#metadata = registration.metadata;
    this.#ended = this.#run();
  }

  /** The id of the server this keeps registered. */
  get serverId(): string {
    return this.#registration.serverId;
  }

  /**
   * Sends `metadata` with the next heartbeat, in place of what was sent before. Metadata that the registry refuses
   * (a `failed` event, status 400) is set aside, so that it can't cost the server its lease.
   */
  setMetadata(metadata: Metadata): void {
    // A copy of its own, so that the same object set again while a heartbeat is on its way counts as new.
    this.#pendingMetadata = { ...metadata };
  }

  /**
   * Ends it: once this resolves nothing more is sent and no event comes. May be called any number of times.
   *
   * Without `deregister` a request in flight is aborted, and the server stays listed until its lease runs out.
   * With it, a request in flight is first waited for, since a registration that arrived after the deregistration
   * would undo it; then the server is deregistered, and a failure of that rejects with a `RegistryError`.
   */
  async stop({ deregister = false }: { deregister?: boolean } = {}): Promise<void> {
    this.#stopping = true;
    this.#wake?.();
    if (!deregister) this.#inFlight.abort();
    await this.#ended;
    if (deregister) await this.#calls.deregister(this.serverId, this.#callLimits());
  }

  async #run(): Promise<void> {
    const { signal } = this.#options;
    const onAbort = () => void this.stop();
    signal?.addEventListener('abort', onAbort);
    if (signal?.aborted) this.#stopping = true;
    await Promise.resolve();
    try {
      await this.#keepRegistered();
    } finally {
      signal?.removeEventListener('abort', onAbort);
      this.dispatchEvent(new HeartbeatEvent('stopped', null));
    }
  }

  async #keepRegistered(): Promise<void> {
    let registered = false;
    let intervalMs = ASSUMED_INTERVAL_MS;
    let attempt = 0;
    while (!this.#stopping) {
      let waitMs: number;
      try {
        if (registered) await this.#beat();
        else intervalMs = await this.#register();
        registered = true;
        attempt = 0;
        waitMs = jitteredMs(intervalMs, this.#environment.random());
      } catch (error) {
        if (!(error instanceof RegistryError)) throw error;
        if (registered && error.refusedWith(404)) {
          registered = false;
          continue;
        }
        attempt += 1;
        waitMs = retryInMs({ attempt, intervalMs, ...repeatable(error) }, this.#environment.random());
        this.#tell('failed', { error, attempt, retryInMs: waitMs });
      }
      if (!this.#stopping) await this.#pause(waitMs);
    }
  }

  async #register(): Promise<number> {
    const { server, lease } = await this.#withPendingMetadata((pending) => {
      const { metadata: _, ...registration } = this.#registration;
      return this.#calls.register(
        { ...registration, ...carrying(pending ?? this.#metadata) },
        this.#requestOptions(),
      );
    });
    this.#tell('registered', { server, lease });
    return lease.heartbeatEveryMs;
  }

  async #beat(): Promise<void> {
    const { peers = false } = this.#options;
    const answer = await this.#withPendingMetadata((pending) =>
      this.#calls.heartbeat(this.serverId, { peers, ...carrying(pending), ...this.#requestOptions() }),
    );
    this.#tell('heartbeat', { peers: answer.peers });
  }

  async #withPendingMetadata<T>(send: (pending: Metadata | undefined) => Promise<T>): Promise<T> {
    const pending = this.#pendingMetadata;
    const settle = () => {
      if (this.#pendingMetadata === pending) this.#pendingMetadata = undefined;
    };
    try {
      const answer = await send(pending);
      this.#metadata = pending ?? this.#metadata;
      settle();
      return answer;
    } catch (error) {
      if (error instanceof RegistryError && error.refusedWith(400)) settle();
      throw error;
    }
  }

  #pause(delayMs: number): Promise<void> {
    return new Promise((resolve) => {
      const cancel = this.#environment.after(delayMs, resolve);
      this.#wake = () => {
        cancel();
        resolve();
      };
    });
  }

  #tell<T extends keyof HeartbeatDetails>(type: T, detail: HeartbeatDetails[T]): void {
    if (!this.#stopping) this.dispatchEvent(new HeartbeatEvent(type, detail));
  }

  #callLimits(): CallOptions {
    const { timeoutMs } = this.#options;
    return timeoutMs === undefined ? {} : { timeoutMs };
  }

  #requestOptions(): CallOptions {
    return { ...this.#callLimits(), signal: this.#inFlight.signal };
  }
}

function carrying(metadata: Metadata | undefined): { metadata?: Metadata } {
  return metadata === undefined ? {} : { metadata };
}

function repeatable(error: RegistryError): { hopeless: boolean; retryAfterMs: number | undefined } {
  const { fault, hopeless } = error;
  return { hopeless, retryAfterMs: fault.kind === 'refused' ? fault.retryAfterMs : undefined };
}
