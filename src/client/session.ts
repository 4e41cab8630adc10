/** One session: a socket whose pings hold a lease, from its opening until it ends in whatever way. */
import { isLeaseTerms, isRecord } from './answers.ts';
import type { Environment } from './environment.ts';
import { asRegistryError, refusedFault, RegistryError, type Fault } from './errors.ts';
import type { HeartbeatDetails } from './events.ts';
import type { Carried, MetadataToSend } from './metadata-to-send.ts';
import type { Metadata } from '../protocol/protocol.ts';
import { pingInMs } from './pacing.ts';
import { reasonOf } from './shown.ts';
import type { SessionAccess, SessionOffer } from './socket.ts';
import { closeOf, textOf, type ClientSocket } from './socket.ts';
import { Timers } from './timers.ts';

/** What a session is made of. */
export interface SessionParts {
  readonly offer: SessionOffer;
  readonly access: SessionAccess;
  /** Whether it keeps a Node process alive. */
  readonly keepAlive: boolean | undefined;
  readonly environment: Environment;
  /** Milliseconds that the registry may take until it holds the lease. */
  readonly openWithinMs: number;
  /** Milliseconds that each answer may take, and a ping interval at most. */
  readonly timeoutMs: number;
  readonly metadata: MetadataToSend;
  readonly listener: SessionListener;
}

/** Whom a session tells what happens, until it ends. */
export interface SessionListener {
  held(detail: HeartbeatDetails['held']): void;
  /** The registry answered what was sent at `sentAtMs`. */
  heard(sentAtMs: number): void;
  /** Metadata was refused; gives the milliseconds until what is left is sent. */
  refused(error: RegistryError, setAside: Metadata | undefined): number;
}

/** How a session ended: `unknown` to a registry that wants a registration, `replaced` by another host, or lost. */
export interface SessionEnd {
  readonly kind: 'unknown' | 'replaced' | 'lost';
  readonly error: RegistryError;
  /** How long it held the lease; undefined where it never did. */
  readonly heldMs: number | undefined;
}

/** Whatever the registry sends is shorter. */
const MAX_FRAME_CHARACTERS = 16_384;

/** No answer is called missing sooner than this, however often pings are due. */
const SHORTEST_WAIT_MS = 1000;

/** Two changes of metadata lie at least this far apart, for each wakes the registry: the latest counts. */
const METADATA_EVERY_MS = 5000;

const REGISTER_AGAIN = 4404;
const REPLACED = 4409;

/** What a session may wait for. */
type Timer = 'ping' | 'answer' | 'metadata' | 'metadata answer';

/** A session, under way from its making. */
export class Session {
  /** Resolves when it is over; nothing is told or sent from then on. */
  readonly ended: Promise<SessionEnd>;
  readonly #parts: SessionParts;
  #resolve: (end: SessionEnd) => void = () => undefined;
  #socket: ClientSocket | undefined;
  #isOver = false;
  #heldAtMs: number | undefined;
  #pingEveryMs = 0;
  /** When the ping was sent that has yet to be answered. */
  #pingedAtMs: number | undefined;
  /** The metadata that has yet to be answered. */
  #carried: Carried | undefined;
  #metadataAtMs = Number.NEGATIVE_INFINITY;
  #deregistered: (() => void) | undefined;
  /** What the registry said before it closed. */
  #lastWords: RegistryError | undefined;
  readonly #timers: Timers<Timer>;

  constructor(parts: SessionParts) {
    this.#parts = parts;
    this.#timers = new Timers(parts.environment, parts.keepAlive);
    this.ended = new Promise((resolve) => {
      this.#resolve = resolve;
    });
    const { access, offer, keepAlive } = parts;
    try {
      const socket = access.open(access.url, [offer.protocol, offer.ticket], keepAlive === true);
      this.#socket = socket;
      socket.addEventListener('message', (event) => {
        this.#hear(textOf(event));
      });
      socket.addEventListener('close', (event) => {
        this.#closed(closeOf(event));
      });
      socket.addEventListener('error', (event) => {
        this.#closed(closeOf(event));
      });
      this.#expectAnswer('answer', parts.openWithinMs);
    } catch (cause) {
      this.#end({ kind: 'network', reason: reasonOf(cause) });
    }
  }

  /** Metadata was set: it is sent now, or as soon as the last is answered and some seconds old. */
  metadataChanged(): void {
    if (this.#isOver || this.#heldAtMs === undefined || this.#carried !== undefined) return;
    const { environment } = this.#parts;
    const waitMs = this.#metadataAtMs + METADATA_EVERY_MS - environment.nowMs();
    if (waitMs > 0) this.#timers.set('metadata', waitMs, this.#sendMetadata);
    else this.#sendMetadata();
  }

  /**
   * Asks to be taken off the list, and ends. Resolves with whether the registry confirmed it; the frame is sent before
   * this returns.
   */
  async deregister(): Promise<boolean> {
    if (this.#isOver || this.#heldAtMs === undefined) {
      this.close();
      return false;
    }
    const confirmed = new Promise<boolean>((resolve) => {
      this.#deregistered = () => {
        resolve(true);
      };
    });
    this.#expectAnswer('answer');
    this.#send('{"type":"deregister"}');
    const isConfirmed = await Promise.race([confirmed, this.ended.then(() => false)]);
    this.close();
    return isConfirmed;
  }

  /** Ends it, which the registry takes for a loss: the lease goes on for 15 s, or a quarter of the TTL. */
  close(): void {
    this.#end({ kind: 'aborted' });
  }

