/** A registry that answers as it is told, byte by byte: a bare TCP server on the loopback. */
import { createServer, type AddressInfo, type Socket } from 'node:net';
import { brotliCompressSync, constants, deflateSync, gzipSync } from 'node:zlib';
import type { HostileAnswer, HostileBody } from './answers.ts';

const LOOPBACK = '127.0.0.1';

/** The request header by which a client says which of the answers it is to get. */
export const CASE_HEADER = 'x-fuzz-case';

/** Bytes that a bomb takes to describe 200 MB of blanks: about 200 KB. */
const BOMB_BYTES = 200_000_000;

/** Pause between two bytes that drip: the client's time is up long before the last one. */
const DRIP_EVERY_MS = 20;

/** Bytes of a body in one chunk, where it is chunked. */
const CHUNK_BYTES = 16_384;

const COMPRESS = {
  gzip: (bytes: Buffer) => gzipSync(bytes),
  deflate: (bytes: Buffer) => deflateSync(bytes),
  // At its best, as by default, it would keep this process from everything else for seconds.
  br: (bytes: Buffer) => brotliCompressSync(bytes, { params: { [constants.BROTLI_PARAM_QUALITY]: 3 } }),
};

export interface HostileRegistry {
  readonly url: string;
  stop(this: void): Promise<void>;
}

/** Which answer a request gets; null resets the connection before any. */
export type Choose = (request: {
  line: string;
  caseNumber: number;
  body: string;
}) => HostileAnswer | Buffer | null;

/** Starts it on a free port. */
export async function startHostileRegistry(choose: Choose): Promise<HostileRegistry> {
  const bomb = gzipSync(Buffer.alloc(BOMB_BYTES, ' '), { level: 9 });
  const sockets = new Set<Socket>();
  const server = createServer((socket) => {
    sockets.add(socket);
    socket.on('close', () => sockets.delete(socket));
    // The other end cuts what it no longer wants; that is what is tried here.
    socket.on('error', () => socket.destroy());
    let text = '';
    socket.on('data', (data) => {
      text += data.toString('latin1');
      for (;;) {
        const request = firstRequest(text);
        if (request === undefined) return;
        text = text.slice(request.length);
        const answer = choose(request);
        if (answer === null) socket.resetAndDestroy();
        else if (Buffer.isBuffer(answer)) socket.write(answer);
        else deliver(socket, answer, bomb);
      }
    });
  });
  await new Promise<void>((resolve) => server.listen(0, LOOPBACK, resolve));
  const address: string | AddressInfo | null = server.address();
  if (address === null || typeof address === 'string') throw new Error('the server has no port');
  return {
    url: `http://${LOOPBACK}:${address.port}`,
    async stop() {
      for (const socket of sockets) socket.destroy();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

/** The request at the beginning of what arrived; undefined where it is not all there. */
function firstRequest(text: string) {
  const end = text.indexOf('\r\n\r\n');
  if (end === -1) return undefined;
  const head = text.slice(0, end);
  const bodyBytes = Number(/^content-length: (\d+)$/im.exec(head)?.[1] ?? 0);
  const length = end + 4 + bodyBytes;
  if (text.length < length) return undefined;
  const caseNumber = Number(new RegExp(`^${CASE_HEADER}: (\\d+)$`, 'im').exec(head)?.[1] ?? 0);
  return { line: head.slice(0, head.indexOf('\r\n')), caseNumber, body: text.slice(end + 4, length), length };
}

function deliver(socket: Socket, answer: HostileAnswer, bomb: Buffer): void {
  const body = encoded(answer, bomb);
  const bytes = Buffer.concat([head(answer, body.length), framed(answer, body)]);
  switch (answer.delivery) {
    case 'whole':
      socket.write(bytes);
      if (answer.framing === 'close') socket.end();
      return;
    case 'cut':
      socket.end(bytes.subarray(0, bytes.length / 2));
      return;
    case 'reset':
      socket.write(bytes.subarray(0, bytes.length / 2), () => socket.resetAndDestroy());
      return;
    case 'drip':
      drip(socket, bytes);
      return;
    case 'silence':
      socket.write(bytes.subarray(0, bytes.length - 1));
      return;
    case 'twice':
      socket.write(Buffer.concat([bytes, bytes]));
      return;
    default:
      answer.delivery satisfies never;
  }
}

/** Half of it at once, so that the head is there, and the rest byte by byte until the client is gone. */
function drip(socket: Socket, bytes: Buffer): void {
  let at = Math.floor(bytes.length / 2);
  socket.write(bytes.subarray(0, at));
  const timer = setInterval(() => {
    if (socket.destroyed || at >= bytes.length) {
      clearInterval(timer);
      socket.destroy();
      return;
    }
    socket.write(bytes.subarray(at, at + 1));
    at += 1;
  }, DRIP_EVERY_MS);
}

function encoded({ body, codings }: HostileAnswer, bomb: Buffer): Buffer {
  if (body.kind === 'bomb') return bomb;
  return codings.reduce((bytes, coding) => COMPRESS[coding](bytes), plain(body));
}

function plain(body: Exclude<HostileBody, { kind: 'bomb' }>): Buffer {
  switch (body.kind) {
    case 'text':
      return Buffer.from(body.text);
    case 'bytes':
      return Buffer.from(body.bytes);
    case 'repeated':
      return Buffer.alloc(body.bytes, body.text);
    default:
      return body satisfies never;
  }
}

function head({ status, headers, body, codings, declared, framing }: HostileAnswer, length: number): Buffer {
  const coding = declared ?? (body.kind === 'bomb' ? 'gzip' : codings.join(', '));
  const lines = [
    `HTTP/1.1 ${status}`,
    ...headers.map(([name, value]) => `${name}: ${value}`),
    ...(coding === '' ? [] : [`Content-Encoding: ${coding}`]),
    ...framingHeaders(framing, length),
  ];
  return Buffer.from(`${lines.join('\r\n')}\r\n\r\n`, 'latin1');
}

function framingHeaders(framing: HostileAnswer['framing'], length: number): string[] {
  switch (framing) {
    case 'length':
      return [`Content-Length: ${length}`];
    case 'length too long':
      return [`Content-Length: ${length + 1000}`];
    case 'length too short':
      return [`Content-Length: ${Math.floor(length / 2)}`];
    case 'bad length':
      return ['Content-Length: -5'];
    case 'chunked':
    case 'bad chunks':
      return ['Transfer-Encoding: chunked'];
    case 'both':
      return ['Transfer-Encoding: chunked', `Content-Length: ${length}`];
    case 'close':
      return ['Connection: close'];
    default:
      return framing satisfies never;
  }
}

function framed({ framing }: HostileAnswer, body: Buffer): Buffer {
  if (framing === 'bad chunks')
    return Buffer.concat([Buffer.from('zz\r\n'), body, Buffer.from('\r\n-1\r\n')]);
  if (framing !== 'chunked' && framing !== 'both') return body;
  const chunks: Buffer[] = [];
  for (let at = 0; at < body.length; at += CHUNK_BYTES) {
    const chunk = body.subarray(at, at + CHUNK_BYTES);
    chunks.push(Buffer.from(`${chunk.length.toString(16)}\r\n`), chunk, Buffer.from('\r\n'));
  }
  return Buffer.concat([...chunks, Buffer.from('0\r\n\r\n')]);
}
