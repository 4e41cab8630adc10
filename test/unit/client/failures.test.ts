import { describe, expect, test } from 'vitest';
import { RegistryClient, RegistryError, type ClientOptions } from '../../../src/client/client.ts';
import { ENTRY, FakeRegistry, hang, LEASE, ManualTime, refuse, unreachable, type Answer } from './fakes.ts';

function setUp(answer: Answer, options: ClientOptions = {}) {
  const time = new ManualTime();
  const registry = new FakeRegistry(time, answer);
  const client = new RegistryClient('http://registry.test', {
    fetch: registry.fetch,
    environment: time,
    ...options,
  });
  return { time, registry, client };
}

async function failureOf(call: Promise<unknown>): Promise<RegistryError> {
  const error: unknown = await call.then(
    () => undefined,
    (reason: unknown) => reason,
  );
  if (!(error instanceof RegistryError)) throw new Error('expected a RegistryError', { cause: error });
  return error;
}

describe('a refusal', () => {
  test("has the status and the registry's own words", async () => {
    const { client } = setUp(refuse(404, 'Server not registered'));
    const error = await failureOf(client.get('a'));
    expect(error.fault).toEqual({
      kind: 'refused',
      status: 404,
      error: 'Server not registered',
      detail: 'Server not registered, in more words',
      retryAfterMs: undefined,
    });
    expect(error.kind).toBe('refused');
    expect(error.request).toBe('GET http://registry.test/servers/a');
    expect(error.message).toBe(
      'GET http://registry.test/servers/a was refused with 404: ' +
        'Server not registered (Server not registered, in more words). ' +
        'Check the id and the address; a server that is not held must register first.',
    );
  });

  test("of a registry has the problem's name, and its detail says what to do", async () => {
    const members = {
      type: '/errors#not-owner',
      error: 'no',
      detail: 'Sign with the key. Or choose another id.',
    };
    const { client } = setUp(() => Response.json(members, { status: 403 }));
    const error = await failureOf(client.deregister('a'));
    expect(error.fault).toMatchObject({ status: 403, problem: 'not-owner' });
    expect(error.message).toMatch(/403: no \(Sign with the key\. Or choose another id\.\)\.$/);
  });

  test.each([undefined, 'about:blank', '/errors#', '/errors#Not Ours', 7])(
    'of the type %j has no name, and the client says what to do',
    async (type) => {
      const { client } = setUp(() => Response.json({ type, error: 'no' }, { status: 403 }));
      const error = await failureOf(client.deregister('a'));
      expect(error.fault).toMatchObject({ problem: undefined });
      expect(error.message).toContain('Check the token or the key');
    },
  );

  test('has the wait that Retry-After asked for', async () => {
    const { client } = setUp(refuse(503, 'Registry full', { 'Retry-After': '30' }));
    const error = await failureOf(client.list());
    expect(error.fault).toMatchObject({ status: 503, retryAfterMs: 30_000 });
    expect(error.message).toContain('Try again in 30 s.');
  });

  test.each([
    [new Response('<h1>Bad gateway</h1>', { status: 502, statusText: 'Bad Gateway' }), 'Bad Gateway'],
    [new Response('', { status: 500 }), 'no reason given'],
    [Response.json(null, { status: 500 }), 'no reason given'],
    [Response.json({ error: 7 }, { status: 500 }), 'no reason given'],
  ])('whose body is no problem of the registry still has a reason', async (response, reason) => {
    const { client } = setUp(() => response);
    const { fault } = await failureOf(client.list());
    expect(fault).toMatchObject({ kind: 'refused', error: reason, detail: undefined });
  });

  test.each([
    [400, true],
    [401, true],
    [403, true],
    [404, true],
    [408, false],
    [429, false],
    [500, false],
    [503, false],
  ])('with %d is permanent: %s', async (status, permanent) => {
    const { client } = setUp(refuse(status, 'no'));
    const error = await failureOf(client.list());
    expect(error.permanent).toBe(permanent);
    expect(error.refusedWith(status)).toBe(true);
    expect(error.refusedWith(418)).toBe(false);
  });
});

describe('a time-out', () => {
  test('comes after ten seconds by default, and not before', async () => {
    const { time, client } = setUp(hang);
    let settledYet = false;
    const failure = failureOf(client.list()).finally(() => {
      settledYet = true;
    });
    await time.advance(9_999);
    expect(settledYet).toBe(false);
    await time.advance(1);
    expect((await failure).fault).toEqual({ kind: 'timeout', timeoutMs: 10_000 });
    expect((await failure).message).toBe(
      'GET http://registry.test/servers had no complete answer within 10000 ms. ' +
        'Try again, or allow more with timeoutMs.',
    );
  });

  test.each<[string, ClientOptions, { timeoutMs: number } | undefined]>([
    ['the client', { timeoutMs: 50 }, undefined],
    ['the call, before the client', { timeoutMs: 70_000 }, { timeoutMs: 50 }],
  ])('may be set for %s', async (_, options, callOptions) => {
    const { time, client } = setUp(hang, options);
    const failure = failureOf(client.stats(callOptions));
    await time.advance(50);
    expect((await failure).fault).toEqual({ kind: 'timeout', timeoutMs: 50 });
  });

  test.each<[string, Answer]>([
    ['an answer whose body never ends', () => new Response(new ReadableStream())],
    ['a fetch that pays no heed to its signal', () => new Promise(() => {})],
  ])('also ends %s', async (_, answer) => {
    const { time, client } = setUp(answer);
    const failure = failureOf(client.list());
    await time.advance(10_000);
    expect((await failure).kind).toBe('timeout');
    expect(time.pending).toBe(0);
  });

  test('leaves no timer behind once the answer is there', async () => {
    const { time, client } = setUp(() => Response.json({ success: true }));
    await client.deregister('a');
    expect(time.pending).toBe(0);
  });

  test.each([0, -1, Number.NaN])('of %d ms is refused', async (timeoutMs) => {
    const { client } = setUp(hang);
    expect(() => new RegistryClient('http://registry.test', { timeoutMs })).toThrow(RangeError);
    await expect(client.list({ timeoutMs })).rejects.toThrow(RangeError);
  });
});

