/**
 * A Worker and an object of neighbouring releases understand each other, in both directions, and so do a release and the
 * rows of the other one. The release before is a fixture: its bundle as it was deployed.
 */
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gunzipSync } from 'node:zlib';
import type { Miniflare } from 'miniflare';
import { WebSocket } from 'undici';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { z } from 'zod';
import { product, startMiniflare } from '../../scripts/lib/registry/embedded.ts';
import { bundleProduct } from '../../scripts/lib/registry/local-registry.ts';
import { SESSION_PROTOCOL } from '../../src/protocol/session.ts';
import { pageAnswer, registerAnswer, serverAnswer } from '../../src/protocol/protocol.ts';

const BEFORE = gunzipSync(readFileSync('test/fixtures/releases/0.1.0.mjs.gz')).toString();
const VARS = {
  WRITE_ACCESS: 'open',
  RATE_LIMIT: 'off',
  ALLOW_PRIVATE_ENDPOINTS: 'true',
  RECORD_LOCATION: 'false',
};
const REGISTRATION = {
  serverId: 'a/b',
  endpoint: 'wss://a.example',
  publicKey: 'k',
  metadata: { map: 'dust', players: 3 },
  endpoints: ['wss://a.example', 'udp://a.example:1'],
  instance: 'one',
};

let now: string;
beforeAll(async () => {
  now = await bundleProduct();
}, 60_000);

const running: Miniflare[] = [];
afterEach(async () => {
  await Promise.all(running.splice(0).map((miniflare) => miniflare.dispose()));
});

type Ask = (
  method: string,
  path: string,
  body?: object,
  headers?: Record<string, string>,
) => Promise<Response>;

/** The Worker of one bundle before the object of another; on a disk of its own, or on `persistTo`. Its URL. */
async function startAt(worker: string, object: string, persistTo?: string): Promise<URL> {
  const front = { ...product(worker, VARS), name: 'front' };
  const back = { ...product(object, VARS), name: 'back' };
  const objects = { SERVER_REGISTRY: { className: 'ServerRegistry', scriptName: 'back' } };
  const miniflare = startMiniflare({
    workers: [{ ...front, objects }, back],
    printed: () => undefined,
    ...(persistTo !== undefined && { persistTo }),
  });
  running.push(miniflare);
  return miniflare.unsafeGetDirectURL('front');
}

async function start(worker: string, object: string, persistTo?: string): Promise<Ask> {
  return askAt(await startAt(worker, object, persistTo));
}

function askAt(url: URL): Ask {
  return (method, path, body, headers = {}) =>
    fetch(new URL(path, url), {
      method,
      headers: { ...headers, ...(body !== undefined && { 'Content-Type': 'application/json' }) },
      ...(body !== undefined && { body: JSON.stringify(body) }),
    });
}

const list = z.looseObject({
  servers: z.array(z.looseObject({ serverId: z.string(), lastSeen: z.number() })),
});

describe.each([
  { name: 'a Worker of this release before an object of the last', worker: () => now, object: () => BEFORE },
  { name: 'a Worker of the last release before an object of this', worker: () => BEFORE, object: () => now },
])('$name', ({ worker, object }) => {
  it('answers every call', async () => {
    const ask = await start(worker(), object());
    const status = async (...asked: Parameters<Ask>) => (await ask(...asked)).status;
    expect(await status('POST', '/servers', REGISTRATION)).toBe(200);
    expect(
      await status('POST', '/servers', { ...REGISTRATION, serverId: 'other', metadata: { map: 'ice' } }),
    ).toBe(200);
    expect(
      await status('POST', '/servers/heartbeat', { serverId: 'a/b', peers: false, instance: 'one' }),
    ).toBe(200);
    const beat = await ask('POST', '/servers/heartbeat', {
      serverId: 'a/b',
      metadata: { map: 'dust', players: 4 },
    });
    expect(await beat.json()).toMatchObject({ success: true, peers: [{ serverId: 'other' }] });
    expect(await status('POST', '/servers/heartbeat', { serverId: 'nobody' })).toBe(404);

    const whole = await ask('GET', '/servers');
    expect(list.parse(await whole.json()).servers.map(({ serverId }) => serverId)).toEqual(['a/b', 'other']);
    const etag = whole.headers.get('ETag') ?? '';
    expect(await status('GET', '/servers', undefined, { 'If-None-Match': etag })).toBe(304);
    const head = await ask('HEAD', '/servers');
    expect([head.status, Number(head.headers.get('Content-Length')) > 200]).toEqual([200, true]);
    const page = async (query: string) =>
      pageAnswer
        .parse(await (await ask('GET', `/servers?${query}`)).json())
        .servers.map(({ serverId }) => serverId);
    expect(await page('metadata.map=dust')).toEqual(['a/b']);
    expect(await page('metadata.map=dust&metadata.map=ice&q=other')).toEqual(['other']);
    expect(await page('sort=registeredAt&limit=1')).toEqual(['a/b']);
    const delta = z.looseObject({ changed: z.array(z.unknown()), revision: z.unknown() });
    expect(delta.parse(await (await ask('GET', '/servers?since=0')).json()).changed).toHaveLength(2);
    expect(serverAnswer.parse(await (await ask('GET', '/servers/a%2Fb')).json())).toMatchObject({
      status: 'live',
      server: { serverId: 'a/b', metadata: { players: 4 } },
    });
    expect(await (await ask('GET', '/stats')).json()).toMatchObject({ live: 2, heartbeats: 2 });
    expect(await status('DELETE', '/servers/other')).toBe(200);
    expect(await status('GET', '/servers/other')).toBe(404);
  });
});

