/** The entries of all objects of a list as one stream of JSON. */
import {
  ENTRIES_URL,
  LENGTH_HEADER,
  OPENED_AHEAD,
  REVISION_HEADER,
  TAKEN_AT_HEADER,
  type ListEntries,
} from '../contract.ts';
import type { Locate } from '../list-objects.ts';

/** What an object has, as it said when it was asked. */
export type EntriesHead = Omit<ListEntries, 'body'>;

interface Opened extends EntriesHead {
  readonly body: ReadableStream<Uint8Array> | null;
}

/** Around the entries of the list. `takenAt`: epoch ms of the oldest part. */
export interface Wrapping {
  readonly head: string;
  readonly tail: (takenAt: number) => string;
}

/** What a list may have grown by since it was asked how long it is, without another buffer for it. */
const SPARE_BYTES = 100_000;

const utf8 = new TextEncoder();
const COMMA = utf8.encode(',');

export async function headOf(locate: Locate): Promise<EntriesHead> {
  const { body: _, ...head } = await ask(locate, 'HEAD');
  return head;
}

async function ask(locate: Locate, method: 'GET' | 'HEAD'): Promise<Opened> {
  const response = await locate().fetch(ENTRIES_URL, { method });
  const { headers, body, status } = response;
  const etag = headers.get('ETag');
  const revision = headers.get(REVISION_HEADER);
  if (etag === null || revision === null) {
    throw new Error(`an object answered ${status} when it was asked for its entries`);
  }
  const byteLength = Number(headers.get(LENGTH_HEADER));
  return { body, etag, revision, byteLength, takenAt: Number(headers.get(TAKEN_AT_HEADER)) };
}

/** The answers of the objects, in order, no more than a few of them asked for ahead. */
class Queue {
  readonly #locates: readonly Locate[];
  readonly #opened: Promise<Opened>[] = [];
  #next = 0;

  constructor(locates: readonly Locate[]) {
    this.#locates = locates;
    this.#open();
  }

  /** Undefined behind the last. */
  async shift(): Promise<Opened | undefined> {
    const opened = await this.#opened[0];
    void this.#opened.shift();
    this.#open();
    return opened;
  }

  /** Lets go of those that nobody will read. */
  async cancel(): Promise<void> {
    const opened = await Promise.allSettled(this.#opened.splice(0));
    for (const result of opened) {
      if (result.status === 'fulfilled') await result.value.body?.cancel().catch(() => undefined);
    }
  }

  #open(): void {
    while (this.#opened.length < OPENED_AHEAD) {
      const locate = this.#locates[this.#next];
      if (locate === undefined) return;
      this.#next += 1;
      const opened = ask(locate, 'GET');
      // Whoever shifts it is told; until then it is no unhandled rejection.
      opened.catch(() => undefined);
      this.#opened.push(opened);
    }
  }
}

/**
 * The stream, as soon as the first object answered. Where one of the others fails, the stream breaks: its end is missing,
 * so nobody takes what came for the whole list.
 */
export async function streamEntries(
  locates: readonly Locate[],
  { head, tail }: Wrapping,
): Promise<ReadableStream<Uint8Array>> {
  const queue = new Queue(locates);
  const first = await queue.shift();
  const { readable, writable } = new IdentityTransformStream();
  const write = async (bytes: Uint8Array) => {
    const writer = writable.getWriter();
    await writer.write(bytes);
    writer.releaseLock();
  };
  const pump = async () => {
    await write(utf8.encode(head));
    let takenAt = Infinity;
    let isEmpty = true;
    for (let opened = first; opened !== undefined; opened = await queue.shift()) {
      takenAt = Math.min(takenAt, opened.takenAt);
      if (opened.body === null || opened.byteLength === 0) continue;
      if (!isEmpty) await write(COMMA);
      isEmpty = false;
      await opened.body.pipeTo(writable, { preventClose: true });
    }
    await write(utf8.encode(tail(takenAt)));
    await writable.close();
  };
  pump().catch(async (error: unknown) => {
    // Either the reader went away, or an object did; the one that is left is told.
    await writable.abort(error).catch(() => undefined);
    await queue.cancel();
  });
  return readable;
}

/**
 * All of it in memory; undefined where it takes more than `maxBytes`. `expectedBytes` is what it will take as far as is
 * known: to put together what was gathered would take as much memory once more.
 */
export async function bufferEntries(
  locates: readonly Locate[],
  { head, tail }: Wrapping,
  expectedBytes: number,
  maxBytes: number,
): Promise<Uint8Array | undefined> {
  if (expectedBytes > maxBytes) return undefined;
  const queue = new Queue(locates);
  const gathered = new Gathered(expectedBytes);
  gathered.add(utf8.encode(head));
  let isEmpty = true;
  let takenAt = Infinity;
  try {
    for (let opened = await queue.shift(); opened !== undefined; opened = await queue.shift()) {
      takenAt = Math.min(takenAt, opened.takenAt);
      if (gathered.byteLength + opened.byteLength > maxBytes) {
        await opened.body?.cancel();
        return undefined;
      }
      const part = await readAll(opened);
      if (part.byteLength === 0) continue;
      if (!isEmpty) gathered.add(COMMA);
      isEmpty = false;
      gathered.add(part);
    }
  } finally {
    await queue.cancel();
  }
  gathered.add(utf8.encode(tail(takenAt)));
  return gathered.bytes;
}

/** Bytes one behind the other, in one buffer: another is made only where there are more than were expected. */
class Gathered {
  #buffer: Uint8Array;
  #length = 0;

  constructor(expectedBytes: number) {
    this.#buffer = new Uint8Array(expectedBytes);
  }

  get byteLength(): number {
    return this.#length;
  }

  get bytes(): Uint8Array {
    return this.#buffer.subarray(0, this.#length);
  }

  add(part: Uint8Array): void {
    const length = this.#length + part.byteLength;
    if (length > this.#buffer.byteLength) {
      const more = new Uint8Array(length + SPARE_BYTES);
      more.set(this.bytes);
      this.#buffer = more;
    }
    this.#buffer.set(part, this.#length);
    this.#length = length;
  }
}

/** The entries of one object. */
export async function entriesOf(locate: Locate): Promise<Uint8Array> {
  return readAll(await ask(locate, 'GET'));
}

/** @throws Error where the stream breaks */
async function readAll({ body, byteLength }: Opened): Promise<Uint8Array> {
  const bytes = new Uint8Array(await new Response(body).arrayBuffer());
  if (bytes.byteLength !== byteLength) {
    throw new Error(`an object sent ${bytes.byteLength} bytes of entries in place of ${byteLength}`);
  }
  return bytes;
}
