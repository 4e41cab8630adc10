/** Bodies that break off or are framed badly, over raw sockets: the fault of the sender, told as such, and logged nowhere. */
import { connect } from 'node:net';
import { setTimeout as delay } from 'node:timers/promises';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { startTarget, type Target } from '../../scripts/fuzz/target.ts';

const ANSWERED_WITHIN_MS = 5_000;
const LOGGED_WITHIN_MS = 500;

let target: Target;

beforeAll(async () => {
  target = await startTarget();
});
afterAll(() => target.stop());

/** What is answered, up to the end of the connection. `then` is what the sender does when all is sent. */
function exchange(text: string, then: 'waits' | 'half closes' | 'vanishes'): Promise<string> {
  return new Promise((resolve) => {
    let answer = '';
    const socket = connect({ host: target.url.hostname, port: Number(target.url.port), allowHalfOpen: true });
    socket.setTimeout(ANSWERED_WITHIN_MS, () => socket.destroy());
    socket.on('data', (bytes: Buffer) => (answer += bytes.toString()));
    socket.on('end', () => socket.destroy());
    socket.on('error', () => socket.destroy());
    socket.on('close', () => resolve(answer));
    socket.write(text, () => {
      if (then === 'half closes') socket.end();
      if (then === 'vanishes') setTimeout(() => socket.resetAndDestroy(), 50);
    });
  });
}

const POST = 'POST /servers HTTP/1.1\r\nHost: registry.example\r\nContent-Type: application/json\r\n';

test.each([
  ['chunks whose length is no number', `${POST}Transfer-Encoding: chunked\r\n\r\nzz\r\n{"serverId":`],
  [
    'a chunk that is longer than it says',
    `${POST}Transfer-Encoding: chunked\r\n\r\n2\r\n{"serverId":\r\n0\r\n\r\n`,
  ],
])('%s are answered 400', async (_, text) => {
  expect(await exchange(text, 'waits')).toContain('HTTP/1.1 400 ');
});

test.each([
  ['announced', `${POST}Content-Length: 100\r\n\r\n{"serverId":`],
  ['in chunks', `${POST}Transfer-Encoding: chunked\r\n\r\n64\r\n{"serverId":`],
  ['in chunks, without the last', `${POST}Transfer-Encoding: chunked\r\n\r\n2\r\n{}\r\n`],
])('a body that breaks off, %s, is never answered 500', async (_, text) => {
  expect(await exchange(text, 'half closes')).not.toContain('HTTP/1.1 5');
  expect(await exchange(text, 'vanishes')).toBe('');
});

test('none of them leaves an error in the log, and the registry goes on', async () => {
  await delay(LOGGED_WITHIN_MS);
  expect(target.logged()).toEqual([]);
  const { status } = await target.send({ method: 'GET', path: '/servers', headers: {}, body: null });
  expect(status).toBe(200);
});
