/** The HTTP interface, clause by clause (docs/api.md), through the Worker and the object in the real runtime. */
import { reset } from 'cloudflare:test';
import { exports } from 'cloudflare:workers';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import {
  heartbeatAnswer,
  listAnswer,
  problem,
  registerAnswer,
  serverAnswer,
  statsAnswer,
} from '../../src/protocol/protocol.ts';
import { holdTime, passMs, releaseTime, TTL_MS } from './support/fleet.ts';

const ORIGIN = 'https://registry.example';

beforeEach(() => holdTime());
afterEach(async () => {
  releaseTime();
  await reset();
});

function send(
  method: string,
  path: string,
  body?: unknown,
  headers: Record<string, string> = {},
): Promise<Response> {
  const hasBody = body !== undefined;
  return exports.default.fetch(`${ORIGIN}${path}`, {
    method,
    headers: { ...(hasBody ? { 'Content-Type': 'application/json' } : {}), ...headers },
    ...(hasBody ? { body: typeof body === 'string' ? body : JSON.stringify(body) } : {}),
  });
}

const SERVER = { serverId: 'a', endpoint: 'wss://a.example', publicKey: 'key-a' };

async function register(more: object = {}): Promise<Response> {
  const response = await send('POST', '/servers', { ...SERVER, ...more });
  expect(response.status).toBe(200);
  return response;
}

async function list() {
  const response = await send('GET', '/servers');
  expect(response.status).toBe(200);
  return listAnswer.parse(await response.json());
}

async function expectProblem(response: Response, status: number, error: string): Promise<void> {
  expect(response.status).toBe(status);
  expect(response.headers.get('Content-Type')).toBe('application/problem+json');
  const body = problem.parse(await response.json());
  expect(body.status).toBe(status);
  expect(body.error).toContain(error);
}

describe('[C1] POST /servers', () => {
  test('answers the entry as stored', async () => {
    const response = await register({ region: 'eu-west' });
    expect(response.headers.get('Content-Type')).toBe('application/json');
    const now = Date.now();
    expect(await response.json()).toMatchObject({
      success: true,
      server: { ...SERVER, region: 'eu-west', registeredAt: now, lastSeen: now },
    });
  });

  test('drops members that the contract does not name', async () => {
    await register({ admin: true });
    expect((await list()).servers[0]).toEqual({
      ...SERVER,
      region: 'unknown',
      registeredAt: Date.now(),
      lastSeen: Date.now(),
    });
  });
});

test.each([[{}], [{ region: '' }], [{ region: null }]])('[C2] region %j is "unknown"', async (more) => {
  await register(more);
  expect((await list()).servers[0]?.region).toBe('unknown');
});

describe('[C3] a registration', () => {
  const fields = ['serverId', 'endpoint', 'publicKey'];
  const blanks = [undefined, '', null];
  test.each(fields.flatMap((field) => blanks.map((blank) => [field, blank] as const)))(
    'with %s %j is refused, and nothing is held',
    async (field, blank) => {
      const response = await send('POST', '/servers', { ...SERVER, [field]: blank });
      await expectProblem(response, 400, 'Missing required fields: serverId, endpoint, publicKey');
      expect((await list()).servers).toEqual([]);
    },
  );

  test.each(
    [...fields, 'region'].flatMap((field) =>
      [5, true, ['x'], { x: 1 }].map((value) => [field, value] as const),
    ),
  )(
    'with %s of a wrong type (%j) is refused by the name of the field, and what is held stays',
    async (field, value) => {
      await register();
      const before = await list();
      const response = await send('POST', '/servers', { ...SERVER, [field]: value });
      await expectProblem(response, 400, `${field} must be a string`);
      expect(await list()).toEqual(before);
    },
  );

  test.each([
    ['serverId', 'x'.repeat(257), 'at most 256'],
    ['serverId', 'a\u0000b', 'control characters'],
    ['serverId', 'a\nb', 'control characters'],
    ['serverId', 'a\u202Eb', 'control characters'],
    ['endpoint', `wss://${'x'.repeat(1024)}`, 'at most 1024'],
    ['publicKey', 'k'.repeat(1025), 'at most 1024'],
    ['region', 'r'.repeat(129), 'at most 128'],
  ])('with a %s out of bounds is refused', async (field, value, why) => {
    await expectProblem(await send('POST', '/servers', { ...SERVER, [field]: value }), 400, why);
  });

  test('with an id of 256 characters outside the basic plane is accepted', async () => {
    await register({ serverId: '🎮'.repeat(256) });
    expect((await list()).servers).toHaveLength(1);
  });

  test('with an id that holds half a surrogate pair is refused: it has no UTF-8', async () => {
    const body = `{"serverId":"a\\ud800","endpoint":"wss://a","publicKey":"k"}`;
    await expectProblem(await send('POST', '/servers', body), 400, 'lone surrogates');
  });

  test('with a PEM public key is accepted', async () => {
    await register({ publicKey: '-----BEGIN PUBLIC KEY-----\nMCow\r\n-----END PUBLIC KEY-----\n' });
  });
});