describe('an abort', () => {
  test('ends a call in flight, and keeps the reason', async () => {
    const { time, client } = setUp(hang);
    const controller = new AbortController();
    const failure = failureOf(client.list({ signal: controller.signal }));
    await time.advance(1);
    controller.abort('enough');
    expect((await failure).fault).toEqual({ kind: 'aborted' });
    expect((await failure).cause).toBe('enough');
    expect((await failure).message).toBe('GET http://registry.test/servers was aborted by its caller.');
  });

  test('ends a call whose body no longer comes, signal or not', async () => {
    const { time, client } = setUp(() => new Response(new ReadableStream()));
    const controller = new AbortController();
    const failure = failureOf(client.list({ signal: controller.signal }));
    await time.advance(1);
    controller.abort();
    expect((await failure).kind).toBe('aborted');
    expect(time.pending).toBe(0);
  });

  test('before the call sends nothing', async () => {
    const { registry, client } = setUp(hang);
    const error = await failureOf(client.register({ ...ENTRY }, { signal: AbortSignal.abort() }));
    expect(error.kind).toBe('aborted');
    expect(registry.requests).toEqual([]);
  });
});

describe('a broken connection', () => {
  test('tells what really happened', async () => {
    const { client } = setUp(unreachable);
    const error = await failureOf(client.list());
    expect(error.fault).toEqual({ kind: 'network', reason: 'connect ECONNREFUSED' });
    expect(error.cause).toBeInstanceOf(TypeError);
    expect(error.message).toBe(
      'GET http://registry.test/servers could not be completed: connect ECONNREFUSED. ' +
        'Check that the registry runs at this address.',
    );
  });
});

const list = (client: RegistryClient) => client.list();
const get = (client: RegistryClient) => client.get('a');
const register = (client: RegistryClient) => client.register(ENTRY);
const heartbeat = (client: RegistryClient) => client.heartbeat('a');
const deregister = (client: RegistryClient) => client.deregister('a');
const stats = (client: RegistryClient) => client.stats();
const listed = (entry: unknown) => ({ servers: [ENTRY, entry], timestamp: 1 });

describe('an answer of the wrong shape', () => {
  test.each<[string, (client: RegistryClient) => Promise<unknown>, unknown]>([
    ['a list that is no object', list, []],
    ['a list that is null', list, null],
    ['a list with no servers', list, { timestamp: 1 }],
    ['a list with no time', list, { servers: [] }],
    ['a list with an entry that is null', list, listed(null)],
    ['a list with an endpoint that is a number', list, listed({ ...ENTRY, endpoint: 7 })],
    ['a list with a missing key', list, listed({ ...ENTRY, publicKey: undefined })],
    ['a list with a time that is text', list, listed({ ...ENTRY, lastSeen: '2000' })],
    ['a list with metadata that is an array', list, listed({ ...ENTRY, metadata: [] })],
    ['a server with an unknown status', get, { server: ENTRY, status: 'dozing', expiresAt: 1 }],
    ['a registration without a lease', register, { success: true, server: ENTRY }],
    [
      'a registration with an interval of 0',
      register,
      { success: true, server: ENTRY, lease: { ...LEASE, heartbeatEveryMs: 0 } },
    ],
    ['a heartbeat with peers that are no array', heartbeat, { success: true, peers: {} }],
    ['a heartbeat without success', heartbeat, { success: false }],
    ['a deregistration without success', deregister, {}],
    ['stats with a member missing', stats, { live: 1 }],
  ])('is never handed back: %s', async (_, call, answer) => {
    const { client } = setUp(() => Response.json(answer));
    const error = await failureOf(call(client));
    expect(error.fault).toMatchObject({ kind: 'badAnswer', status: 200 });
  });

  test('tells how the body began', async () => {
    const page = `<!doctype html>${'x'.repeat(1000)}`;
    const { client } = setUp(() => new Response(page));
    const error = await failureOf(client.list());
    expect(error.fault).toEqual({ kind: 'badAnswer', status: 200, excerpt: page.slice(0, 120) });
    expect(error.message).toContain('answered 200, but not with what was asked for: "<!doctype html>xxx');
  });

  test('does not count members the client does not know', async () => {
    const answer = { servers: [{ ...ENTRY, colour: 'red', metadata: { a: [1] } }], timestamp: 1, more: true };
    const { client } = setUp(() => Response.json(answer));
    expect(await client.list()).toEqual(answer);
  });
});
