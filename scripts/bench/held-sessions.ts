/**
 * Many sessions held by this process, over bare sockets: what measures them shares the machine with them, and a session
 * only says `ping`. Closed, they end as when their host dies: without a close frame.
 */
import { connect, type Socket } from 'node:net';
import { registerAnswer } from '../../src/protocol/protocol.ts';
import { SESSION_PROTOCOL } from '../../src/protocol/session.ts';
import { prefixOf, type HttpTarget } from './http.ts';
import { entryAt } from './worker/contract.ts';

const CONNECTING = 16;
const ANSWERED_WITHIN_MS = 20_000;
/** Closed in one go, so that lists asked for by this process wait no longer for it. */
const CLOSED_AT_ONCE = 50;
/** A text frame `ping`, masked with zeros as a mask must be there. */
const PING_FRAME = Buffer.from([0x81, 0x84, 0, 0, 0, 0, ...Buffer.from('ping')]);
/** The text frame `pong`, which has no mask. */
const PONG_BYTES = 6;
/** Any 16 bytes in base64. */
const KEY = 'cm9sbGNhbGwgYmVuY2htYQ==';

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
  async die(): Promise<void> {
    while (this.#sockets.length > 0) {
      for (const socket of this.#sockets.splice(-CLOSED_AT_ONCE)) socket.destroy();
      await new Promise((resolve) => setImmediate(resolve));
    }
  }
}

/** Resolves with a socket whose session holds its lease, all that the registry said of that read. */
function openSession(url: URL, ticket: string): Promise<Socket> {
  const opening = new Promise<Socket>((resolve, reject) => {
    const socket = connect({ host: url.hostname, port: Number(url.port), noDelay: true }, () => {
      socket.write(
        `GET ${prefixOf(url)}/servers/heartbeat HTTP/1.1\r\nHost: ${url.host}\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n` +
          `Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: ${KEY}\r\n` +
          `Sec-WebSocket-Protocol: ${SESSION_PROTOCOL}, ${ticket}\r\n\r\n`,
      );
    });
    let said = '';
    const read = (data: Buffer) => {
      said += data.toString('latin1');
      if (!said.startsWith('HTTP/1.1 101')) reject(new Error(`a session was answered ${said}`));
      // The first frame is one JSON object with another in it.
      if (!/"held".*\}\}/.test(said)) return;
      socket.off('data', read);
      resolve(socket);
    };
    socket.on('data', read);
    socket.on('error', reject);
  });
  return within(opening, 'a session that opens');
}

async function mapAll<Value>(count: number, work: (index: number) => Promise<Value>): Promise<Value[]> {
  const values: Value[] = [];
  let next = 0;
  const worker = async () => {
    while (next < count) {
      const index = next;
      next += 1;
      values[index] = await work(index);
    }
  };
  await Promise.all(Array.from({ length: Math.min(CONNECTING, count) }, worker));
  return values;
}

async function within<Value>(work: Promise<Value>, what: string): Promise<Value> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(() => {
      reject(new Error(`the registry gave no ${what} in ${ANSWERED_WITHIN_MS / 1000} s`));
    }, ANSWERED_WITHIN_MS);
  });
  try {
    return await Promise.race([work, late]);
  } finally {
    clearTimeout(timer);
  }
}
