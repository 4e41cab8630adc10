/** Sends requests over raw connections, framed and cut as they are to be, and says how long each answer took. */
import { FuzzFailure } from '../failure.ts';
import type { DressedRequest, FuzzAnswer } from '../request.ts';
import { RawConnection } from './connection.ts';
import { framed, isBroken, type Delivery, type WireForm } from './framing.ts';

/** Longer requests are not sent byte by byte. */
const SINGLE_BYTES = 1500;
const SLOW_PAUSE_MS = 8;

/** `answer` is undefined where the connection was cut before there could be one. */
export interface Exchange {
  readonly answer: FuzzAnswer | undefined;
  /** From the last byte sent to the last one received. */
  readonly tookMs: number;
}

export class Sender {
  readonly #url: URL;
  #connection: RawConnection | undefined;

  constructor(url: URL) {
    this.#url = url;
  }

  /** @throws FuzzFailure where an answer is missing or there is one more than was asked for */
  async send(request: DressedRequest, form: WireForm): Promise<Exchange> {
    const { head, body } = framed(request, form);
    const bytes = Buffer.concat([head, body]);
    const isUsed = this.#connection?.isOpen === true;
    const connection = await this.#open();
    if (form.delivery.kind === 'cut') {
      await connection.write([bytes.subarray(0, Math.floor(bytes.length * form.delivery.share))], 0);
      connection.reset();
      return { answer: undefined, tookMs: 0 };
    }
    await connection.write(piecesOf(bytes, form.delivery), form.delivery.kind === 'slow' ? SLOW_PAUSE_MS : 0);
    const sentAt = performance.now();
    if (isBroken(form.framing)) connection.endWriting();
    const answer = await connection.read(request.method);
    const tookMs = performance.now() - sentAt;
    if (answer === undefined) {
      this.close();
      // The runtime closes a connection on which a body was left unread, and this request came too late for it.
      if (isUsed) return this.send(request, form);
      throw new FuzzFailure('the connection ended without an answer');
    }
    if (answer.isLast || isBroken(form.framing)) this.close();
    else if (connection.leftOver !== '')
      throw new FuzzFailure(`a second answer came: ${connection.leftOver.slice(0, 300)}`);
    return { answer, tookMs };
  }

  /** Bytes as they are, on a connection of their own; resolves with the status, undefined where it ends without one. */
  async sendBytes(bytes: string): Promise<number | undefined> {
    const connection = await RawConnection.open(this.#url);
    try {
      await connection.write([Buffer.from(bytes, 'latin1')], 0);
      connection.endWriting();
      return (await connection.read('GET'))?.status;
    } finally {
      connection.close();
    }
  }

  close(): void {
    this.#connection?.close();
    this.#connection = undefined;
  }

  async #open(): Promise<RawConnection> {
    if (this.#connection?.isOpen !== true) this.#connection = await RawConnection.open(this.#url);
    return this.#connection;
  }
}

function piecesOf(bytes: Buffer, delivery: Delivery): Buffer[] {
  switch (delivery.kind) {
    case 'whole':
    case 'cut':
      return [bytes];
    case 'bytes':
      return bytes.length > SINGLE_BYTES
        ? [bytes]
        : Array.from({ length: bytes.length }, (_, at) => bytes.subarray(at, at + 1));
    case 'pieces':
    case 'slow': {
      const cuts = delivery.at
        .map((share) => Math.floor(share * bytes.length))
        .toSorted((one, other) => one - other);
      return [0, ...cuts].map((from, index) => bytes.subarray(from, cuts[index] ?? bytes.length));
    }
  }
}
