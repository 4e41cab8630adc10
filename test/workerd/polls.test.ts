/** Reads at scale, through the Worker: 304, deltas, filters, pages, nearest, caching headers and signed lists. */
import { describe, expect, test } from 'vitest';
import { env } from 'cloudflare:workers';
import { ListKey } from '../../src/client/list-key.ts';
import { deltaAnswer, pageAnswer } from '../../src/protocol/protocol.ts';
import { ServerRegistry } from '../../src/registry/registry.ts';
import { LIST_URL } from '../../src/rpc/contract.ts';
import { countCalls } from './support/calls.ts';
import {
  evict,
  freshRegistry,
  inside,
  listOf,
  parseBody,
  passMs,
  registerMany,
  registration,
  TTL_MS,
  type RegistryStub,
} from './support/fleet.ts';
import { expectProblem, list, register, send, useEmptyRegistry } from './support/http.ts';

useEmptyRegistry();

/** What the object says has changed. */
async function after(stub: RegistryStub, revision: string) {
  return deltaAnswer.parse(await parseBody(await stub.changesAfter(revision)));
}

const etagOf = async () => (await send('GET', '/servers')).headers.get('ETag') ?? '';
const poll = (etag: string) => send('GET', '/servers', undefined, { 'If-None-Match': etag });