  #hear(data: string | undefined): void {
    if (this.#isOver || data === undefined || data.length > MAX_FRAME_CHARACTERS) return;
    if (data === 'pong') {
      this.#pong();
      return;
    }
    const frame = parsed(data);
    if (frame === undefined) return;
    const { type, of } = frame;
    if (type === 'held') this.#held(frame);
    else if (type === 'ack' && of === 'metadata') this.#metadataTaken();
    else if (type === 'ack' && of === 'deregister') this.#deregistered?.();
    else if (type === 'error') this.#refused(frame);
  }

  #held({ pingEveryMs, lease }: Record<string, unknown>): void {
    if (this.#heldAtMs !== undefined || typeof pingEveryMs !== 'number' || !isLeaseTerms(lease)) return;
    this.#heldAtMs = this.#parts.environment.nowMs();
    this.#pingEveryMs = pingEveryMs;
    this.#timers.cancel('answer');
    this.#parts.listener.held({ pingEveryMs, lease });
    this.#pingLater();
    this.metadataChanged();
  }

  #pingLater(): void {
    this.#timers.set('ping', pingInMs(this.#pingEveryMs, this.#parts.environment.random()), () => {
      this.#pingedAtMs = this.#parts.environment.nowMs();
      this.#expectAnswer('answer');
      this.#send('ping');
    });
  }

  #pong(): void {
    const sentAtMs = this.#pingedAtMs;
    if (sentAtMs === undefined) return;
    this.#pingedAtMs = undefined;
    if (this.#deregistered === undefined) this.#timers.cancel('answer');
    // As after a heartbeat without it: metadata that was refused meanwhile is at fault.
    if (this.#carried === undefined) this.#parts.metadata.accepted(undefined);
    this.#parts.listener.heard(sentAtMs);
    this.#pingLater();
    if (!this.#timers.has('metadata')) this.metadataChanged();
  }

  readonly #sendMetadata = (): void => {
    const carried = this.#parts.metadata.forHeartbeat;
    if (carried === undefined || this.#carried !== undefined) return;
    this.#metadataAtMs = this.#parts.environment.nowMs();
    this.#carried = carried;
    let text: string;
    try {
      text = JSON.stringify({ type: 'metadata', metadata: carried.metadata });
    } catch (cause) {
      this.#setAside(asRegistryError(cause, this.#request));
      return;
    }
    this.#expectAnswer('metadata answer');
    this.#send(text);
  };

  #metadataTaken(): void {
    if (this.#carried === undefined) return;
    this.#timers.cancel('metadata answer');
    this.#parts.metadata.accepted(this.#carried);
    this.#carried = undefined;
    this.#parts.listener.heard(this.#metadataAtMs);
    this.metadataChanged();
  }

  /** What isn't about metadata is what the close that follows is about. */
  #refused(frame: Record<string, unknown>): void {
    const { status } = frame;
    const error = new RegistryError(
      this.#request,
      refusedFault({ ...frame, type: frame['problem'] }, typeof status === 'number' ? status : 400),
    );
    const problem = error.fault.kind === 'refused' ? error.fault.problem : undefined;
    // The close that follows may be long in coming: a runtime may hold it back until the object sleeps.
    if (problem === 'replaced') this.#end(error.fault, 'replaced');
    else if (problem === 'not-registered') this.#end(error.fault, 'unknown');
    else if (this.#carried === undefined) this.#lastWords = error;
    else this.#setAside(error);
  }

  #setAside(error: RegistryError): void {
    const setAside = this.#parts.metadata.failed(this.#carried, error);
    this.#carried = undefined;
    this.#timers.cancel('metadata answer');
    const retryMs = this.#parts.listener.refused(error, setAside);
    this.#timers.set('metadata', Math.max(retryMs, METADATA_EVERY_MS), this.#sendMetadata);
  }

  #closed({ code, reason }: ReturnType<typeof closeOf>): void {
    if (code === 1000) this.#deregistered?.();
    const words = this.#lastWords;
    if (code === REPLACED) {
      const replaced = { type: '/errors#replaced', error: reason || 'The server has another host now.' };
      this.#end(refusedFault(replaced, 409), 'replaced', words);
    } else {
      this.#end({ kind: 'closed', code, reason }, code === REGISTER_AGAIN ? 'unknown' : 'lost', words);
    }
  }

  #expectAnswer(which: 'answer' | 'metadata answer', withinMs = this.#pingEveryMs): void {
    const timeoutMs = Math.min(this.#parts.timeoutMs, Math.max(SHORTEST_WAIT_MS, withinMs));
    this.#timers.set(which, timeoutMs, () => {
      this.#end({ kind: 'timeout', timeoutMs });
    });
  }

  #send(text: string): void {
    try {
      this.#socket?.send(text);
    } catch (cause) {
      this.#end({ kind: 'network', reason: reasonOf(cause) });
    }
  }

  #end(fault: Fault, kind: SessionEnd['kind'] = 'lost', cause?: unknown): void {
    if (this.#isOver) return;
    this.#isOver = true;
    this.#timers.cancelAll();
    const heldAtMs = this.#heldAtMs;
    const heldMs = heldAtMs === undefined ? undefined : this.#parts.environment.nowMs() - heldAtMs;
    this.#resolve({ kind, error: new RegistryError(this.#request, fault, cause), heldMs });
    try {
      this.#socket?.close(1000);
    } catch {
      // A socket that can't be closed is one already.
    }
  }

  get #request(): string {
    return `the session ${this.#parts.access.url}`;
  }
}

function parsed(text: string): Record<string, unknown> | undefined {
  try {
    const value: unknown = JSON.parse(text);
    return isRecord(value) ? value : undefined;
  } catch {
    return undefined;
  }
}
