/** Keeps one server registered: registers it, heartbeats at the registry's pace, and recovers from failures. */
import type { HeartbeatAnswer, LeaseTerms, Metadata, RegisterAnswer } from '../protocol/protocol.ts';
import type { CallOptions } from './connection.ts';
import type { Environment } from './environment.ts';
import { asRegistryError, type RegistryError } from './errors.ts';
import { GuardedEventTarget, HeartbeatEvent, type HeartbeatDetails } from './events.ts';
import { MetadataToSend, type Carried } from './metadata-to-send.ts';
import { newInstance } from './instance.ts';
import { believedIntervalMs, jitteredMs, longestWaitMs, retryInMs } from './pacing.ts';

/** What a server says of itself when it registers. */
export interface Registration {
  /** 1 to 256 printable characters. */
  serverId: string;
  endpoint: string;
  /** Every way to reach it, 1 to 8, where there are more than one: IPv6, a query port, TLS. The first is `endpoint`. */
  endpoints?: readonly string[];
  publicKey: string;
  /** The registry lists a server without one as `unknown`. */
  region?: string;
  /** At most 2 KiB of JSON. */
  metadata?: Metadata;
  /**
   * Tells this host from another one that holds the same id: 1 to 64 printable ASCII characters, the same in every
   * registration and heartbeat of one host. `startHeartbeat` makes one up where it is absent.
   */
  instance?: string;
}

/** What a heartbeat may carry and ask for. */
export interface HeartbeatOptions extends CallOptions {
  /** Asks for the list of all other live servers with the answer; false if absent. */
  peers?: boolean;
  /** Replaces the metadata the registry holds. */
  metadata?: Metadata;
  /** That of the registration: refused with 409 (`replaced`) where another one registered the id since. */
  instance?: string;
}

/** How a heartbeat is kept up. */
export interface StartOptions extends CallOptions {
  /** Asks for the list of all other live servers with every heartbeat; false if absent. */
  peers?: boolean;
  /**
   * True keeps a Node process alive until this is stopped, for a server whose process has nothing else to wait for;
   * false if absent. Other runtimes don't know the difference.
   */
  keepAlive?: boolean;
}

/** The calls a heartbeat makes. */
export interface HeartbeatCalls {
  register(registration: Registration, options: CallOptions): Promise<RegisterAnswer>;
  heartbeat(serverId: string, options: HeartbeatOptions): Promise<HeartbeatAnswer>;
  deregister(serverId: string, options: CallOptions): Promise<void>;
}

/** The lease before the registry has given one: its own default. */
const ASSUMED_LEASE: LeaseTerms = { ttlMs: 300_000, heartbeatEveryMs: 60_000 };

/**
 * A server that is kept registered, from its making until `stop` or the abort of its signal.
 *
 * It registers, then heartbeats every `lease.heartbeatEveryMs` ± 10 %. A 404 makes it register again at once.
 * After any other failure it tries again: soon and then ever more slowly, up to the interval; after as long as
 * `Retry-After` asked for, as far as the lease allows; and at the normal pace where the registry refused in a way that
 * repeating won't mend (a 400, 401, 403…). It never gives up by itself, for tokens and settings get mended while
 * servers run: an owner that wants it to end listens to `failed`, looks at `error.permanent`, and stops it. Nothing that
 * a registry answers, and nothing that a listener throws, ends it, with one exception:
 *
 * Where another host registered the id since, it tells `replaced` and ends. It does not register again: two hosts would
 * throw each other off the list for ever.
 *
 * Its timers do not keep a Node process alive, but with `keepAlive`; a server that listens on a socket does that.
 */
