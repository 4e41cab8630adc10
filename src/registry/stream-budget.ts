/**
 * Bodies on their way to readers, sent by reference: nothing is copied, however many read, but a reader that takes
 * its time keeps the bytes it was promised in memory. So they are counted, and none may take for ever.
 */
import { byteLengthOf, join } from '../protocol/bytes.ts';

/**
 * What is shorter is sent as it is: a stream of its own costs 25 kB a third of their time, and 2.5 MB nothing (run). So
 * little lies in the buffers of the network, however slowly it is read. It is copied by the runtime, though, and the copy
 * stays until the next collection: what is longer would pile up.
 */
const STREAMED_FROM_BYTES = 50_000;

/** How long a reader may take for a body: 30 s, and a second more for each 64 kB, half the speed of the first DSL lines. */
const DEADLINE_MS = 30_000;
const BYTES_A_SECOND = 64_000;

/** One body on its way. */
interface Outgoing {
  readonly parts: readonly Uint8Array[];
  readonly cut: (reason: string) => void;
}

export class StreamBudget {
  readonly #maxHeldBytes: number;
  /** Each buffer that is being sent, and to how many. */
  readonly #readers = new Map<ArrayBufferLike, number>();
  /** The oldest first. */
  readonly #outgoing = new Set<Outgoing>();
  #heldBytes = 0;
  #cutCount = 0;

  /** `maxHeldBytes` of buffers being sent, each counted once, may lie in memory; past that the oldest readers are cut off. */
  constructor(maxHeldBytes: number) {
    this.#maxHeldBytes = maxHeldBytes;
  }

  /** Bytes of all buffers that somebody is still reading. */
  get heldBytes(): number {
    return this.#heldBytes;
  }

  /** Readers that were cut off: they missed their deadline, or were the slowest when room was needed. */
  get cutCount(): number {
    return this.#cutCount;
  }

  /**
   * The parts, one behind the other, as a body to send: a stream that is counted, or bytes where they are short. The
   * parts must never be written to again. Always gets through: where there is no room, it is the oldest readers that go.
   * `bytesBefore` are what its reader has to take from elsewhere first.
   */
  send(parts: readonly Uint8Array[], bytesBefore = 0): Uint8Array | ReadableStream<Uint8Array> {
    return byteLengthOf(parts) < STREAMED_FROM_BYTES ? join(parts) : this.#stream(parts, bytesBefore);
  }

  #stream(parts: readonly Uint8Array[], bytesBefore: number): ReadableStream<Uint8Array> {
    const bytes = byteLengthOf(parts);
    const { readable, writable } = new FixedLengthStream(bytes);
    const writer = writable.getWriter();
    const cut = (reason: string) => {
      this.#cutCount += 1;
      end();
      // The reader sees its stream break: fewer bytes than its Content-Length says.
      writer.abort(new Error(reason)).catch(() => undefined);
    };
    const outgoing: Outgoing = { parts, cut };
    const deadline = setTimeout(
      cut,
      DEADLINE_MS + (1000 * (bytesBefore + bytes)) / BYTES_A_SECOND,
      'the reader took too long for the list',
    );
    const end = () => {
      if (!this.#outgoing.delete(outgoing)) return;
      clearTimeout(deadline);
      for (const part of parts) this.#release(part.buffer);
    };
    this.#outgoing.add(outgoing);
    for (const part of parts) this.#hold(part.buffer);
    const writes = parts.map((part) => writer.write(part));
    // A reader that goes away breaks the stream: that is its own business, and the end of the bytes' stay all the same.
    Promise.all([...writes, writer.close()]).then(end, end);
    this.#makeRoom(outgoing);
    return readable;
  }

  #makeRoom(newest: Outgoing): void {
    for (const oldest of this.#outgoing) {
      if (this.#heldBytes <= this.#maxHeldBytes || oldest === newest) return;
      oldest.cut('many slow readers hold the memory of the registry, and this one was the slowest');
    }
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
