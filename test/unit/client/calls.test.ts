import { describe, expect, test } from 'vitest';
import { RegistryClient, type ClientOptions } from '../../../src/client/client.ts';
import { accept, ENTRY, FakeRegistry, LEASE, ManualTime, type Answer } from './fakes.ts';

const REGISTRATION = { serverId: 'a', endpoint: 'wss://a.test', publicKey: 'k' };
const STATS = {
  live: 3,
  stale: 1,
  revision: 9,
  nextAlarmAt: null,
  sweeps: 2,
  swept: 4,
  lastSweep: { at: 1, deleted: 4, tookMs: 0 },
  checkpoints: 1,
  saves: 2,
  failedSaves: 0,
  loads: 1,
  heartbeats: 7,
  reads: 8,
  absence: { from: 1, until: 2, leases: 3 },
  setAside: 0,
  signing: 'off',
  listBytes: 0,
  watchers: 0,
  streams: { heldBytes: 0, cut: 0 },
};

function setUp(answer: Answer = accept(), options: ClientOptions = {}, baseUrl = 'http://registry.test') {
  const time = new ManualTime();
  const registry = new FakeRegistry(time, answer);
  const client = new RegistryClient(baseUrl, { fetch: registry.fetch, environment: time, ...options });
  return { registry, client };
}

describe('each call', () => {
  test('register posts the registration and gives the entry and its lease', async () => {
    const { registry, client } = setUp();
    const registration = { ...REGISTRATION, region: 'eu', metadata: { players: 3 } };
    expect(await client.register(registration)).toEqual({ success: true, server: ENTRY, lease: LEASE });
    expect(registry.requests).toEqual(['POST /servers']);
    expect(registry.sent[0]?.body).toEqual(registration);
    expect(registry.sent[0]?.headers.get('Content-Type')).toBe('application/json');
  });

  test('heartbeat asks for no peers unless told to', async () => {
    const { registry, client } = setUp();
    await client.heartbeat('a');
    expect(registry.requests).toEqual(['POST /servers/heartbeat']);
    expect(registry.sent[0]?.body).toEqual({ serverId: 'a', peers: false });
  });

  test('heartbeat carries metadata and gives the peers it asked for', async () => {
    const { registry, client } = setUp(() => Response.json({ success: true, peers: [ENTRY] }));
    const answer = await client.heartbeat('a', { peers: true, metadata: { players: 4 } });
    expect(answer.peers).toEqual([ENTRY]);
    expect(registry.sent[0]?.body).toEqual({ serverId: 'a', peers: true, metadata: { players: 4 } });
  });

  test('list gives the entries and the time of the picture', async () => {
    const { registry, client } = setUp(() => Response.json({ servers: [ENTRY], timestamp: 5 }));
    expect(await client.list()).toEqual({ servers: [ENTRY], timestamp: 5 });
    expect(registry.requests).toEqual(['GET /servers']);
  });

  test('get gives the entry, its status and the end of its lease', async () => {
    const answer = { server: ENTRY, status: 'stale', expiresAt: 7 };
    const { registry, client } = setUp(() => Response.json(answer));
    expect(await client.get('a')).toEqual(answer);
    expect(registry.requests).toEqual(['GET /servers/a']);
  });

  test('deregister deletes and gives nothing', async () => {
    const { registry, client } = setUp();
    expect(await client.deregister('a')).toBeUndefined();
    expect(registry.requests).toEqual(['DELETE /servers/a']);
  });

  test('stats gives the counters', async () => {
    const { registry, client } = setUp(() => Response.json(STATS));
    expect(await client.stats()).toEqual(STATS);
    expect(registry.requests).toEqual(['GET /stats']);
  });
});

describe('an id in a path', () => {
  test.each([
    ['ed25519:AB+/cd==', 'ed25519%3AAB%2B%2Fcd%3D%3D'],
    ['a b', 'a%20b'],
    ['100%', '100%25'],
    ['%2F', '%252F'],
    ['a?b#c', 'a%3Fb%23c'],
    ['🚀', '%F0%9F%9A%80'],
    ['...', '...'],
  ])('%j is sent as %s', async (id, encoded) => {
    const { registry, client } = setUp();
    await client.deregister(id);
    expect(registry.requests).toEqual([`DELETE /servers/${encoded}`]);
    expect(new URL(`http://registry.test/servers/${encoded}`).pathname).toBe(`/servers/${encoded}`);
  });

  test.each(['', '.', '..', '\uD800'])('%j, which no URL can carry, is never sent', async (id) => {
    const { registry, client } = setUp();
    await expect(client.get(id)).rejects.toThrow(TypeError);
    await expect(client.deregister(id)).rejects.toThrow('cannot be sent in a URL');
    expect(registry.requests).toEqual([]);
  });
});

describe('what goes with every request', () => {
  test('a token is sent as a bearer token', async () => {
    const { registry, client } = setUp(undefined, { token: 'secret' });
    await client.deregister('a');
    expect(registry.sent[0]?.headers.get('Authorization')).toBe('Bearer secret');
  });

  test('without a token there is no Authorization header', async () => {
    const { registry, client } = setUp();
    await client.deregister('a');
    expect(registry.sent[0]?.headers.has('Authorization')).toBe(false);
  });

  test('headers of the owner are sent', async () => {
    const { registry, client } = setUp(undefined, { headers: { 'X-Fleet': 'blue' } });
    await client.deregister('a');
    expect(registry.sent[0]?.headers.get('X-Fleet')).toBe('blue');
  });
});

describe('the base URL', () => {
  test.each([
    ['http://registry.test/', 'DELETE /servers/a'],
    ['http://registry.test/roll/call', 'DELETE /roll/call/servers/a'],
    ['http://registry.test/roll/call//', 'DELETE /roll/call/servers/a'],
  ])('%s makes %s', async (baseUrl, request) => {
    const { registry, client } = setUp(undefined, {}, baseUrl);
    await client.deregister('a');
    expect(registry.requests).toEqual([request]);
  });

  test.each([
    'registry.test',
    'ftp://registry.test',
    'http://me@registry.test',
    'http://registry.test/?a',
    'http://registry.test/#a',
  ])('%s is refused at once', (baseUrl) => {
    expect(() => new RegistryClient(baseUrl)).toThrow(TypeError);
  });
});
