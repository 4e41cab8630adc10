/** Registering, clause by clause (docs/api.md): [C1] to [C4], [N1], [N2]. */
import { describe, expect, test } from 'vitest';
import { registerAnswer, serverAnswer } from '../../../src/protocol/protocol.ts';
import { passMs } from '../support/fleet.ts';
import { expectProblem, list, register, send, SERVER, useEmptyRegistry } from '../support/http.ts';

useEmptyRegistry();

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

  test.each([5, 'x', [1]])('%j is refused', async (metadata) => {
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