test('[C4] the same id again overwrites the entry and keeps its registeredAt', async () => {
  const registeredAt = Date.now();
  await register({ region: 'eu', metadata: { map: 'dust' } });
  const lastSeen = passMs(1000);
  await register({ endpoint: 'wss://new.example', publicKey: 'new', region: 'us' });
  expect((await list()).servers).toEqual([
    { serverId: 'a', endpoint: 'wss://new.example', publicKey: 'new', region: 'us', registeredAt, lastSeen },
  ]);
});

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

describe('[C7] POST /servers/heartbeat', () => {
  test('answers every live entry but the own, and moves lastSeen to now', async () => {
    await register();
    await register({ serverId: 'b' });
    const lastSeen = passMs(1000);
    const response = await send('POST', '/servers/heartbeat', { serverId: 'a' });
    expect(response.status).toBe(200);
    const { success, peers } = heartbeatAnswer.parse(await response.json());
    expect(success).toBe(true);
    expect(peers?.map((peer) => peer.serverId)).toEqual(['b']);
    const own = await send('GET', '/servers/a');
    expect(serverAnswer.parse(await own.json()).server.lastSeen).toBe(lastSeen);
  });

  test.each([[{}], [{ serverId: '' }], [{ serverId: null }]])('[C8] %j is refused', async (body) => {
    const response = await send('POST', '/servers/heartbeat', body);
    expect(response.status).toBe(400);
    expect(problem.parse(await response.json()).error).toBe('Missing serverId');
  });

  test('[C9] of an id that is not held is the signal to register again', async () => {
    const response = await send('POST', '/servers/heartbeat', { serverId: 'nobody' });
    expect(response.status).toBe(404);
    expect(problem.parse(await response.json()).error).toBe('Server not registered');
  });

  test('[C10] revives a server that expired and was not yet swept', async () => {
    await register();
    passMs(TTL_MS);
    expect((await list()).servers).toEqual([]);
    expect((await send('POST', '/servers/heartbeat', { serverId: 'a' })).status).toBe(200);
    expect((await list()).servers).toHaveLength(1);
  });

  test('[N3] with peers: false answers without them', async () => {
    await register();
    await register({ serverId: 'b' });
    const response = await send('POST', '/servers/heartbeat', { serverId: 'a', peers: false });
    expect(await response.json()).toEqual({ success: true });
  });

  test('[N4] with metadata replaces that of the entry', async () => {
    await register({ metadata: { players: 1, map: 'dust' } });
    await send('POST', '/servers/heartbeat', { serverId: 'a', peers: false, metadata: { players: 2 } });
    expect((await list()).servers[0]?.metadata).toEqual({ players: 2 });
  });

  test.each([
    [{ serverId: 5 }, 'serverId must be a string'],
    [{ serverId: 'a', peers: 'no' }, 'peers must be true or false'],
    [{ serverId: 'a', metadata: [] }, 'metadata must be a JSON object'],
  ])('refuses %j', async (body, why) => {
    await register();
    await expectProblem(await send('POST', '/servers/heartbeat', body), 400, why);
  });
});

