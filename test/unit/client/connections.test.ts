/** The client over real connections of this version of Node, whose fetch has faults of its own. */
import { createServer, type Server, type Socket } from 'node:net';
import { gzipSync } from 'node:zlib';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { RegistryClient } from '../../../src/client/client.ts';
import { ENTRY } from './fakes.ts';

const LOOPBACK = '127.0.0.1';
const servers = Array.from({ length: 20_000 }, (_, index) => ({
  ...ENTRY,
  serverId: `${index}:${Math.random()}`,
}));
const LIST = Buffer.from(JSON.stringify({ servers, timestamp: 1 }));
const GZIP = 'Content-Encoding: gzip';

let answer: (socket: Socket) => void;
let server: Server;
let url = '';

beforeAll(async () => {
  server = createServer((socket) => {
    socket.on('error', () => socket.destroy());
    socket.once('data', () => {
      answer(socket);
    });
  });
  await new Promise<void>((resolve) => server.listen(0, LOOPBACK, resolve));
  const address = server.address();
  if (address === null || typeof address === 'string') throw new Error('the server has no port');
  url = `http://${LOOPBACK}:${address.port}`;
});

afterAll(() => {
  server.close();
});

/** Answers in one go and hangs up at once, as servers do that keep no connection. */
function closing(status: string, headers: readonly string[], body: Uint8Array): (socket: Socket) => void {
  const head = [`HTTP/1.1 ${status}`, ...headers, 'Connection: close', '', ''].join('\r\n');
  return (socket) => socket.end(Buffer.concat([Buffer.from(head), body]));
}

describe('a connection that is closed behind a long body', () => {
  test.each<[string, string[], Uint8Array]>([
    ['with its length', [`Content-Length: ${LIST.length}`], LIST],
    ['without a length', [], LIST],
    ['that is compressed', [GZIP], gzipSync(LIST)],
    [
      'that is compressed, with its length',
      [GZIP, `Content-Length: ${gzipSync(LIST).length}`],
      gzipSync(LIST),
    ],
  ])('%s gives the list, and ends no process', async (_, headers, body) => {
    answer = closing('200 OK', headers, body);
    for (let time = 0; time < 5; time += 1) {
      expect((await new RegistryClient(url).list()).servers).toHaveLength(20_000);
    }
  });

  test.each(['302 Found', '400 Bad Request', '503 Away'])('of a %s ends no process', async (status) => {
    answer = closing(status, [GZIP, 'Location: /'], gzipSync(LIST));
    for (let time = 0; time < 5; time += 1) {
      const kind = status.startsWith('302') ? 'redirected' : 'refused';
      await expect(new RegistryClient(url).list()).rejects.toMatchObject({ kind });
    }
  });
});

describe('a body that never ends', () => {
  /** An empty block of deflate: it takes bytes, and gives none. */
  const nothing = Buffer.alloc(5 * 20_000, Buffer.from([0, 0, 0, 0xff, 0xff]));
  const gzipHead = Buffer.from([0x1f, 0x8b, 8, 0, 0, 0, 0, 0, 0, 3]);

  test.each([
    ['200 OK', 'tooMuch'],
    ['400 Bad Request', 'refused'],
  ])('and decompresses to nothing is cut off by its bytes on the wire: %s', async (status, kind) => {
    let sentBytes = 0;
    answer = (socket) => {
      socket.write(`HTTP/1.1 ${status}\r\n${GZIP}\r\n\r\n`);
      socket.write(gzipHead);
      const more = () => {
        while (!socket.destroyed && socket.write(nothing)) sentBytes += nothing.length;
      };
      socket.on('drain', more);
      more();
    };
    await expect(new RegistryClient(url).register(ENTRY)).rejects.toMatchObject({ kind });
    expect(sentBytes).toBeLessThan(20_000_000);
  });

  test('but falls silent is a time-out', async () => {
    answer = (socket) => socket.write('HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\n{"servers":[');
    const call = new RegistryClient(url).list({ timeoutMs: 200 });
    await expect(call).rejects.toMatchObject({ kind: 'timeout' });
  });
});

test('a body that is cut off is a fault of the network', async () => {
  answer = (socket) => socket.end('HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\n{"servers":[');
  await expect(new RegistryClient(url).list()).rejects.toMatchObject({ kind: 'network' });
});

test('no redirect of a real answer is followed', async () => {
  let connections = 0;
  answer = (socket) => {
    connections += 1;
    socket.end('HTTP/1.1 301 Moved\r\nLocation: /new/servers\r\nContent-Length: 0\r\n\r\n');
  };
  await expect(new RegistryClient(url).list()).rejects.toThrow(`Use ${url}/new as the base URL`);
  expect(connections).toBe(1);
});
