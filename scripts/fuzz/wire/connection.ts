/** One connection to the registry, byte by byte: what is written goes out as it is, and answers are read as they come. */
import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import { setImmediate as nextTurn, setTimeout as delay } from 'node:timers/promises';
import { FuzzFailure } from '../failure.ts';
import type { FuzzAnswer } from '../request.ts';

/** A registry that says nothing for so long says nothing at all. */
const SILENT_AFTER_MS = 15_000;

/** An answer, and whether the connection can carry another request. */
export interface RawAnswer extends FuzzAnswer {
  readonly isLast: boolean;
}

export class RawConnection {
  readonly #socket: Socket;
  #received = Buffer.alloc(0);
  #hasEnded = false;
  #wake: () => void = () => undefined;

  static async open(url: URL): Promise<RawConnection> {
    const socket = connect({ host: url.hostname, port: Number(url.port), noDelay: true });
    await once(socket, 'connect');
    return new RawConnection(socket);
  }

  private constructor(socket: Socket) {
    this.#socket = socket;
    socket.on('data', (data) => {
      this.#received = Buffer.concat([this.#received, data]);
      this.#wake();
    });
    // A reset is how a runtime ends what it can't make sense of.
    socket.on('error', () => undefined);
    socket.on('close', () => {
      this.#hasEnded = true;
      this.#wake();
    });
  }

  get isOpen(): boolean {
    return !this.#hasEnded;
  }

  /** Bytes that no request asked for. */
  get leftOver(): string {
    return this.#received.toString('latin1');
  }

  /** Writes pieces one after the other; with a pause of 0 the next piece goes out at the next turn. */
  async write(pieces: readonly Uint8Array[], pauseMs: number): Promise<void> {
    for (const [index, piece] of pieces.entries()) {
      if (index > 0) await (pauseMs === 0 ? nextTurn() : delay(pauseMs));
      if (this.#hasEnded || this.#socket.writableEnded) return;
      this.#socket.write(piece);
    }
  }

  /** Says that nothing more will come. */
  endWriting(): void {
    this.#socket.end();
  }

  reset(): void {
    this.#socket.resetAndDestroy();
  }

  close(): void {
    this.#socket.destroy();
  }

  /** The next answer; undefined where the connection ends without one. @throws FuzzFailure where none comes, or half of one */
  async read(method: string): Promise<RawAnswer | undefined> {
    const head = await this.#until(() => {
      const end = this.#received.indexOf('\r\n\r\n');
      return end === -1 ? undefined : end;
    });
    if (head === undefined) {
      if (this.#received.length === 0) return undefined;
      throw new FuzzFailure(`the connection ended within an answer: ${this.leftOver.slice(0, 300)}`);
    }
    const [line = '', ...fields] = this.#take(head + 4)
      .toString('latin1')
      .trimEnd()
      .split('\r\n');
    const status = Number(/^HTTP\/1\.1 (\d{3}) /.exec(line)?.[1] ?? Number.NaN);
    if (Number.isNaN(status)) throw new FuzzFailure(`no status line: ${line}`);
    const headers = new Headers(fields.map((field) => splitField(field)));
    const hasBody = method !== 'HEAD' && status !== 204 && status !== 304 && status >= 200;
    const text = hasBody ? await this.#body(headers) : '';
    return { status, headers, text, isLast: headers.get('Connection')?.toLowerCase() === 'close' };
  }

  async #body(headers: Headers): Promise<string> {
    if (headers.has('Transfer-Encoding')) return this.#chunks();
    const length = Number(headers.get('Content-Length') ?? 0);
    return this.#exactly(length);
  }

  async #chunks(): Promise<string> {
    let text = '';
    for (;;) {
      const end = await this.#until(() => {
        const at = this.#received.indexOf('\r\n');
        return at === -1 ? undefined : at;
      });
      if (end === undefined) throw new FuzzFailure('the connection ended within a chunked answer');
      const size = Number.parseInt(this.#take(end + 2).toString('latin1'), 16);
      const data = await this.#exactly(size + 2);
      if (size === 0) return text;
      text += data.slice(0, -2);
    }
  }

  async #exactly(bytes: number): Promise<string> {
    const isThere = await this.#until(() => (this.#received.length >= bytes ? true : undefined));
    if (isThere === undefined) {
      throw new FuzzFailure(
        `the connection ended after ${this.#received.length} of ${bytes} bytes of an answer`,
      );
    }
    return this.#take(bytes).toString('utf8');
  }

  #take(bytes: number): Buffer {
    const taken = this.#received.subarray(0, bytes);
    this.#received = this.#received.subarray(bytes);
    return taken;
  }

  /** What `find` finds, as soon as it does; undefined where the connection ends before. */
  async #until<Found>(find: () => Found | undefined): Promise<Found | undefined> {
    const untilMs = performance.now() + SILENT_AFTER_MS;
    for (;;) {
      const found = find();
      if (found !== undefined || this.#hasEnded) return found;
      const leftMs = untilMs - performance.now();
      if (leftMs <= 0)
        throw new FuzzFailure(`no answer within ${SILENT_AFTER_MS / 1000} s: ${this.leftOver.slice(0, 300)}`);
      await this.#change(leftMs);
    }
  }

  #change(withinMs: number): Promise<void> {
    return new Promise((resolve) => {
      const timer = setTimeout(resolve, withinMs);
      this.#wake = () => {
        clearTimeout(timer);
        resolve();
      };
    });
  }
}

function splitField(field: string): [name: string, value: string] {
  const at = field.indexOf(':');
  return [field.slice(0, at), field.slice(at + 1).trim()];
}
