/** Many sessions held by this process, over bare sockets: a session only says `ping`. */
import type { Socket } from 'node:net';
import { registerAnswer } from '../../src/protocol/protocol.ts';
import { SESSION_PROTOCOL } from '../../src/protocol/session.ts';
import type { HttpTarget } from './http.ts';
import { breakAll, FrameReader, mapAll, textFrame, upgrade, within } from './raw-sockets.ts';
import { entryAt } from './worker/contract.ts';

const PING_FRAME = textFrame('ping');
/** The text frame `pong`, which has no mask. */
const PONG_BYTES = 6;

export class HeldSessions {
  readonly #target: HttpTarget;
  readonly #sockets: Socket[] = [];
  #pongBytes = 0;
  #onPong: () => void = () => undefined;

  constructor(target: HttpTarget) {
    this.#target = target;
  }

  /** Registers the servers 0 to `count - 1`, and resolves with a ticket for each. */
  register(count: number): Promise<readonly string[]> {
    return mapAll(count, async (index) => {
      const answer = await this.#target.post('/servers', entryAt(index));
      const { session } = registerAnswer.parse(JSON.parse(answer));
      if (session === undefined) throw new Error(`server ${index} was offered no session`);
      return session.ticket;
    });
  }

  /** Opens a session by each ticket; resolves when the registry has said of all that they hold. */
  async open(tickets: readonly string[]): Promise<void> {
    const sockets = await mapAll(tickets.length, (index) =>
      openSession(this.#target.url, tickets[index] ?? ''),
    );
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

  /** Breaks all connections. */
  die(): Promise<void> {
    return breakAll(this.#sockets);
  }
}

/** Resolves with a socket whose session holds its lease, all that the registry said of that read. */
async function openSession(url: URL, ticket: string): Promise<Socket> {
  const protocols = [SESSION_PROTOCOL, ticket];
  const { socket, rest } = await upgrade({ url, path: '/servers/heartbeat', protocols });
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
