/**
 * One reader's event stream, made of a socket to the object: the object can sleep meanwhile, and what the reader does not
 * take lies here, not there.
 *
 * - The object is told that somebody reads only when the reader has taken all that came: then it goes on sending.
 * - Where the object says `resync`, the list is asked for as any reader would, and streamed through as one event. A new
 *   socket goes on from its revision: nothing is missed, nothing comes twice.
 */
import { PING_EVERY_MS, READ, wordOfCheck } from '../protocol/watching.ts';
import type { ListObjects } from '../rpc/list-objects.ts';
import { readChanges } from '../rpc/list-reads.ts';
import { openWatch } from '../rpc/watch-stub.ts';

/** How often something is sent at least: so the end of a reader is noticed, and proxies see that the stream lives. */
const COMMENT_EVERY_MS = PING_EVERY_MS;
/** No stream is endless: readers move to a new Worker by and by. */
const ENDS_AFTER_MS = 300_000;
/** How long readers are told to wait before they come back, so that they don't all come at once. */
const RETRY_MS = { from: 1000, upTo: 5000 };

/** What stands before the members of a delta in a frame. */
const CHANGE = '{"type":"change",';
const HEAD_CHARACTERS = 300;

/** Times in milliseconds. */
export interface StreamTerms {
  readonly commentEveryMs: number;
  readonly endsAfterMs: number;
}

const utf8 = new TextEncoder();

export class EventStream {
  readonly #objects: ListObjects;
  readonly #terms: StreamTerms;
  readonly #output = new IdentityTransformStream();
  readonly #writer = this.#output.writable.getWriter();
  #revision: string;
  #socket: WebSocket | undefined;
  /** Frames that came and are not written yet. */
  #frames: string[] = [];
  #isWriting = false;
  #isOver = false;
  /** The whole list was written on this stream. */
  #hasWhole = false;
  #comments: ReturnType<typeof setInterval> | null = null;
  #end: ReturnType<typeof setTimeout> | null = null;

  /** `revision` is the one that the reader has, or anything else where it has none. */
  constructor(
    objects: ListObjects,
    revision: string,
    terms: StreamTerms = { commentEveryMs: COMMENT_EVERY_MS, endsAfterMs: ENDS_AFTER_MS },
  ) {
    this.#objects = objects;
    this.#revision = revision;
    this.#terms = terms;
  }

  /** The body of the answer. `socket` is one that the object just opened from the reader's revision. */
  begin(socket: WebSocket): ReadableStream<Uint8Array> {
    this.#follow(socket);
    this.#comments = setInterval(
      () => void this.#write(':\n\n').then(() => this.#send('ping')),
      this.#terms.commentEveryMs,
    );
    this.#end = setTimeout(() => void this.#finish(), this.#terms.endsAfterMs);
    return this.#output.readable;
  }

  #follow(socket: WebSocket): void {
    this.#socket = socket;
    socket.addEventListener('message', ({ data }) => {
      if (this.#socket !== socket || typeof data !== 'string' || data === 'pong') return;
      this.#frames.push(data);
      void this.#drain();
    });
    const onEnd = () => {
      // The registry restarts, or took this reader for gone: the reader comes back.
      if (this.#socket === socket && !this.#isWriting) void this.#finish();
    };
    socket.addEventListener('close', onEnd);
    socket.addEventListener('error', onEnd);
    socket.accept();
  }

  /** Writes what came, one after the other, as fast as the reader takes it. */
  async #drain(): Promise<void> {
    if (this.#isWriting) return;
    this.#isWriting = true;
    try {
      for (let frame = this.#frames.shift(); frame !== undefined; frame = this.#frames.shift()) {
        if (frame.startsWith(CHANGE)) {
          const data = `{${frame.slice(CHANGE.length)}`;
          const revision = revisionIn(data) ?? this.#revision;
          // The first frame of a socket behind the whole list has nothing new.
          if (this.#hasWhole && revision === this.#revision) continue;
          this.#revision = revision;
          await this.#write(`event: change\nid: ${this.#revision}\ndata: ${data}\n\n`);
          continue;
        }
        const word = wordOfCheck(frame);
        if (word === undefined) await this.#takeWhole();
        else this.#send(READ + word);
      }
    } catch (error) {
      console.warn(JSON.stringify({ event: 'event-stream-ended', cause: String(error) }));
      await this.#finish();
    } finally {
      this.#isWriting = false;
    }
    // It was closed behind the last frame.
    if (this.#socket !== undefined && this.#socket.readyState > WebSocket.OPEN) await this.#finish();
  }

  async #takeWhole(): Promise<void> {
    this.#release();
    // The list may have several objects by now: it is read whole, whatever becomes of the stream.
    const whole = await readChanges(this.#objects, this.#revision);
    if ('kind' in whole) return this.#finish();
    const { body } = whole;
    if (body === null) return;
    let head = '';
    const decoder = new TextDecoder();
    const take = async (chunk: Uint8Array) => {
      if (head.length < HEAD_CHARACTERS)
        head += decoder.decode(chunk.subarray(0, HEAD_CHARACTERS), { stream: true });
      await this.#write(chunk);
    };
    await this.#write('event: change\ndata: ');
    if (typeof body === 'string') await take(utf8.encode(body));
    else if (body instanceof Uint8Array) await take(body);
    else for await (const chunk of body) await take(chunk);
    this.#revision = revisionIn(head) ?? this.#revision;
    this.#hasWhole = true;
    // The body ends with a newline.
    await this.#write(`id: ${this.#revision}\n\n`);
    if (this.#isOver) return;
    const registry = await this.#objects.only();
    const reply = registry && (await openWatch(registry, this.#revision));
    if (reply?.kind === 'watching') this.#follow(reply.socket);
    else await this.#finish();
  }

  #send(text: string): void {
    if (this.#socket?.readyState === WebSocket.OPEN) this.#socket.send(text);
  }

  async #write(data: string | Uint8Array): Promise<void> {
    if (this.#isOver) return;
    try {
      await this.#writer.write(typeof data === 'string' ? utf8.encode(data) : data);
    } catch {
      // The reader went away.
      this.#stop();
    }
  }

  async #finish(): Promise<void> {
    if (this.#isOver) return;
    const retryMs = RETRY_MS.from + Math.floor(Math.random() * (RETRY_MS.upTo - RETRY_MS.from));
    this.#stop();
    // It may have gone away meanwhile.
    await this.#writer.write(utf8.encode(`retry: ${retryMs}\n\n`)).catch(() => undefined);
    await this.#writer.close().catch(() => undefined);
  }

  #stop(): void {
    this.#isOver = true;
    if (this.#comments !== null) clearInterval(this.#comments);
    if (this.#end !== null) clearTimeout(this.#end);
    this.#frames = [];
    this.#release();
  }

  /** Frees the place that the reader has in the object. */
  #release(): void {
    const socket = this.#socket;
    this.#socket = undefined;
    if (socket !== undefined && socket.readyState <= WebSocket.OPEN) socket.close(1000, 'the reader is done');
  }
}

function revisionIn(head: string): string | undefined {
  return /^\{"revision":"([^"]*)"/.exec(head)?.[1];
}
