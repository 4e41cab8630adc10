/** Bodies that are too large, sent to what `npm start` runs and to the bare runtime: they cost no other request anything. */
import { Agent, request as httpRequest, type OutgoingHttpHeaders } from 'node:http';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { startTarget, type Target } from '../../scripts/fuzz/target.ts';
import { LocalRegistry } from '../../scripts/lib/registry/local-registry.ts';

const BODIES = 100;
const JUST_TOO_LARGE = 9_000;
const FAR_TOO_LARGE = 3_000_000;
const ANSWERED_WITHIN_MS = 10_000;

interface Sent {
  readonly method: string;
  readonly path: string;
  readonly headers?: OutgoingHttpHeaders;
  readonly body?: Buffer;
}

let registry: LocalRegistry;
let bare: Target;
const agent = new Agent({ keepAlive: true, maxSockets: 1 });

beforeAll(async () => {
  [registry, bare] = await Promise.all([LocalRegistry.start(), startTarget()]);
});
afterAll(async () => {
  agent.destroy();
  await Promise.all([registry.end(), bare.stop()]);
});

/** The status; every request takes the connection of the one before it, if that is still there. */
function statusOf(url: URL | string, { method, path, headers = {}, body }: Sent): Promise<number> {
  return new Promise((resolve, reject) => {
    const { hostname, port } = new URL(url);
    const options = { agent, hostname, port, method, path, headers, timeout: ANSWERED_WITHIN_MS };
    const sending = httpRequest(options, (response) => {
      response.resume();
      response.on('end', () => resolve(response.statusCode ?? 0));
      response.on('error', reject);
    });
    sending.on('timeout', () => sending.destroy(new Error(`${method} ${path} was not answered`)));
    sending.on('error', reject);
    sending.end(body);
  });
}

function write(bytes: number, framing: 'announced' | 'chunked', more: OutgoingHttpHeaders = {}): Sent {
  const length = framing === 'announced' ? { 'Content-Length': bytes } : { 'Transfer-Encoding': 'chunked' };
  const headers = { 'Content-Type': 'application/json', ...length, ...more };
  return { method: 'POST', path: '/servers', headers, body: Buffer.alloc(bytes, ' ') };
}

const read: Sent = { method: 'GET', path: '/servers' };

test(`${BODIES} in a row, announced and in chunks, are answered 413, and every request between them 200`, async () => {
  const statuses: number[] = [];
  for (let at = 0; at < BODIES; at += 1) {
    const framing = at % 2 === 0 ? 'announced' : 'chunked';
    const bytes = at % 10 < 8 ? JUST_TOO_LARGE : FAR_TOO_LARGE;
    statuses.push(await statusOf(registry.url, write(bytes, framing)), await statusOf(registry.url, read));
  }
  expect(statuses).toEqual(Array.from({ length: BODIES }, () => [413, 200]).flat());
});

test.each([
  ['of another type', write(JUST_TOO_LARGE, 'chunked', { 'Content-Type': 'text/plain' }), 415],
  ['to nowhere', { ...write(JUST_TOO_LARGE, 'chunked'), path: '/nowhere' }, 404],
  ['with a method that is not served', { ...write(JUST_TOO_LARGE, 'announced'), method: 'PUT' }, 405],
])('one %s does no harm either', async (_, sent, status) => {
  for (let at = 0; at < 10; at += 1) {
    expect(await statusOf(registry.url, sent)).toBe(status);
    expect(await statusOf(registry.url, read)).toBe(200);
  }
});

test.each([
  ['announced', JUST_TOO_LARGE],
  ['chunked', JUST_TOO_LARGE],
  ['announced', 200_000],
  ['chunked', 200_000],
] as const)(
  'on the bare runtime, one that is %s, of %i bytes, leaves its own connection whole',
  async (framing, bytes) => {
    const url = bare.url;
    for (let at = 0; at < 10; at += 1) {
      expect(await statusOf(url, write(bytes, framing))).toBe(413);
      expect(await statusOf(url, read)).toBe(200);
    }
  },
);