it('a query that an object of the last release would answer wrongly is refused for the moment', async () => {
  const ask = await start(now, BEFORE);
  expect((await ask('GET', '/servers?metadata.players%3E=1')).status).toBe(503);
  expect((await ask('GET', '/servers?scheme=udp')).status).toBe(503);
  expect((await ask('GET', '/servers', undefined, { Accept: 'text/event-stream' })).status).toBe(503);
});

it('an object of the last release offers no session, and an upgrade that comes to it is closed as by one that goes away', async () => {
  const url = await startAt(now, BEFORE);
  const ask = askAt(url);
  const registered = registerAnswer.parse(await (await ask('POST', '/servers', REGISTRATION)).json());
  expect(registered.session).toBeUndefined();
  const beat = await ask('POST', '/servers/heartbeat', { serverId: 'a/b', session: true });
  expect([beat.status, await beat.json()]).toEqual([
    200,
    expect.not.objectContaining({ session: expect.anything() }),
  ]);

  // As an object of this release gave it, before the registry went back to the last.
  const ticket = Buffer.concat([Buffer.alloc(16, 7), Buffer.from('a/b')]).toString('base64url');
  const socketUrl = new URL('/servers/heartbeat', url.href.replace('http', 'ws')).href;
  const socket = new WebSocket(socketUrl, [SESSION_PROTOCOL, ticket]);
  const closed = await new Promise((resolve) => {
    socket.addEventListener('close', ({ code }) => resolve(code));
    // Without an open socket there is no code; a close follows, with 1006.
    socket.addEventListener('error', () => undefined);
  });
  expect(closed).toBe(1001);
  expect(serverAnswer.parse(await (await ask('GET', '/servers/a%2Fb')).json()).status).toBe('live');
});

describe('the rows of the other release', () => {
  const folder = mkdtempSync(join(tmpdir(), 'rollcall-versions-'));
  afterAll(() => {
    rmSync(folder, { recursive: true, force: true, maxRetries: 5 });
  });

  const stop = () => Promise.all(running.splice(0).map((miniflare) => miniflare.dispose()));

  it('are read forward, back and forward again: nobody is swept, and no time is lost', async () => {
    const seen: number[] = [];
    const ids = Array.from({ length: 300 }, (_, index) => `server-${index}`);
    for (const [round, bundle] of [BEFORE, now, BEFORE, now].entries()) {
      const ask = await start(bundle, bundle, folder);
      if (round === 0) {
        await Promise.all(ids.map((serverId) => ask('POST', '/servers', { ...REGISTRATION, serverId })));
      }
      const before = list.parse(await (await ask('GET', '/servers')).json()).servers;
      expect(before).toHaveLength(ids.length);
      // Of the release before, at the worst the times of the checkpoint before; of this one, those of its last save.
      if (round > 0)
        expect(Math.min(...before.map(({ lastSeen }) => lastSeen))).toBeGreaterThanOrEqual(
          seen[round - 1] ?? 0,
        );
      expect(await (await ask('GET', '/stats')).json()).toMatchObject({
        live: ids.length,
        setAside: 0,
        swept: 0,
      });

      const heardAt = Date.now();
      await Promise.all(ids.map((serverId) => ask('POST', '/servers/heartbeat', { serverId, peers: false })));
      seen.push(bundle === now ? heardAt : (seen.at(-1) ?? 0));
      // A save comes a second behind a quiet time; this one of the two releases alone has one.
      if (bundle === now) await expect.poll(async () => savesOf(ask), { timeout: 15_000 }).toBeGreaterThan(0);
      await stop();
    }
  }, 90_000);
});

async function savesOf(ask: Ask): Promise<number> {
  const stats = z.looseObject({ saves: z.number() });
  return stats.parse(await (await ask('GET', '/stats')).json()).saves;
}
