/** What is read, clause by clause (docs/api.md): [C5], [C6], [C12], [C13], [N5] to [N7]. */
import { describe, expect, test } from 'vitest';
import { listAnswer, serverAnswer, statsAnswer } from '../../../src/protocol/protocol.ts';
import { passMs, registerMany, TTL_MS } from '../support/fleet.ts';
import { LENGTH_HEADER } from '../../../src/rpc/contract.ts';
import {
  expectProblem,
  firstObject,
  list,
  register,
  send,
  SERVER,
  SHARDS,
  useEmptyRegistry,
} from '../support/http.ts';

useEmptyRegistry();

describe('[C5] GET /servers', () => {
  test('answers every entry whose time is not over, and when the picture was taken', async () => {
    await register();
    await register({ serverId: 'b' });
    const { servers, timestamp } = await list();
    expect(servers.map((server) => server.serverId)).toEqual(['a', 'b']);
    expect(timestamp).toBe(Date.now());
    passMs(TTL_MS - 1);
    expect((await list()).servers).toHaveLength(2);
    passMs(1);
    expect((await list()).servers).toEqual([]);
  });

  test('[C6] ignores query parameters it does not know', async () => {
    await register();
    const response = await send('GET', '/servers?cachebuster=1&x[]=%zz');
    expect(response.status).toBe(200);
    expect(listAnswer.parse(await response.json()).servers).toHaveLength(1);
  });
});

test('[C12] GET /health', async () => {
  const response = await send('GET', '/health');
  expect(response.status).toBe(200);
  expect(await response.json()).toEqual({
    status: 'ok',
    service: 'rollcall',
    timestamp: new Date().toISOString(),
  });
});

test.each(['/', '/api/info'])('[C13] GET %s describes the registry', async (path) => {
  for (const headers of [{}, { Accept: 'application/json' }, { Accept: '*/*' }]) {
    const response = await send('GET', path, undefined, headers);
    expect(response.status).toBe(200);
    expect(await response.json()).toEqual({
      name: 'rollcall',
      version: expect.stringMatching(/^\d+\.\d+\.\d+$/),
      description: expect.any(String),
      endpoints: expect.any(Object),
    });
  }
});

describe('[N5] GET /servers/<id>', () => {
  test('tells live from stale, and until when', async () => {
    const registeredAt = Date.now();
    await register({ serverId: 'a/b' });
    const ask = async () => serverAnswer.parse(await (await send('GET', '/servers/a%2Fb')).json());
    expect(await ask()).toEqual({
      server: { ...SERVER, serverId: 'a/b', region: 'unknown', registeredAt, lastSeen: registeredAt },
      status: 'live',
      expiresAt: registeredAt + TTL_MS,
    });
    passMs(TTL_MS);
    expect((await ask()).status).toBe('stale');
  });

  test('of an id that is not held is not found', async () => {
    await expectProblem(await send('GET', '/servers/nobody'), 404, 'Server not registered');
  });
});

test('[N6] GET /stats tells what is held and what was done', async () => {
  const read = async () => statsAnswer.parse(await (await send('GET', '/stats')).json());
  expect(await read()).toMatchObject({ live: 0, stale: 0, nextAlarmAt: null, lastSweep: null });
  await register();
  await register({ serverId: 'b' });
  await list();
  await send('POST', '/servers/heartbeat', { serverId: 'a' });
  const before = await read();
  expect(before).toMatchObject({
    live: 2,
    stale: 0,
    heartbeats: 1,
    // Each of several objects is asked what it has, and then for it; for peers, the others are asked.
    reads: SHARDS === 1 ? 1 : 3 * SHARDS - 1,
    nextAlarmAt: Date.now() + 60_000,
  });
  await send('DELETE', '/servers/b');
  const after = await read();
  expect(after).toMatchObject({ live: 1, stale: 0 });
  expect(after.revision).toBeGreaterThan(before.revision);
  passMs(TTL_MS);
  expect(await read()).toMatchObject({ live: 0, stale: 1 });
});

test.each(['/servers', '/servers/a', '/stats', '/health', '/', '/api/info', '/nowhere'])(
  '[N7] HEAD %s answers the headers of GET and no body',
  async (path) => {
    await register();
    const [get, head] = [await send('GET', path), await send('HEAD', path)];
    const { byteLength } = await get.arrayBuffer();
    expect(await head.text()).toBe('');
    expect(head.status).toBe(get.status);
    expect(Object.fromEntries(head.headers)).toEqual({
      ...Object.fromEntries(get.headers),
      'content-length': String(byteLength),
    });
  },
);

test.each(['/servers', '/servers?limit=150', '/servers?since=0', '/servers?region=eu'])(
  '[N7] HEAD %s names the length of a list that is streamed, with its tag',
  async (path) => {
    await registerMany(firstObject(), 500);
    for (const headers of [{}, { 'If-None-Match': '"other"' }]) {
      const get = await send('GET', path, undefined, headers);
      const head = await send('HEAD', path, undefined, headers);
      expect(head.headers.get('Content-Length')).toBe(String((await get.arrayBuffer()).byteLength));
      expect(head.headers.get('ETag')).toBe(get.headers.get('ETag'));
      expect(await head.text()).toBe('');
    }
  },
);

test.skipIf(SHARDS > 1)('[N7] of the whole list nothing leaves the object for a HEAD', async () => {
  await register();
  const answer = await firstObject().fetch('http://registry/servers', {
    method: 'HEAD',
  });
  expect(Number(answer.headers.get(LENGTH_HEADER))).toBeGreaterThan(100);
  expect(await answer.text()).toBe('');
});
