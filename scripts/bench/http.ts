/**
 * A Worker of the run, as the script reaches it: single calls, and closed loops of requests that are timed. By undici's
 * dispatcher, one request at a time on each connection: the load generator shares the machine with what it measures, and
 * this costs as little as bytes on a socket (20 µs for an answer of 200 bytes, run), half of what `fetch` would.
 */
import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import { Client, errors, type Dispatcher } from 'undici';

/** A request, made once and sent many times. */
export interface BenchRequest {
  readonly method: 'GET' | 'POST' | 'DELETE';
  readonly path: string;
  readonly headers?: Record<string, string>;
  readonly body?: string;
}

/** An answer; `body` is empty unless it was asked for. */
export interface RawAnswer {
  readonly status: number;
  readonly bodyBytes: number;
  readonly body: Buffer;
}

/** What a closed loop saw. */
export interface LoopResult {
  /** Answers a second, over all connections. */
  readonly perSecond: number;
  /** Of each answer, in milliseconds, in the order of their arrival. */
  readonly latenciesMs: readonly number[];
}

/** How long a closed loop goes on, and with how many connections. */
export interface LoopPlan {
  readonly connections: number;
  readonly durationMs: number;
  /** The request to send next, given how many were sent before it. */
  readonly next: (sent: number) => BenchRequest;
}

/** Longer than any answer takes on the slowest machine. */
const STALLED_AFTER_MS = 60_000;

/**
 * The runtime answers no more. With many isolates and one thread for V8's background work, as on two processors, workerd
 * can lock up: the thread waits for one isolate to collect its garbage, while the only thread that could do so waits,
 * in another isolate, for the background work (seen with gdb in workerd 1.20260426.1).
 */
export class StalledError extends Error {
  constructor() {
    super(`the runtime has not answered for ${STALLED_AFTER_MS / 1000} s`);
  }
}

/** A request with a JSON body, or without one. */
export function makeRequest(method: BenchRequest['method'], path: string, body?: unknown): BenchRequest {
  if (body === undefined) return { method, path };
  return { method, path, headers: { 'Content-Type': 'application/json' }, body: JSON.stringify(body) };
}

/** One keep-alive connection. Open one for each measurement: the runtime closes those that idle for a few seconds. */
export class Connection {
  readonly #client: Client;
  /** That of a list, before the path of each request. */
  readonly #prefix: string;

  /** Resolves once it is connected, so that connecting is no part of what is timed. */
  static async open(url: URL): Promise<Connection> {
    const socket = connect({ host: url.hostname, port: Number(url.port), noDelay: true });
    await once(socket, 'connect');
    return new Connection(url, socket);
  }

  private constructor(url: URL, socket: Socket) {
    this.#prefix = prefixOf(url);
    this.#client = new Client(url.origin, {
      // Not at once: undici connects in the midst of a dispatch.
      connect: (_options, callback) => {
        setImmediate(() => callback(null, socket));
      },
      headersTimeout: STALLED_AFTER_MS,
      bodyTimeout: STALLED_AFTER_MS,
    });
  }

  /** Resolves with the whole answer, whatever its status. Rejects where the connection breaks. */
  send(request: BenchRequest, { keepBody = false } = {}): Promise<RawAnswer> {
    return new Promise((resolve, reject) => {
      const parts: Buffer[] = [];
      let [status, bodyBytes] = [0, 0];
      // The older form of a handler: the newer one makes an object of the headers of each answer, which costs 10 µs.
      const handler: Dispatcher.DispatchHandler = {
        onConnect: () => undefined,
        onHeaders: (statusCode) => {
          status = statusCode;
          return true;
        },
        onData: (chunk) => {
          bodyBytes += chunk.byteLength;
          if (keepBody) parts.push(chunk);
          return true;
        },
        onComplete: () => {
          resolve({ status, bodyBytes, body: Buffer.concat(parts) });
        },
        onError: (error) => {
          const isStalled =
            error instanceof errors.HeadersTimeoutError || error instanceof errors.BodyTimeoutError;
          reject(isStalled ? new StalledError() : error);
        },
      };
      this.#client.dispatch({ ...request, path: `${this.#prefix}${request.path}` }, handler);
    });
  }

  close(): void {
    void this.#client.destroy();
  }
}

/** What is loaded, and what it has used of the processor, in microseconds. */
export interface LoadedServer {
  readonly target: HttpTarget;
  processorTimeUs(): number;
}

export class HttpTarget {
  readonly url: URL;

  /** Of the whole Worker, or of one list of it. */
  constructor(url: URL) {
    this.url = url;
  }

  /** One request on a connection of its own. Rejects unless it is answered with a success. */
  async send(request: BenchRequest): Promise<RawAnswer> {
    const connection = await Connection.open(this.url);
    try {
      return succeeded(await connection.send(request, { keepBody: true }));
    } finally {
      connection.close();
    }
  }

  /** Posts JSON; resolves with the text of the answer. */
  async post(path: string, body: unknown): Promise<string> {
    return (await this.send(makeRequest('POST', path, body))).body.toString();
  }

  /** Milliseconds until the whole answer to each of `times` requests was there, one after the other. */
  async time(request: BenchRequest, times = 1): Promise<readonly number[]> {
    const connection = await Connection.open(this.url);
    const latenciesMs: number[] = [];
    for (let sent = 0; sent < times; sent += 1) {
      const start = performance.now();
      succeeded(await connection.send(request));
      latenciesMs.push(performance.now() - start);
    }
    connection.close();
    return latenciesMs;
  }

  /** Sends requests, one at a time on each connection, until the time is up. */
  async loop({ connections: count, durationMs, next }: LoopPlan): Promise<LoopResult> {
    const open = Array.from({ length: count }, () => Connection.open(this.url));
    const connections = await Promise.all(open);
    const latenciesMs: number[] = [];
    let sent = 0;
    const start = performance.now();
    const until = start + durationMs;
    const keepBusy = async (connection: Connection) => {
      for (let now = performance.now(); now < until;) {
        const request = next(sent);
        sent += 1;
        succeeded(await connection.send(request));
        const answeredAt = performance.now();
        latenciesMs.push(answeredAt - now);
        now = answeredAt;
      }
    };
    await Promise.all(connections.map(keepBusy));
    const tookMs = performance.now() - start;
    for (const connection of connections) connection.close();
    return { perSecond: (latenciesMs.length * 1000) / tookMs, latenciesMs };
  }
}

/** What comes before the path of a request: empty, or the path of a list, without a slash at its end. */
export function prefixOf({ pathname }: URL): string {
  return pathname.replace(/\/+$/, '');
}

function succeeded(answer: RawAnswer): RawAnswer {
  if (answer.status >= 200 && answer.status < 300) return answer;
  throw new Error(`a request of the benchmark was answered ${answer.status}: ${answer.body.toString()}`);
}
