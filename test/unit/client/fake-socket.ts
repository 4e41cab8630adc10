/** A WebSocket of which every step is the test's: what it is sent is kept, what it hears is told by hand. */
import type { WebSocketClass } from '../../../src/client/client.ts';
import { accept, ENTRY, settled, type Answer, type ManualTime } from './fakes.ts';

type Listener = (event: { data?: unknown; code?: number; reason?: string }) => void;

export class FakeSocket {
  readonly sent: { text: string; atMs: number }[] = [];
  closedWith: number | undefined;
  readonly url: string;
  readonly protocols: readonly string[];
  readonly #time: ManualTime;
  readonly #listeners: { type: string; listener: Listener }[] = [];

  constructor(time: ManualTime, url: string, protocols: readonly string[]) {
    this.#time = time;
    this.url = url;
    this.protocols = protocols;
  }

  send(text: string): void {
    if (this.closedWith !== undefined) throw new Error('nothing can be sent over a closed socket');
    this.sent.push({ text, atMs: this.#time.nowMs() });
  }

  close(code = 1005): void {
    this.closedWith ??= code;
  }

  addEventListener(type: string, listener: Listener): void {
    this.#listeners.push({ type, listener });
  }

  /** The registry says something. */
  async say(frame: unknown): Promise<void> {
    const data = typeof frame === 'string' ? frame : JSON.stringify(frame);
    this.#fire('message', { data });
    await settled();
  }

  /** The registry, or the network, ends it. */
  async end(code: number, reason = ''): Promise<void> {
    this.#fire('close', { code, reason });
    await settled();
  }

  async fail(): Promise<void> {
    this.#fire('error', {});
    await settled();
  }

  get texts(): string[] {
    return this.sent.map(({ text }) => text);
  }

  #fire(type: string, event: Parameters<Listener>[0]): void {
    for (const each of this.#listeners) if (each.type === type) each.listener(event);
  }
}

/** The sockets that a client opened, in order. */
export function fakeSockets(time: ManualTime): { sockets: FakeSocket[]; WebSocket: WebSocketClass } {
  const sockets: FakeSocket[] = [];
  class Opened extends FakeSocket {
    constructor(url: string, protocols: string[]) {
      super(time, url, protocols);
      sockets.push(this);
    }
  }
  return { sockets, WebSocket: Opened };
}

export const PING_EVERY_MS = 15_000;

/** Long enough for the whole grace of 15 s. */
const LEASE = { ttlMs: 60_000, heartbeatEveryMs: 16_000 };

/** What the registry says when the session is open. */
export const HELD = { type: 'held', pingEveryMs: PING_EVERY_MS, lease: LEASE };

/** Accepts everything, and offers a session with a registration and to each heartbeat that asks. */
export function offering(): Answer {
  let tickets = 0;
  return (sent, signal) => {
    const { request, body } = sent;
    const asks = isRegistration(request) || (isObject(body) && 'session' in body);
    if (!asks) return accept(LEASE)(sent, signal);
    tickets += 1;
    const session = {
      ticket: `ticket-${tickets}`,
      protocol: 'rollcall.session.1',
      pingEveryMs: PING_EVERY_MS,
    };
    return Response.json(
      isRegistration(request)
        ? { success: true, server: ENTRY, lease: LEASE, session }
        : { success: true, session },
    );
  };
}

function isRegistration(request: string): boolean {
  return /^POST .*\/servers$/.test(request);
}

function isObject(value: unknown): value is object {
  return typeof value === 'object' && value !== null;
}