describe('the ETag', () => {
  test('answers 304 without a body as long as nobody came, changed or went', async () => {
    await register();
    const etag = await etagOf();
    expect(etag).toMatch(/^W\/"[\w-]+\.\d+-\d+"$/);
    await send('POST', '/servers/heartbeat', { serverId: 'a' });
    for (const tags of [etag, etag.replace('W/', ''), `"other", ${etag}`, '*']) {
      const response = await poll(tags);
      expect(response.status).toBe(304);
      expect(await response.text()).toBe('');
      expect(response.headers.get('ETag')).toBe(etag);
      expect(response.headers.get('Access-Control-Allow-Origin')).toBe('*');
    }
    const head = await send('HEAD', '/servers', undefined, { 'If-None-Match': etag });
    expect(head.status).toBe(304);
  });

  test.each(['-gzip', '--gzip', '-br', ';gzip', ':zstd'])(
    'is known with the %s that a server puts behind it when it compresses, and only with that',
    async (suffix) => {
      await register();
      const etag = await etagOf();
      const compressed = etag.replace(/"$/, `${suffix}"`);
      for (const tags of [compressed, compressed.replace('W/', ''), `"other", ${compressed}`]) {
        expect((await poll(tags)).status).toBe(304);
      }
      expect((await poll(compressed.replace(suffix, '-other'))).status).toBe(200);
      await register({ serverId: 'b' });
      expect((await poll(compressed)).status).toBe(200);
    },
  );

  test.each([
    [
      'a registration',
      () => send('POST', '/servers', { serverId: 'b', endpoint: 'wss://b.example', publicKey: 'k' }),
    ],
    ['a changed entry', () => register({ region: 'us' })],
    ['new metadata', () => send('POST', '/servers/heartbeat', { serverId: 'a', metadata: { n: 1 } })],
    ['a deregistration', () => send('DELETE', '/servers/a')],
    ['an expiry', () => Promise.resolve(passMs(TTL_MS))],
  ])('moves with %s', async (_, change) => {
    await register();
    const etag = await etagOf();
    await change();
    expect((await poll(etag)).status).toBe(200);
  });

  test('moves after half a minute, so that nobody sees a lastSeen much older than it is', async () => {
    await register();
    const etag = await etagOf();
    passMs(30_000);
    expect((await poll(etag)).status).toBe(200);
  });

  test('of an earlier life of the registry does not match', async () => {
    const stub = freshRegistry();
    await stub.register(registration('a'));
    const before = await stub.listServers(null);
    passMs(1);
    const after = await (await evict(stub)).listServers(before.etag);
    expect(after.kind).toBe('listed');
  });
});

describe('a query', () => {
  const page = async (query: string) => {
    const response = await send('GET', `/servers?${query}`);
    expect(response.status).toBe(200);
    return pageAnswer.parse(await response.json());
  };

  test('filters, orders and pages', async () => {
    for (const [index, region] of ['eu', 'us', 'eu', 'eu'].entries()) {
      await register({ serverId: `s${index}`, region, metadata: { map: index === 2 ? 'Dust & Sand' : 'x' } });
      passMs(1);
    }
    expect((await page('region=eu')).servers.map((server) => server.serverId)).toEqual(['s0', 's2', 's3']);
    expect((await page('metadata.map=Dust+%26+Sand')).total).toBe(1);
    expect((await page('q=dust')).servers[0]?.serverId).toBe('s2');
    expect((await page('limit=1&fields=serverId&sort=lastSeen')).servers).toEqual([{ serverId: 's3' }]);
    const first = await page('region=eu&limit=2');
    expect(first).toMatchObject({ total: 3, servers: [{ serverId: 's0' }, { serverId: 's2' }] });
    const second = await page(`region=eu&limit=2&cursor=${first.nextCursor}`);
    expect(second.servers.map((server) => server.serverId)).toEqual(['s3']);
    expect(second.nextCursor).toBeUndefined();
  });

  test('with near gives distances, nearest first', async () => {
    const registry = env.SERVER_REGISTRY.getByName('global');
    const places = { sydney: [-33.9, 151.2], paris: [48.9, 2.4], prague: [50.1, 14.4] } as const;
    await registry.register(registration('nowhere'));
    for (const [id, [latitude, longitude]] of Object.entries(places)) {
      await registry.register(registration(id, { location: { latitude, longitude } }));
    }
    // From Berlin, by hand: Prague about 280 km, Paris 880, Sydney 16,100.
    const { servers } = await page('near=52.5,13.4');
    expect(servers.map(({ serverId }) => serverId)).toEqual(['prague', 'paris', 'sydney', 'nowhere']);
    const [prague, paris, sydney, nowhere] = servers.map(({ distanceKm }) => distanceKm);
    expect(prague).toBeCloseTo(276, -1.5);
    expect(paris).toBeCloseTo(873, -1.5);
    expect(sydney).toBeGreaterThan(16_000);
    expect(nowhere).toBeUndefined();
  });

  test.each([
    ['limit=0', 'limit must be a whole number from 1'],
    ['limit=1001', 'limit must be at most 1000'],
    ['limit=x', 'limit must be a whole number'],
    ['limit=1&limit=2', 'limit can be given once'],
    ['sort=name', 'sort must be one of registeredAt, lastSeen, distance'],
    ['sort=distance', 'near=auto'],
    ['near=here', 'near must be "auto" or <latitude>,<longitude>'],
    ['near=91,0', 'near must be'],
    ['near=1,2,3', 'near must be'],
    ['near=,', 'near must be'],
    ['fields=serverId,address', 'fields must be one of'],
    ['cursor=zz', 'cursor must be'],
    ['cursor=6e756c6c', 'cursor must be'],
    ['since=', 'since must be the revision of an answer'],
    ['since=a%20b', 'since must be the revision of an answer'],
    ['since=1&region=eu', 'since cannot be combined with region'],
  ])('%s is refused by its name', async (query, why) => {
    await expectProblem(await send('GET', `/servers?${query}`), 400, why);
  });

  test('[C6] of unknown parameters alone is the plain list', async () => {
    await register();
    expect(await (await send('GET', '/servers?utm=1&regions=eu')).json()).toEqual(await list());
  });
});

test('reads of every kind make no storage call, before and while a sweep goes on', async () => {
  const stub = freshRegistry();
  await registerMany(stub, 2000, 'dead-');
  passMs(TTL_MS - 1000);
  await registerMany(stub, 20, 'alive-');
  const { revision } = await after(stub, '0');
  passMs(1000);
  const query = {
    asked: 'x',
    regions: ['eu'],
    conditions: [],
    text: 'alive',
    sort: 'distance' as const,
    near: { latitude: 1, longitude: 2 },
    limit: 5,
    after: null,
    fields: null,
  };
  await inside(stub, async (registry, { storage }) => {
    const readAll = async () => {
      const calls = countCalls(storage);
      await (await registry.fetch(new Request(LIST_URL))).arrayBuffer();
      const listed = await registry.listServers(null);
      await registry.listServers(listed.etag);
      await registry.poll('*');
      await registry.changesAfter(revision);
      await registry.changes(revision);
      await registry.changesAfter('0');
      await registry.queryServers(JSON.stringify(query), null);
      expect(calls.made()).toEqual([]);
    };
    await readAll();
    await registry.alarm();
    expect(registry.stats()).toMatchObject({ stale: 2000 - 256 });
    await readAll();
  });
});

test('Cache-Control lets nobody keep a list or an error by default', async () => {
  expect((await send('GET', '/servers')).headers.get('Cache-Control')).toBe('no-cache');
  expect((await send('GET', '/servers?limit=x')).headers.get('Cache-Control')).toMatch(/no-cache|no-store/);
});

describe('with BOOTSTRAP_SIGNING_KEY', () => {
  /** The key pair of RFC 8032, section 7.1, test 1. */
  const SEED = '9d61b19deffd5a60ba844af492ec2cc44449c5697b326919703bac031cae7f60';
  const PUBLIC = 'd75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a';

  /** The object over the same storage, with another key. */
  const signing = (key: string, use: (registry: ServerRegistry) => Promise<void>) =>
    inside(freshRegistry(), async (_, state) => {
      const registry = new ServerRegistry(state, { ...env, BOOTSTRAP_SIGNING_KEY: key });
      await state.blockConcurrencyWhile(() => Promise.resolve());
      await use(registry);
    });

  test('[C18] every list is signed, over the very bytes, once a picture', async () => {
    await signing(SEED, async (registry) => {
      await registry.register(registration('a'));
      const key = new ListKey(PUBLIC);
      for (const read of [() => registry.listServers(null), () => registry.changesSince(0)]) {
        const answer = await read();
        if (answer.kind !== 'listed' || answer.signature === null) throw new Error('expected a signed list');
        const bytes = new Uint8Array(await new Response(answer.body).arrayBuffer());
        expect(await key.verify(bytes, answer.signature, Date.now())).toBeUndefined();
        expect(await read()).toMatchObject({ signature: answer.signature });
        expect(await key.verify(bytes, answer.signature, Date.now() + 301_000)).toContain('301 s ago');
        bytes[0] = 0;
        expect(await key.verify(bytes, answer.signature, Date.now())).toContain('not by the key');
      }
      expect(registry.stats().signing).toBe('on');
    });
  });

  test.each(['abc', `${SEED}00`, 'x'.repeat(64)])(
    'a malformed key (%s) stops nothing: the list goes unsigned',
    async (key) => {
      await signing(key, async (registry) => {
        await registry.register(registration('a'));
        expect(await registry.listServers(null)).toMatchObject({ signature: null });
        expect((await listOf(registry)).servers).toHaveLength(1);
        expect(registry.stats().signing).toBe('malformed key');
      });
    },
  );

  test('unset, there is no such header', async () => {
    expect((await send('GET', '/servers')).headers.has('X-Bootstrap-Signature')).toBe(false);
  });
});
