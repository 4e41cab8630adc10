/** A clock that moves by hand and a `fetch` that answers as told, so that no client test waits for anything. */
import type { Environment } from '../../../src/client/client.ts';
import type { Fetch } from '../../../src/client/client.ts';

/** Lets everything that waits for no timer run to its end. */
export function settled(): Promise<void> {
  return new Promise((resolve) => {
    setImmediate(resolve);
  });
}

/** Time that stands still until `advance`. */
export class ManualTime implements Environment {
  /** What `random()` gives: 0.5 puts every jittered delay in the middle of its range. */
  luck = 0.5;
  #nowMs = 0;
  #timers: { atMs: number; run: () => void }[] = [];

  nowMs(): number {
    return this.#nowMs;
  }

  random(): number {
    return this.luck;
  }

  after(delayMs: number, run: () => void): () => void {
    const timer = { atMs: this.#nowMs + delayMs, run };
    this.#timers.push(timer);
    return () => {
      this.#timers = this.#timers.filter((other) => other !== timer);
    };
  }

  /** Timers that have yet to fire. */
  get pending(): number {
    return this.#timers.length;
  }

  /** Fires what is due within the next `ms`, in order, each in its own time. */
  async advance(ms: number): Promise<void> {
    await settled();
    const untilMs = this.#nowMs + ms;
    for (;;) {
      const [next] = this.#timers.filter(({ atMs }) => atMs <= untilMs).sort((a, b) => a.atMs - b.atMs);
      if (next === undefined) break;
      this.#timers = this.#timers.filter((timer) => timer !== next);
      this.#nowMs = next.atMs;
      next.run();
      await settled();
    }
    this.#nowMs = untilMs;
  }
}

/** A request as the registry would see it. */
export interface Sent {
  request: string;
  body: unknown;
  headers: Headers;
  atMs: number;
}

/** How one request is answered. */
export type Answer = (sent: Sent, signal: AbortSignal) => Response | Promise<Response>;

/** A registry of which every answer is decided by the test, and every request is kept. */
export class FakeRegistry {
  readonly sent: Sent[] = [];
  /** How requests are answered; a test may change it at any time. */
  answer: Answer;
  readonly #time: ManualTime;

  constructor(time: ManualTime, answer: Answer = accept()) {
    this.#time = time;
    this.answer = answer;
  }

  readonly fetch: Fetch = async (url, init) => {
    const { method = 'GET', body, headers, signal } = init;
    if (!(signal instanceof AbortSignal)) throw new Error('every request should carry a signal');
    const sent: Sent = {
      request: `${method} ${url.replace('http://registry.test', '')}`,
      body: typeof body === 'string' ? JSON.parse(body) : undefined,
      headers: new Headers(headers),
      atMs: this.#time.nowMs(),
    };
    this.sent.push(sent);
    return this.answer(sent, signal);
  };

  /** Method and path of every request so far. */
  get requests(): string[] {
    return this.sent.map(({ request }) => request);
  }

  /** The times, in milliseconds, at which requests to `POST <path>` came. */
  times(path: string): number[] {
    return this.sent.filter(({ request }) => request === `POST ${path}`).map(({ atMs }) => atMs);
  }
}

export const ENTRY = {
  serverId: 'ed25519:AAAA',
  endpoint: 'wss://one.test',
  publicKey: 'AAAA',
  region: 'eu',
  registeredAt: 1000,
  lastSeen: 2000,
};

export const LEASE = { ttlMs: 50_000, heartbeatEveryMs: 16_000 };

/** Accepts registrations, heartbeats and deregistrations. */
export function accept(lease = LEASE): Answer {
  return ({ request }) =>
    Response.json(request === 'POST /servers' ? { success: true, server: ENTRY, lease } : { success: true });
}

/** Refuses as the registry does. */
export function refuse(status: number, error: string, headers: Record<string, string> = {}): Answer {
  return () => Response.json({ error, detail: `${error}, in more words`, status }, { status, headers });
}

/** Fails as an unreachable host does. */
export const unreachable: Answer = () => {
  throw new TypeError('fetch failed', { cause: new Error('connect ECONNREFUSED') });
};

/** Never answers, and ends as the real `fetch` does when its signal is aborted. */
export const hang: Answer = (_sent, signal) =>
  new Promise((_resolve, reject) => {
    signal.addEventListener('abort', () => {
      reject(new DOMException('This operation was aborted', 'AbortError'));
    });
  });
