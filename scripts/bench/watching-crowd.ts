/** Many who follow the list, over bare sockets: they count the changes that they are told, and parse none. */
import type { Socket } from 'node:net';
import { prefixOf } from './http.ts';
import { READ, wordOfCheck } from '../../src/protocol/watching.ts';
import { breakAll, FrameReader, mapAll, textFrame, upgrade, within } from './raw-sockets.ts';

/** What a change begins with. */
const CHANGE = Buffer.from('{"type":"change"');
const PING_FRAME = textFrame('ping');

export class WatchingCrowd {
  readonly #url: URL;
  readonly #sockets: Socket[] = [];
  #changes = 0;
  #awaited = Infinity;
  #onAll: (atMs: number) => void = () => undefined;

  constructor(url: URL) {
    this.#url = url;
  }

  /** Resolves when each has its first frame. */
  async connect(count: number, since: string): Promise<void> {
    const told = this.#until(this.#changes + count);
    await mapAll(count, async () => {
      const { socket, rest } = await upgrade({
        url: this.#url,
        path: `${prefixOf(this.#url)}/servers?since=${encodeURIComponent(since)}`,
      });
      this.#sockets.push(socket);
      const frames = new FrameReader();
      const read = (data: Buffer) => {
        for (const frame of frames.read(data)) {
          if (frame.subarray(0, CHANGE.byteLength).equals(CHANGE)) {
            this.#count();
            continue;
          }
          const word = wordOfCheck(frame.toString());
          if (word !== undefined) socket.write(textFrame(READ + word));
        }
      };
      socket.on('data', read);
      read(rest);
    });
    await told;
  }

  /** Resolves with the time at which all have one change more. */
  nextToAll(): Promise<number> {
    return this.#until(this.#changes + this.#sockets.length);
  }

  /** Tells that all are still there. */
  ping(): void {
    for (const socket of this.#sockets) socket.write(PING_FRAME);
  }

  close(): Promise<void> {
    return breakAll(this.#sockets);
  }

  #count(): void {
    this.#changes += 1;
    if (this.#changes === this.#awaited) this.#onAll(performance.now());
  }

  #until(changes: number): Promise<number> {
    const told = new Promise<number>((resolve) => {
      this.#awaited = changes;
      this.#onAll = resolve;
    });
    return within(told, `change to all watchers, told ${this.#changes} times,`);
  }
}
