/** Many sessions held by this process, over bare sockets: a session only says `ping`. */
import type { Socket } from 'node:net';
import { SESSION_PROTOCOL } from '../../src/protocol/session.ts';
import { prefixOf } from './http.ts';
import { FrameReader, mapAll, textFrame, upgrade, within } from './raw-sockets.ts';

const PING_FRAME = textFrame('ping');
/** The text frame `pong`, which has no mask. */
const PONG_BYTES = 6;

export class HeldSessions {
  readonly #url: URL;
  readonly #sockets: Socket[] = [];
  #pongBytes = 0;
  #onPong: () => void = () => undefined;

  constructor(url: URL) {
    this.#url = url;
  }

  /** Opens a session by each ticket; resolves when the registry has said of all that they hold. */
  async open(tickets: readonly string[]): Promise<void> {
    const sockets = await mapAll(tickets.length, (index) => openSession(this.#url, tickets[index] ?? ''));
    for (const socket of sockets) {
      socket.on('data', (data) => {
        this.#pongBytes += data.byteLength;
        this.#onPong();
      });
    }
    this.#sockets.push(...sockets);
  }

  /** Each pings once; resolves when all are answered. */
  async ping(): Promise<void> {
    const bytes = this.#pongBytes + PONG_BYTES * this.#sockets.length;
    const answered = within(
      new Promise<void>((resolve) => {
        this.#onPong = () => {
          if (this.#pongBytes >= bytes) resolve();
        };
      }),
      'pongs',
    );
    for (const socket of this.#sockets) socket.write(PING_FRAME);
    await answered;
    this.#onPong = () => undefined;
  }
}

/** Resolves with a socket whose session holds its lease, all that the registry said of that read. */
async function openSession(url: URL, ticket: string): Promise<Socket> {
  const protocols = [SESSION_PROTOCOL, ticket];
  const { socket, rest } = await upgrade({ url, path: `${prefixOf(url)}/servers/heartbeat`, protocols });
  const frames = new FrameReader();
  const held = new Promise<void>((resolve) => {
    const read = (data: Buffer) => {
      for (const frame of frames.read(data)) {
        if (!frame.includes('"held"')) continue;
        socket.off('data', read);
        resolve();
      }
    };
    socket.on('data', read);
    read(rest);
  });
  await within(held, 'session that opens');
  return socket;
}
