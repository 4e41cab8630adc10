/**
 * One keep-alive HTTP/1.1 connection, one request at a time, as cheap as Node allows: the load generator shares the
 * machine with what it measures. Bodies are counted, and kept only where asked for.
 */
import { once } from 'node:events';
import { connect, type Socket } from 'node:net';

/** A whole request, encoded once and sent many times. */
export type EncodedRequest = Buffer;

/** An answer; `body` is empty unless it was asked for. */
export interface RawAnswer {
  readonly status: number;
  readonly bodyBytes: number;
  readonly body: Buffer;
}

interface Pending {
  readonly keepBody: boolean;
  resolve(answer: RawAnswer): void;
  reject(error: Error): void;
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

const HEAD_END = Buffer.from('\r\n\r\n');

export class HttpConnection {
  readonly #socket: Socket;
  #pending: Pending | null = null;
  #head: Buffer = Buffer.alloc(0);
  #parts: Buffer[] = [];
  #status = 0;
  #bodyBytes = 0;
  /** Bytes of the body yet to come; null while the head is being read. */
  #missingBytes: number | null = null;

  /**
   * Resolves once it is connected; `url` gives host and port alone. Open one for each measurement: the runtime
   * closes connections that idle for a few seconds.
   */
  static async open(url: URL): Promise<HttpConnection> {
    const socket = connect({ host: url.hostname, port: Number(url.port), noDelay: true });
    await once(socket, 'connect');
    return new HttpConnection(socket);
  }

  private constructor(socket: Socket) {
    this.#socket = socket;
    this.#socket.on('data', (chunk) => {
      this.#take(chunk);
    });
    this.#socket.setTimeout(STALLED_AFTER_MS, () => {
      this.#fail(new StalledError());
    });
    this.#socket.on('error', (error) => {
      this.#fail(error);
    });
    this.#socket.on('close', () => {
      this.#fail(new Error('the connection was closed'));
    });
  }

  /** Resolves with the whole answer. Rejects where the connection breaks or the answer has no length. */
  send(request: EncodedRequest, { keepBody = false } = {}): Promise<RawAnswer> {
    return new Promise((resolve, reject) => {
      this.#pending = { keepBody, resolve, reject };
      this.#socket.write(request);
    });
  }

  close(): void {
    this.#pending = null;
    this.#socket.destroy();
  }

  #take(chunk: Buffer): void {
    let body = chunk;
    if (this.#missingBytes === null) {
      this.#head = this.#head.byteLength === 0 ? chunk : Buffer.concat([this.#head, chunk]);
      const end = this.#head.indexOf(HEAD_END);
      if (end < 0) return;
      this.#readHead(this.#head.toString('latin1', 0, end));
      body = this.#head.subarray(end + HEAD_END.byteLength);
      this.#head = Buffer.alloc(0);
    }
    this.#missingBytes = (this.#missingBytes ?? 0) - body.byteLength;
    if (this.#pending?.keepBody === true) this.#parts.push(body);
    if (this.#missingBytes <= 0) this.#finish();
  }

  #readHead(head: string): void {
    this.#status = Number(head.slice(9, 12));
    const length = /\r\ncontent-length: *(\d+)/i.exec(head)?.[1];
    if (length === undefined && this.#status !== 204) {
      this.#fail(new Error(`an answer came without Content-Length: ${head}`));
    }
    this.#bodyBytes = Number(length ?? 0);
    this.#missingBytes = this.#bodyBytes;
  }

  #finish(): void {
    const pending = this.#pending;
    const answer = { status: this.#status, bodyBytes: this.#bodyBytes, body: Buffer.concat(this.#parts) };
    this.#pending = null;
    this.#parts = [];
    this.#missingBytes = null;
    pending?.resolve(answer);
  }

  #fail(error: Error): void {
    this.#pending?.reject(error);
    this.#pending = null;
    this.#socket.destroy();
  }
}

/** A request as the bytes that go over the wire. */
export function encodeRequest(
  method: 'GET' | 'POST' | 'DELETE',
  path: string,
  body?: unknown,
): EncodedRequest {
  const text = body === undefined ? '' : JSON.stringify(body);
  const bodyHead =
    body === undefined
      ? ''
      : `Content-Type: application/json\r\nContent-Length: ${Buffer.byteLength(text)}\r\n`;
  return Buffer.from(`${method} ${path} HTTP/1.1\r\nHost: bench.localhost\r\n${bodyHead}\r\n${text}`);
}
