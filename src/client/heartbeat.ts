/** Keeps one server registered: registers it, heartbeats at the registry's pace, and recovers from failures. */
import type { Metadata } from '../protocol/protocol.ts';
import { Climb } from './climb.ts';
import type { CallOptions } from './connection.ts';
import type { Environment } from './environment.ts';
import { asRegistryError, type RegistryError } from './errors.ts';
import { GuardedEventTarget, HeartbeatEvent, type HeartbeatDetails } from './events.ts';
import { MetadataToSend, type Carried } from './metadata-to-send.ts';
import { newInstance } from './instance.ts';
import { LeaseClock } from './lease-clock.ts';
import { jitteredMs } from './pacing.ts';
import { Pause } from './pause.ts';
import { offerIn, type SessionAccess, type SessionOffer } from './socket.ts';
import { Session, type SessionEnd } from './session.ts';
import type { HeartbeatCalls, Registration, TimedOptions } from './start-options.ts';

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
 * Where the registry offers a session, and one can be opened, its pings hold the lease in place of heartbeats. When it is
 * lost, heartbeats go on: the first within 5 s, or a twelfth of the TTL, since the lease lasts for three times that. Then
 * another session is tried, within 30 s at first and ever more slowly where sessions don't last.
 *
 * Its timers and its session do not keep a Node process alive, but with `keepAlive`; a server that listens on a socket does that.
 */
export class Heartbeat extends GuardedEventTarget {
  readonly #calls: HeartbeatCalls;
  readonly #environment: Environment;
  readonly #registration: Registration;
  readonly #instance: string;
  readonly #options: TimedOptions;
  readonly #access: SessionAccess | undefined;
  readonly #climb = new Climb();
  readonly #inFlight = new AbortController();
  readonly #metadata: MetadataToSend;
  readonly #ended: Promise<void>;
  #stopping = false;
  /** Another host holds the id, so that nothing of it is this one's to send or to end. */
  #isReplaced = false;
  #isRegistering = false;
  /** Whether the registry holds the server, as far as it said. */
  #isRegistered = false;
  readonly #lease = new LeaseClock();
  readonly #pause: Pause;
  #session: Session | undefined;
  /** False where the registry said that it knows no sessions. */
  #isOffering = true;

  /** Made by `RegistryClient.startHeartbeat`. The first event comes no sooner than the caller's next await. */
  constructor(
    calls: HeartbeatCalls,
    environment: Environment,
    registration: Registration,
    options: TimedOptions,
    access?: SessionAccess,
  ) {
    super();
    this.#calls = calls;
    this.#environment = environment;
    this.#registration = registration;
    this.#instance = registration.instance ?? newInstance();
    this.#options = options;
    this.#pause = new Pause(environment, options.keepAlive);
    // A session brings no peers.
    this.#access = options.session === false || options.peers ? undefined : access;
    this.#metadata = new MetadataToSend(registration.metadata);
    this.#ended = this.#run();
  }

  /** The id of the server this keeps registered. */
  get serverId(): string {
    return this.#registration.serverId;
  }

  /**
   * Sends `metadata`, as it is now, in place of what was sent before: over the session at once, or 5 s after the change
   * before; without one with the next heartbeat. Metadata that is refused for good, or that JSON can't hold, is set
   * aside, so that it can't cost the server its lease: a `failed` event has the reason and, as `setAside`, the metadata.
   */
  setMetadata(metadata: Metadata): void {
    this.#metadata.set(metadata);
    this.#session?.metadataChanged();
  }

  /**
   * Ends it: once this resolves nothing more is sent and no event comes. May be called any number of times.
   *
   * A heartbeat in flight is aborted, and without `deregister` so is a registration; the server then stays listed until
   * its lease runs out; where it was held by a session, 15 s later or a quarter of the TTL, whichever is less. With
   * `deregister` a registration in flight is first waited for, since one that arrived after the deregistration would undo it; then the server is deregistered, and a
   * failure of that rejects with a `RegistryError`. Where there is no registration to wait for and nothing to sign, the request is on its way before
   * this returns, and it outlives the page: a page may call it on `pagehide`. Where it was replaced, the entry is
   * another host's, and nothing is deregistered.
   */
  async stop({ deregister: isWanted = false }: { deregister?: boolean } = {}): Promise<void> {
    const deregister = isWanted && !this.#isReplaced;
    this.#stopping = true;
    this.#pause.end();
    const isToWait = deregister && this.#isRegistering;
    if (!isToWait) this.#inFlight.abort();
    const leaving = deregister && !isToWait ? this.#leave() : undefined;
    if (leaving === undefined) this.#session?.close();
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
      if (waitMs > 0 && !this.#stopping) await this.#pause.for(waitMs);
    }
    signal?.removeEventListener('abort', onAbort);
    this.dispatchEvent(new HeartbeatEvent('stopped', null));
  }