export class Heartbeat extends GuardedEventTarget {
  readonly #calls: HeartbeatCalls;
  readonly #environment: Environment;
  readonly #registration: Registration;
  readonly #instance: string;
  readonly #options: StartOptions;
  readonly #inFlight = new AbortController();
  readonly #metadata: MetadataToSend;
  readonly #ended: Promise<void>;
  #stopping = false;
  /** Another host holds the id, so that nothing of it is this one's to send or to end. */
  #isReplaced = false;
  #wake: (() => void) | undefined;
  #isRegistering = false;
  /** Whether the registry holds the server, as far as it said. */
  #isRegistered = false;
  #lease = ASSUMED_LEASE;
  /** When the last request was sent that was accepted: the lease runs from then at the earliest. */
  #heardAtMs = Number.NEGATIVE_INFINITY;
  /** Failures in a row. */
  #attempt = 0;

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
    this.#instance = registration.instance ?? newInstance();
    this.#options = options;
    this.#metadata = new MetadataToSend(registration.metadata);
    this.#ended = this.#run();
  }

  /** The id of the server this keeps registered. */
  get serverId(): string {
    return this.#registration.serverId;
  }

  /**
   * Sends `metadata`, as it is now, with the next heartbeat, in place of what was sent before. Metadata that is refused
   * for good, or that JSON can't hold, is set aside, so that it can't cost the server its lease: a `failed` event has
   * the reason and, as `setAside`, the metadata.
   */
  setMetadata(metadata: Metadata): void {
    this.#metadata.set(metadata);
  }

  /**
   * Ends it: once this resolves nothing more is sent and no event comes. May be called any number of times.
   *
   * A heartbeat in flight is aborted, and without `deregister` so is a registration; the server then stays listed until
   * its lease runs out. With `deregister` a registration in flight is first waited for, since one that arrived after
   * the deregistration would undo it; then the server is deregistered, and a failure of that rejects with a
   * `RegistryError`. Where there is no registration to wait for and nothing to sign, the request is on its way before
   * this returns, and it outlives the page: a page may call it on `pagehide`. Where it was replaced, the entry is
   * another host's, and nothing is deregistered.
   */
  async stop({ deregister: isWanted = false }: { deregister?: boolean } = {}): Promise<void> {
    const deregister = isWanted && !this.#isReplaced;
    this.#stopping = true;
    this.#wake?.();
    const isToWait = deregister && this.#isRegistering;
    if (!isToWait) this.#inFlight.abort();
    const leaving = deregister && !isToWait ? this.#deregister() : undefined;
    // Awaited below; until then its rejection is not to count as unhandled.
    leaving?.catch(() => undefined);
    await this.#ended;
    if (deregister) await (leaving ?? this.#deregister());
  }

  async #run(): Promise<void> {
    const { signal } = this.#options;
    const onAbort = () => void this.stop();
    signal?.addEventListener('abort', onAbort);
    if (signal?.aborted) this.#stopping = true;
    await Promise.resolve();
    while (!this.#stopping) {
      const waitMs = await this.#step();
      if (waitMs > 0 && !this.#stopping) await this.#pause(waitMs);
    }
    signal?.removeEventListener('abort', onAbort);
    this.dispatchEvent(new HeartbeatEvent('stopped', null));
  }

  /** Sends one request. Gives the milliseconds until the next one; 0 only for a registration after a 404. */
  async #step(): Promise<number> {
    const metadata = this.#metadata;
    const carried = this.#isRegistered ? metadata.forHeartbeat : metadata.forRegistration;
    const sentAtMs = this.#environment.nowMs();
    try {
      const tell = this.#isRegistered ? await this.#beat(carried) : await this.#register(carried);
      this.#isRegistered = true;
      this.#heardAtMs = sentAtMs;
      this.#attempt = 0;
      metadata.accepted(carried);
      tell();
      return jitteredMs(this.#intervalMs, this.#environment.random());
    } catch (thrown) {
      const error = asRegistryError(thrown, 'the registration or heartbeat');
      if (this.#isRegistered && error.refusedWith(404)) {
        this.#isRegistered = false;
        return 0;
      }
      if (error.fault.kind === 'refused' && error.fault.problem === 'replaced') return this.#replaced(error);
      const setAside = metadata.failed(carried, error);
      return this.#failed(error, setAside);
    }
  }

  /** Ends it, and tells why. */
  #replaced(error: RegistryError): number {
    this.#isReplaced = true;
    this.#tell('replaced', { error });
    this.#stopping = true;
    return 0;
  }

  #failed(error: RegistryError, setAside: Metadata | undefined): number {
    this.#attempt += 1;
    const { fault } = error;
    const leaseLeftMs = this.#heardAtMs + this.#lease.ttlMs - this.#environment.nowMs();
    const waitMs = retryInMs(
      {
        attempt: this.#attempt,
        intervalMs: this.#intervalMs,
        // The next request is another one where it leaves out what this one was refused for.
        permanent: error.permanent && setAside === undefined,
        retryAfterMs: fault.kind === 'refused' ? fault.retryAfterMs : undefined,
        longestMs: longestWaitMs(this.#lease.ttlMs, leaseLeftMs),
      },
      this.#environment.random(),
    );
    this.#tell('failed', { error, attempt: this.#attempt, retryInMs: waitMs, setAside });
    return waitMs;
  }

  /** Registers, and gives what tells the owner so. */
  async #register(carried: Carried | undefined): Promise<() => void> {
    const { metadata: _, ...registration } = this.#registration;
    this.#isRegistering = true;
    try {
      const sent = { ...registration, instance: this.#instance, ...carried };
      const { server, lease } = await this.#calls.register(sent, this.#requestOptions());
      this.#lease = lease;
      return () => {
        this.#tell('registered', { server, lease });
      };
    } finally {
      this.#isRegistering = false;
    }
  }

  async #beat(carried: Carried | undefined): Promise<() => void> {
    const { peers = false } = this.#options;
    const sent = { peers, instance: this.#instance, ...carried, ...this.#requestOptions() };
    const answer = await this.#calls.heartbeat(this.serverId, sent);
    return () => {
      this.#tell('heartbeat', { peers: answer.peers });
    };
  }

  async #deregister(): Promise<void> {
    try {
      await this.#calls.deregister(this.serverId, this.#callLimits());
    } catch (thrown) {
      throw asRegistryError(thrown, 'the deregistration');
    }
  }

  get #intervalMs(): number {
    return believedIntervalMs(this.#lease);
  }

  #pause(delayMs: number): Promise<void> {
    return new Promise((resolve) => {
      const cancel = this.#environment.after(delayMs, resolve, this.#options.keepAlive);
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
