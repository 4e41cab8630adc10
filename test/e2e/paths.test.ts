/** Request targets as no URL parser would send them, over raw sockets: one reading for routes and ids, never a 500. */
import { connect } from 'node:net';
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest';
import { startTarget, type Target } from '../../scripts/fuzz/target.ts';

const ANSWERED_WITHIN_MS = 5_000;
const IDS = ['abc', 's/abc', 'aaa', 'xaaa', '../aaa', '/abc'];

let target: Target;

beforeAll(async () => {
  target = await startTarget();
});
afterAll(() => target.stop());

/** The status that a request line and a Host are answered with. */
function statusOf(line: string, host = 'registry.example'): Promise<number> {
  return new Promise((resolve) => {
    let answer = '';
    const socket = connect({ host: target.url.hostname, port: Number(target.url.port) });
    socket.setTimeout(ANSWERED_WITHIN_MS, () => socket.destroy());
    socket.on('data', (bytes: Buffer) => {
      answer += bytes.toString();
      if (answer.includes('\r\n\r\n')) socket.destroy();
    });
    socket.on('error', () => socket.destroy());
    socket.on('close', () => resolve(Number(/^HTTP\/1\.1 (\d{3})/.exec(answer)?.[1] ?? 0)));
    socket.write(`${line} HTTP/1.1\r\nHost: ${host}\r\n\r\n`);
  });
}

async function held(): Promise<number> {
  const answer = await target.send({ method: 'GET', path: '/stats', headers: {}, body: null });
  return Number(/"live":(\d+)/.exec(answer.text)?.[1]);
}

beforeEach(async () => {
  for (const serverId of IDS) {
    const registration = { serverId, endpoint: 'wss://game.example', publicKey: 'key' };
    const body = new Uint8Array(new TextEncoder().encode(JSON.stringify(registration)));
    const headers = { 'Content-Type': 'application/json' };
    expect((await target.send({ method: 'POST', path: '/servers', headers, body })).status).toBe(200);
  }
});

test.each([
  ['/%73ervers/abc', 404],
  ['/servers/%2e%2e/xxxxxxxxaaa', 404],
  ['/servers/../xxxxxxxxaaa', 404],
  ['/servers/%2E./xxxxxxxxaaa', 404],
  ['/servers/%2e', 404],
  ['/servers%2Fabc', 404],
  ['/serverS/abc', 404],
  ['//servers/abc', 404],
  ['/servers/%0a', 400],
  ['/servers/a%0Ab', 400],
  ['/servers/%', 400],
  ['/servers/%ff', 400],
  ['/servers/heartbeat/../', 404],
])('DELETE %s is answered %i and removes nobody', async (path, status) => {
  const before = await held();
  expect(await statusOf(`DELETE ${path}`)).toBe(status);
  expect(await held()).toBe(before);
});

// Others are refused by the runtime, before any Worker.
test.each(['[', ']', '[::1', 'a:b:c', '.', '..'])('a Host of %j is never a 500', async (host) => {
  for (const line of [
    'GET /servers',
    'DELETE /servers/nobody',
    'GET /servers/%2e',
    'OPTIONS /servers',
    'GET /',
  ]) {
    expect(await statusOf(line, host)).toBeLessThan(500);
  }
  expect(target.logged()).toEqual([]);
});
