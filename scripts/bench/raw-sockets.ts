/**
 * WebSockets over bare sockets. What measures a registry shares the machine with it: a library that parses what comes and
 * dispatches events for it would take more time than the registry takes to send it.
 */
import { connect, type Socket } from 'node:net';

const CONNECTING = 16;
const ANSWERED_WITHIN_MS = 20_000;
/** Closed in one go, so that what this process asks for meanwhile waits no longer for it. */
const CLOSED_AT_ONCE = 50;
/** Any 16 bytes in base64. */
const KEY = 'cm9sbGNhbGwgYmVuY2htYQ==';
const HEAD_END = '\r\n\r\n';

export interface Upgrade {
  readonly url: URL;
  readonly path: string;
  readonly protocols?: readonly string[];
}

/** Resolves with a socket that the registry upgraded, and all bytes that came behind the head of its answer. */
export function upgrade({ url, path, protocols }: Upgrade): Promise<{ socket: Socket; rest: Buffer }> {
  const opening = new Promise<{ socket: Socket; rest: Buffer }>((resolve, reject) => {
    const socket = connect({ host: url.hostname, port: Number(url.port), noDelay: true }, () => {
      const asked = protocols === undefined ? '' : `Sec-WebSocket-Protocol: ${protocols.join(', ')}\r\n`;
      socket.write(
        `GET ${path} HTTP/1.1\r\nHost: ${url.host}\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n` +
          `Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: ${KEY}\r\n${asked}\r\n`,
      );
    });
    let said = Buffer.alloc(0);
    const read = (data: Buffer) => {
      said = Buffer.concat([said, data]);
      const end = said.indexOf(HEAD_END);
      if (end < 0) return;
      if (!said.toString('latin1', 0, 12).endsWith(' 101')) {
        reject(new Error(`an upgrade of ${path} was answered ${said.toString()}`));
        return;
      }
      socket.off('data', read);
      resolve({ socket, rest: said.subarray(end + HEAD_END.length) });
    };
    socket.on('data', read);
    socket.on('error', reject);
  });
  return within(opening, `answer to an upgrade of ${path}`);
}

/** A text frame to a server, masked with zeros as a mask must be there; at most 125 bytes of text. */
export function textFrame(text: string): Buffer {
  const bytes = Buffer.from(text);
  return Buffer.concat([Buffer.from([0x81, 0x80 + bytes.byteLength, 0, 0, 0, 0]), bytes]);
}

/** Cuts what a server sends into the payloads of its frames, which it neither copies nor decodes. */
export class FrameReader {
  #rest: Buffer = Buffer.alloc(0);

  *read(data: Buffer): Generator<Buffer> {
    let left = this.#rest.byteLength === 0 ? data : Buffer.concat([this.#rest, data]);
    for (let frame = frameIn(left); frame !== undefined; frame = frameIn(left)) {
      yield left.subarray(frame.from, frame.to);
      left = left.subarray(frame.to);
    }
    this.#rest = left;
  }
}

/** Where the payload of the first frame lies; undefined where it isn't all there. Servers don't mask. */
function frameIn(bytes: Buffer): { readonly from: number; readonly to: number } | undefined {
  const short = bytes[1];
  if (short === undefined) return undefined;
  const from = short < 126 ? 2 : short === 126 ? 4 : 10;
  if (bytes.byteLength < from) return undefined;
  const length = from === 2 ? short : from === 4 ? bytes.readUInt16BE(2) : Number(bytes.readBigUInt64BE(2));
  return bytes.byteLength < from + length ? undefined : { from, to: from + length };
}

/** Breaks all connections, as when their host dies: without a close frame. */
export async function breakAll(sockets: Socket[]): Promise<void> {
  while (sockets.length > 0) {
    for (const socket of sockets.splice(-CLOSED_AT_ONCE)) socket.destroy();
    await new Promise((resolve) => setImmediate(resolve));
  }
}

/** Does the work of 0 to `count - 1`, sixteen at a time. */
export async function mapAll<Value>(
  count: number,
  work: (index: number) => Promise<Value>,
): Promise<Value[]> {
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

/** Rejects where it takes longer than any answer does on the slowest machine. */
export async function within<Value>(work: Promise<Value>, what: string): Promise<Value> {
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