  /**
   * Sends one request, and holds the session that its answer may offer. Gives the milliseconds until the next one; 0 only
   * for a registration that the registry asked for.
   */
  async #step(): Promise<number> {
    const metadata = this.#metadata;
    const carried = this.#isRegistered ? metadata.forHeartbeat : metadata.forRegistration;
    const sentAtMs = this.#environment.nowMs();
    let offer: SessionOffer | undefined;
    try {
      const { tell, answer } = this.#isRegistered ? await this.#beat(carried) : await this.#register(carried);
      this.#isRegistered = true;
      this.#lease.heard(sentAtMs);
      metadata.accepted(carried);
      tell();
      offer = this.#mayHold ? offerIn(answer) : undefined;
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
    if (offer !== undefined && this.#access !== undefined && !this.#stopping) {
      return this.#hold(offer, this.#access);
    }
    const intervalMs = jitteredMs(this.#lease.intervalMs, this.#environment.random());
    return this.#climb.waitMs(intervalMs, this.#environment.nowMs());
  }

  /** Whether a session may be opened now. */
  get #mayHold(): boolean {
    return this.#access !== undefined && this.#climb.mayTry(this.#environment.nowMs());
  }

  /** Holds the lease by a session until that ends. Gives the milliseconds until the next request. */
  async #hold(offer: SessionOffer, access: SessionAccess): Promise<number> {
    const session = new Session({
      offer,
      access,
      keepAlive: this.#options.keepAlive,
      openWithinMs: this.#lease.intervalMs,
      timeoutMs: this.#options.timeoutMs,
      environment: this.#environment,
      metadata: this.#metadata,
      listener: {
        held: (detail) => {
          this.#lease.terms = detail.lease;
          this.#lease.heard(this.#environment.nowMs());
          this.#tell('held', detail);
        },
        heard: (sentAtMs) => {
          this.#lease.heard(sentAtMs);
          this.#tell('heartbeat', { peers: undefined });
        },
        refused: (error, setAside) => this.#failed(error, setAside),
      },
    });
    this.#session = session;
    const end = await session.ended;
    this.#session = undefined;
    return end.kind === 'replaced' && !this.#stopping ? this.#replaced(end.error) : this.#fellBack(end);
  }

  #fellBack({ kind, error, heldMs }: SessionEnd): number {
    const nowMs = this.#environment.nowMs();
    this.#climb.ended(heldMs, this.#lease.intervalMs, nowMs, this.#environment.random());
    const lostMs = this.#lease.lost(nowMs, this.#environment.random());
    if (kind === 'unknown') this.#isRegistered = false;
    const waitMs = kind === 'unknown' ? 0 : lostMs;
    this.#tell('fellBack', { error, heldMs, retryInMs: waitMs });
    return waitMs;
  }

  /** Ends it, and tells why. */
  #replaced(error: RegistryError): number {
    this.#isReplaced = true;
    this.#tell('replaced', { error });
    this.#stopping = true;
    return 0;
  }

  #failed(error: RegistryError, setAside: Metadata | undefined): number {
    const nowMs = this.#environment.nowMs();
    // The next request is another one where it leaves out what this one was refused for.
    const waitMs = this.#lease.failed(error, setAside !== undefined, nowMs, this.#environment.random());
    this.#tell('failed', { error, attempt: this.#lease.attempt, retryInMs: waitMs, setAside });
    return waitMs;
  }

  /** Registers, and gives what tells the owner so. */
  async #register(carried: Carried | undefined): Promise<Accepted> {
    const { metadata: _, ...registration } = this.#registration;
    this.#isRegistering = true;
    try {
      const sent = { ...registration, instance: this.#instance, ...carried };
      const answer = await this.#calls.register(sent, this.#requestOptions());
      const { server, lease } = answer;
      this.#lease.terms = lease;
      this.#isOffering = true;
      const tell = () => {
        this.#tell('registered', { server, lease });
      };
      return { answer, tell };
    } finally {
      this.#isRegistering = false;
    }
  }

  async #beat(carried: Carried | undefined): Promise<Accepted> {
    const { peers = false } = this.#options;
    const session = this.#isOffering && this.#mayHold;
    const sent = {
      peers,
      instance: this.#instance,
      ...carried,
      ...(session && { session }),
      ...this.#requestOptions(),
    };
    const answer = await this.#calls.heartbeat(this.serverId, sent);
    if (answer.ignored?.includes('session')) this.#isOffering = false;
    const tell = () => {
      this.#tell('heartbeat', { peers: answer.peers });
    };
    return { answer, tell };
  }

  /** Takes the server off the list: over the session where that spares a signature, and by a request for sure. */
  #leave(): Promise<void> {
    const session = this.#session;
    if (session !== undefined && this.#access?.isSigned) {
      return session.deregister().then((isConfirmed) => (isConfirmed ? undefined : this.#deregister()));
    }
    const leaving = this.#deregister();
    session?.close();
    return leaving;
  }

  async #deregister(): Promise<void> {
    try {
      await this.#calls.deregister(this.serverId, this.#callLimits());
    } catch (thrown) {
      throw asRegistryError(thrown, 'the deregistration');
    }
  }

  #tell<T extends keyof HeartbeatDetails>(type: T, detail: HeartbeatDetails[T]): void {
    if (!this.#stopping) this.dispatchEvent(new HeartbeatEvent(type, detail));
  }

  #callLimits(): CallOptions {
    return { timeoutMs: this.#lease.timeoutMs(this.#options.timeoutMs, this.#environment.nowMs()) };
  }

  #requestOptions(): CallOptions {
    return { ...this.#callLimits(), signal: this.#inFlight.signal };
  }
}

/** An answer, and what tells the owner of it. */
interface Accepted {
  readonly answer: object;
  readonly tell: () => void;
}