describe('[C11] DELETE /servers/<id>', () => {
  const ids = ['a', 'ed25519:ab/c+d==', 'a b', '100%', 'ü', '🎮', 'a/b/c', 'heartbeat', '?x', '#x', 'a%2Fb'];

  test.each(ids)('ends the lease of %s, percent-encoded as clients send it', async (serverId) => {
    await register({ serverId });
    await register({ serverId: 'other' });
    const response = await send('DELETE', `/servers/${encodeURIComponent(serverId)}`);
    expect(response.status).toBe(200);
    expect(await response.json()).toEqual({ success: true });
    expect((await list()).servers.map((server) => server.serverId)).toEqual(['other']);
  });

  test('takes a raw / as part of the id', async () => {
    await register({ serverId: 'ed25519:ab/c+d==' });
    await send('DELETE', '/servers/ed25519:ab/c+d==');
    expect((await list()).servers).toEqual([]);
  });

  test('answers the same for an id that nobody holds', async () => {
    const response = await send('DELETE', '/servers/nobody');
    expect(response.status).toBe(200);
    expect(await response.json()).toEqual({ success: true });
  });

  test('of an id that is not percent-encoded UTF-8 is refused', async () => {
    await expectProblem(await send('DELETE', '/servers/%E0%A4%A'), 400, 'percent-encoded');
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

test.each(['/servers', '/servers/heartbeat', '/servers/x', '/nowhere', '/'])(
  '[C14] OPTIONS %s answers without a body and with CORS headers',
  async (path) => {
    const preflight = { Origin: 'https://game.example', 'Access-Control-Request-Method': 'POST' };
    for (const headers of [{}, preflight]) {
      const response = await send('OPTIONS', path, undefined, headers);
      expect([200, 204]).toContain(response.status);
      expect(await response.text()).toBe('');
      expectCors(response);
    }
  },
);

function expectCors(response: Response): void {
  const words = (name: string) => response.headers.get(name)?.split(/,\s*/) ?? [];
  expect(response.headers.get('Access-Control-Allow-Origin')).toBe('*');
  expect(words('Access-Control-Allow-Methods')).toEqual(
    expect.arrayContaining(['GET', 'POST', 'DELETE', 'OPTIONS']),
  );
  expect(words('Access-Control-Allow-Headers')).toEqual(
    expect.arrayContaining(['Content-Type', 'Authorization']),
  );
}

test('[C15] every answer, refusals too, has the CORS headers', async () => {
  await register();
  const answers = await Promise.all([
    send('GET', '/servers'),
    send('POST', '/servers', SERVER),
    send('POST', '/servers', 'nonsense'),
    send('POST', '/servers/heartbeat', { serverId: 'a' }),
    send('POST', '/servers/heartbeat', { serverId: 'nobody' }),
    send('DELETE', '/servers/nobody'),
    send('GET', '/nowhere'),
    send('PUT', '/servers'),
    send('GET', '/stats'),
  ]);
  for (const response of answers) expectCors(response);
});

describe('[C16]', () => {
  test.each([
    ['GET', '/nowhere'],
    ['POST', '/server'],
    ['GET', '/servers/'],
  ])('%s %s is not found, with a hint', async (method, path) => {
    const response = await send(method, path);
    expect(response.status).toBe(404);
    expect(await response.json()).toMatchObject({ error: 'Not Found', hint: expect.any(String) });
  });

  test.each([
    ['PUT', '/servers', 'GET, HEAD, POST, OPTIONS'],
    ['DELETE', '/servers', 'GET, HEAD, POST, OPTIONS'],
    ['PATCH', '/servers/heartbeat', 'GET, HEAD, POST, DELETE, OPTIONS'],
    ['POST', '/servers/a', 'GET, HEAD, DELETE, OPTIONS'],
    ['POST', '/stats', 'GET, HEAD, OPTIONS'],
    ['POST', '/health', 'GET, HEAD, OPTIONS'],
    ['DELETE', '/', 'GET, HEAD, OPTIONS'],
  ])('%s %s is not allowed, and Allow says what is', async (method, path, allow) => {
    const response = await send(method, path);
    expect(response.headers.get('Allow')).toBe(allow);
    await expectProblem(response, 405, method);
  });
});

describe('[C17] a body that is', () => {
  test.each([
    ['empty', '', 'empty'],
    ['cut off', '{"serverId":"a"', 'JSON'],
    ['no JSON', 'serverId=a', 'JSON'],
    ['null', 'null', 'null'],
    ['an array', '[1]', 'an array'],
    ['a string', '"a"', 'a string'],
    ['a number', '5', 'a number'],
  ])('%s is refused with what was wrong', async (_, body, why) => {
    for (const path of ['/servers', '/servers/heartbeat']) {
      await expectProblem(await send('POST', path, body), 400, why);
    }
    expect((await list()).servers).toEqual([]);
  });
});

describe('[N1] metadata', () => {
  test('is kept and listed with the entry', async () => {
    const metadata = { players: 3, tags: ['a', 'b'], nested: { ü: null } };
    const response = await register({ metadata });
    expect(registerAnswer.parse(await response.json()).server.metadata).toEqual(metadata);
    expect((await list()).servers[0]?.metadata).toEqual(metadata);
    const one = await send('GET', '/servers/a');
    expect(serverAnswer.parse(await one.json()).server.metadata).toEqual(metadata);
  });

  test('may take 2,048 bytes encoded, and not one more', async () => {
    const fitting = { m: 'é'.repeat((2048 - '{"m":""}'.length) / 2) };
    await register({ metadata: fitting });
    const response = await send('POST', '/servers', { ...SERVER, metadata: { m: `${fitting.m}x` } });
    await expectProblem(response, 400, 'metadata must encode to at most 2048 bytes of JSON, but takes 2049');
    expect((await list()).servers[0]?.metadata).toEqual(fitting);
  });

  test.each([5, 'x', [1], null])('%j is refused', async (metadata) => {
    await expectProblem(
      await send('POST', '/servers', { ...SERVER, metadata }),
      400,
      'metadata must be a JSON object',
    );
  });
});

test('[N2] a registration is told its lease', async () => {
  const { lease } = registerAnswer.parse(await (await register()).json());
  expect(lease).toEqual({ ttlMs: 300_000, heartbeatEveryMs: 60_000 });
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
    reads: 1,
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
