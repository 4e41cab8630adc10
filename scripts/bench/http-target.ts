/** A Worker of the run, as the script reaches it: single calls, and closed loops of requests that are timed. */
import { encodeRequest, HttpConnection, type EncodedRequest, type RawAnswer } from './http-connection.ts';

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
  readonly next: (sent: number) => EncodedRequest;
}

export class HttpTarget {
  readonly url: URL;

  constructor(url: URL) {
    this.url = url;
  }

  /** One request on a connection of its own. Rejects unless it is answered with a success. */
  async send(request: EncodedRequest): Promise<RawAnswer> {
    const connection = await HttpConnection.open(this.url);
    try {
      return succeeded(await connection.send(request, { keepBody: true }));
    } finally {
      connection.close();
    }
  }

  /** Posts JSON; resolves with the text of the answer. */
  async post(path: string, body: unknown): Promise<string> {
    return (await this.send(encodeRequest('POST', path, body))).body.toString();
  }

  /** Gets the text at a path. */
  async get(path: string): Promise<string> {
    return (await this.send(encodeRequest('GET', path))).body.toString();
  }

  /** Milliseconds until the whole answer to each of `times` requests was there, one after the other. */
  async time(request: EncodedRequest, times = 1): Promise<number[]> {
    const connection = await HttpConnection.open(this.url);
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
  async loop(plan: LoopPlan): Promise<LoopResult> {
    const open = Array.from({ length: plan.connections }, () => HttpConnection.open(this.url));
    const connections = await Promise.all(open);
    const latenciesMs: number[] = [];
    let sent = 0;
    const start = performance.now();
    const until = start + plan.durationMs;
    const keepBusy = async (connection: HttpConnection) => {
      for (let now = performance.now(); now < until;) {
        const request = plan.next(sent);
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

function succeeded(answer: RawAnswer): RawAnswer {
  if (answer.status >= 200 && answer.status < 300) return answer;
  throw new Error(`a request of the benchmark was answered ${answer.status}: ${answer.body.toString()}`);
}
