/**
 * Bodies on their way to readers, sent by reference: nothing is copied, however many read, but a reader that takes
 * its time keeps the bytes it was promised in memory. So they are counted.
 */
import { byteLengthOf, join } from '../core/bytes.ts';

/**
 * What is shorter is sent as it is: a stream of its own costs 25 kB a third of their time, and 2.5 MB nothing (run). So
 * little lies in the buffers of the network, however slowly it is read. It is copied by the runtime, though, and the copy
 * stays until the next collection: what is longer would pile up.
 */
const STREAMED_FROM_BYTES = 50_000;

/** Whether a body from `send` is bytes only because it was full: the Worker must not let its reader take its time. */
export function isToTakeAtOnce(body: Uint8Array | ReadableStream<Uint8Array>): boolean {
  return body instanceof Uint8Array && body.byteLength >= STREAMED_FROM_BYTES;
}

export class Outflow {
  readonly #maxHeldBytes: number;
  /** Each buffer that is being sent, and to how many. */
  readonly #readers = new Map<ArrayBufferLike, number>();
  #heldBytes = 0;

  /** `maxHeldBytes` of buffers being sent, each counted once, may lie in memory before `isFull`. */
  constructor(maxHeldBytes: number) {
    this.#maxHeldBytes = maxHeldBytes;
  }

  /** Bytes of all buffers that somebody is still reading. */
  get heldBytes(): number {
    return this.#heldBytes;
  }

  /** Slow readers hold so much that further ones must not: what they get is bytes, to be taken at once. */
  get isFull(): boolean {
    return this.#heldBytes > this.#maxHeldBytes;
  }

  /**
   * The parts, one behind the other, as a body to send: a stream that is counted, or bytes where they are short or
   * `isFull`. The parts must never be written to again.
   */
  send(parts: readonly Uint8Array[]): Uint8Array | ReadableStream<Uint8Array> {
    const isShort = byteLengthOf(parts) < STREAMED_FROM_BYTES;
    return isShort || this.isFull ? join(parts) : this.#stream(parts);
  }

  #stream(parts: readonly Uint8Array[]): ReadableStream<Uint8Array> {
    const { readable, writable } = new FixedLengthStream(byteLengthOf(parts));
    const writer = writable.getWriter();
    const writes = parts.map((part) => {
      this.#hold(part.buffer);
      return writer.write(part);
    });
    const release = () => {
      for (const part of parts) this.#release(part.buffer);
    };
    // A reader that goes away breaks the stream: that is its own business, and the end of the bytes' stay all the same.
    Promise.all([...writes, writer.close()]).then(release, release);
    return readable;
  }

  #hold(buffer: ArrayBufferLike): void {
    const readers = this.#readers.get(buffer) ?? 0;
    this.#readers.set(buffer, readers + 1);
    if (readers === 0) this.#heldBytes += buffer.byteLength;
  }

  #release(buffer: ArrayBufferLike): void {
    const readers = this.#readers.get(buffer) ?? 0;
    if (readers > 1) {
      this.#readers.set(buffer, readers - 1);
      return;
    }
    if (this.#readers.delete(buffer)) this.#heldBytes -= buffer.byteLength;
  }
}
