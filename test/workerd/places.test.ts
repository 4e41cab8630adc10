/** What depends on where a request comes from, and what caches may keep: the Worker under variables of its own. */
import { expect, test } from 'vitest';
import { listAnswer, pageAnswer, registerAnswer } from '../../src/protocol/protocol.ts';
import { SERVER, useEmptyRegistry } from './support/http.ts';
import { ask, environment } from './support/worker.ts';

useEmptyRegistry();

const recording = environment({ RECORD_LOCATION: 'true' });
const discreet = environment({ RECORD_LOCATION: 'false' });
const cached = environment({ LIST_MAX_AGE_S: '2' });

/** The part of `request.cf` that places a request. */
const BERLIN = { country: 'DE', colo: 'TXL', latitude: '52.52437', longitude: '13.41053' };
const SYDNEY = { country: 'AU', colo: 'SYD', latitude: '-33.86785', longitude: '151.20732' };

function from(cf: RequestInitCfProperties, path: string, body?: object): Request {
  return new Request(`https://registry.example${path}`, {
    cf,
    ...(body !== undefined && {
      method: 'POST',
      headers: { 'Content-Type': 'application/json' },
      body: JSON.stringify(body),
    }),
  });
}

test('an entry notes where its registration came from, to a tenth of a degree and never the address', async () => {
  const registered = await ask(from(BERLIN, '/servers', SERVER), recording);
  const location = { country: 'DE', colo: 'TXL', latitude: 52.5, longitude: 13.4 };
  expect(registerAnswer.parse(await registered.json()).server.location).toEqual(location);
  const { servers } = listAnswer.parse(await (await ask(from(SYDNEY, '/servers'), recording)).json());
  expect(servers[0]?.location).toEqual(location);
});

test.each([
  ['nothing of it is known', {}, undefined],
  ['only the country is known', { country: 'DE' }, { country: 'DE' }],
  ['the place makes no sense', { latitude: 'x', longitude: '13' }, undefined],
  ['the place is not on Earth', { latitude: '91', longitude: '13' }, undefined],
])('where %s, an entry has no more', async (_, cf, location) => {
  const registered = await ask(from(cf, '/servers', SERVER), recording);
  expect(registerAnswer.parse(await registered.json()).server.location).toEqual(location);
});

test('with RECORD_LOCATION false, nothing is noted, and a registration removes what was', async () => {
  await ask(from(BERLIN, '/servers', SERVER), recording);
  const registered = await ask(from(BERLIN, '/servers', SERVER), discreet);
  expect(registerAnswer.parse(await registered.json()).server.location).toBeUndefined();
});

test('near=auto measures from where the reader asks, and no cache keeps that for others', async () => {
  await ask(from(BERLIN, '/servers', { ...SERVER, serverId: 'berlin' }), cached);
  await ask(from(SYDNEY, '/servers', { ...SERVER, serverId: 'sydney' }), cached);
  await ask(from({}, '/servers', { ...SERVER, serverId: 'nowhere' }), cached);
  const near = async (cf: RequestInitCfProperties) => {
    const response = await ask(from(cf, '/servers?near=auto'), cached);
    expect(response.headers.get('Cache-Control')).toBe('private, max-age=2');
    const { servers } = pageAnswer.parse(await response.json());
    return servers.map((server) => [server.serverId, server.distanceKm]);
  };
  expect(await near(BERLIN)).toEqual([
    ['berlin', 0],
    ['sydney', expect.closeTo(16_090, -2)],
    ['nowhere', undefined],
  ]);
  expect(await near(SYDNEY)).toEqual([
    ['sydney', 0],
    ['berlin', expect.closeTo(16_090, -2)],
    ['nowhere', undefined],
  ]);
  expect((await near({})).map(([, km]) => km)).toEqual([undefined, undefined, undefined]);
});

test('near=auto has no tag: the same list is another one from elsewhere', async () => {
  await ask(from(BERLIN, '/servers', SERVER), cached);
  const tag = async (path: string) => (await ask(from(BERLIN, path), cached)).headers.get('ETag');
  expect(await tag('/servers?near=auto')).toBeNull();
  expect(await tag('/servers?near=1,2')).not.toBeNull();
});

test('with LIST_MAX_AGE_S, lists and pages may be kept, and errors, writes and statistics may not', async () => {
  const cacheControl = async (path: string) =>
    (await ask(new Request(`https://registry.example${path}`), cached)).headers.get('Cache-Control');
  const kept = 'public, max-age=2, stale-while-revalidate=2';
  expect(await cacheControl('/servers')).toBe(kept);
  expect(await cacheControl('/servers?region=eu')).toBe(kept);
  for (const path of ['/servers?limit=x', '/servers/nobody', '/nowhere', '/stats', '/health']) {
    expect(await cacheControl(path)).toMatch(/^no-(?:cache|store)$/);
  }
});

test('an answer that is the same for every origin says nothing of Vary, one that names an origin does', async () => {
  const vary = async (corsOrigin: string) => {
    const response = await ask(
      new Request('https://registry.example/servers'),
      environment({ CORS_ORIGIN: corsOrigin }),
    );
    return response.headers.get('Vary');
  };
  expect(await vary('*')).toBeNull();
  expect(await vary('https://game.example')).toBe('Origin');
});
