/** What is one list's is no other's [N8]: what each token opens at each route, which names are none, and who feels a failure. */
import { env } from 'cloudflare:workers';
import { runInDurableObject } from 'cloudflare:test';
import { afterEach, beforeEach, describe, expect, onTestFinished, test, vi } from 'vitest';
import { ROUTES } from '../../src/http/routes.ts';
import { ServerRegistry } from '../../src/registry/registry.ts';
import { brokenNamespace } from './support/broken.ts';
import { holdTime, inside, passMs, releaseTime, TTL_MS } from './support/fleet.ts';
import { ask, environment } from './support/worker.ts';
import { kindOf, registration } from './support/writes.ts';

const ORIGIN = 'https://registry.example';
const LISTS = 'default,luanti,godot,swept,unswept';
const OPEN = environment({ LISTS });

interface Sent {
  readonly body?: string;
  readonly token?: string;
}

function call(variables: Env, method: string, path: string, { body, token }: Sent = {}) {
  const headers = {
    ...(body !== undefined && { 'Content-Type': 'application/json' }),
    ...(token !== undefined && { Authorization: `Bearer ${token}` }),
  };
  const init = { method, headers, redirect: 'manual', ...(body !== undefined && { body }) } as const;
  return ask(new Request(`${ORIGIN}${path}`, init), variables);
}

describe('each token at each route of each list', () => {
  const GUARDED = environment({
    LISTS,
    WRITE_ACCESS: 'token',
    REGISTRY_TOKEN: 'of-all',
    REGISTRY_TOKEN_PREVIOUS: 'of-all-before',
    LIST_TOKENS: '{"luanti": ["of-luanti", "of-luanti-before"], "godot": "of-godot"}',
    METRICS_TOKEN: 'of-metrics',
  });
  const WRITES_AT: Readonly<Record<string, readonly string[]>> = {
    'of-all': ['', 'default', 'luanti', 'godot'],
    'of-all-before': ['', 'default', 'luanti', 'godot'],
    'of-luanti': ['luanti'],
    'of-luanti-before': ['luanti'],
    'of-godot': ['godot'],
    'of-metrics': [],
    'of-none': [],
    'of-luant': [],
    none: [],
  };

  function opens(token: string, list: string, needs: 'writes' | 'metrics' | undefined): boolean {
    if (needs === undefined) return true;
    return needs === 'metrics' ? token === 'of-metrics' : WRITES_AT[token]?.includes(list) === true;
  }

  const cases = ['', 'default', 'luanti', 'godot'].flatMap((list) =>
    Object.keys(WRITES_AT).map((token) => [list, token] as const),
  );

  test.each(cases)('list "%s", token %s', async (list, token) => {
    vi.spyOn(console, 'warn').mockImplementation(() => undefined);
    onTestFinished(() => {
      vi.restoreAllMocks();
    });
    const prefix = list === '' ? '' : `/lists/${list}`;
    const wrong: string[] = [];
    for (const { method, path, operation, needs } of ROUTES) {
      const body = method === 'POST' ? registration() : undefined;
      const sent = { ...(body !== undefined && { body }), ...(token !== 'none' && { token }) };
      const { status } = await call(GUARDED, method, `${prefix}${path.replace('{id}', 'limits')}`, sent);
      if ((status !== 401) !== opens(token, list, needs)) wrong.push(`${operation}: ${status}`);
    }
    expect(wrong).toEqual([]);
  });

  test('where writes are signed, the token of a list takes entries off that list, and does nothing else', async () => {
    vi.spyOn(console, 'warn').mockImplementation(() => undefined);
    onTestFinished(() => {
      vi.restoreAllMocks();
    });
    const signed = environment({ LISTS, WRITE_ACCESS: 'signed', LIST_TOKENS: '{"luanti": "of-luanti"}' });
    const statusOf = async (method: string, path: string, body?: string) =>
      (await call(signed, method, path, { token: 'of-luanti', ...(body !== undefined && { body }) })).status;
    expect(await statusOf('DELETE', '/lists/luanti/servers/a')).toBe(200);
    expect(await statusOf('DELETE', '/lists/godot/servers/a')).toBe(401);
    expect(await statusOf('DELETE', '/servers/a')).toBe(401);
    expect(await statusOf('POST', '/lists/luanti/servers', registration())).toBe(401);
  });

  test.each([
    [{ REGISTRY_TOKEN: 'same' }, 'REGISTRY_TOKEN'],
    [{ REGISTRY_TOKEN: 'new', REGISTRY_TOKEN_PREVIOUS: 'same' }, 'REGISTRY_TOKEN_PREVIOUS'],
    [{ METRICS_TOKEN: 'same' }, 'METRICS_TOKEN'],
    [{ LIST_TOKENS: '{"luanti": "same", "godot": "same"}' }, 'the list luanti'],
    [{ LIST_TOKENS: '{"luanti": "same", "godot": ["new", "same"]}' }, 'the list luanti'],
  ])('a token that opens more than one list is refused at the start: %j', async (variables, of) => {
    const answer = await call(
      environment({ LISTS, LIST_TOKENS: '{"luanti": "same"}', ...variables }),
      'GET',
      '/servers',
    );
    expect(await answer.text()).toContain(`the token of ${of}: each needs its own`);
  });
});

describe('a name that none of the lists has', () => {
  const NAMES = [
    'nope',
    'Luanti',
    'LUANTI',
    'luanti%2Fservers',
    'luanti%2f..%2fgodot',
    '%6cuanti',
    '%2e%2e%2fluanti',
    'luanti%00',
    'luanti%20',
    'luanti.',
    '-luanti',
    'lüanti',
    '__proto__',
    'toString',
    'global',
    'list:luanti',
    'x'.repeat(63),
    'x'.repeat(64),
  ];

  test.each(NAMES)('%s is refused by each route, and no object is asked for', async (name) => {
    vi.spyOn(console, 'warn').mockImplementation(() => undefined);
    const asked = vi.fn();
    onTestFinished(() => {
      vi.restoreAllMocks();
    });
    const watched = { ...OPEN, SERVER_REGISTRY: brokenNamespace({ onCall: asked }) };
    for (const { method, path } of ROUTES) {
      const body = method === 'POST' ? registration() : undefined;
      const at = `/lists/${name}${path.replace('{id}', 'limits')}`;
      const answer = await call(watched, method, at, body === undefined ? {} : { body });
      expect(await kindOf(answer)).toBe('404 no-such-list');
    }
    expect(asked).not.toHaveBeenCalled();
  });

  test('an empty one is no list and no route', async () => {
    expect(await kindOf(await call(OPEN, 'GET', '/lists//servers'))).toBe('404 no-such-route');
    expect(await kindOf(await call(OPEN, 'POST', '/lists//servers', { body: registration() }))).toBe(
      '404 no-such-route',
    );
  });

  test('steps lead to the list that the whole path names, and to none above the root', async () => {
    const statusOf = async (path: string) => (await call(OPEN, 'GET', path)).status;
    expect(await statusOf('/lists/luanti/../godot/stats')).toBe(200);
    expect(await statusOf('/lists/luanti/%2e%2E/godot/stats')).toBe(200);
    expect(await statusOf('/lists/../stats')).toBe(200);
    expect(await statusOf('/lists/../../../lists/godot/stats')).toBe(200);
    expect(await kindOf(await call(OPEN, 'GET', '/lists/luanti/..'))).toBe('404 no-such-route');
  });
});

describe('one list does not feel', () => {
  beforeEach(() => holdTime());
  afterEach(() => {
    releaseTime();
  });

  const register = (list: string, serverId: string, variables = OPEN) =>
    call(variables, 'POST', `/lists/${list}/servers`, { body: registration({ serverId }) });
  const object = (list: string) => env.SERVER_REGISTRY.getByName(`list:${list}/0`);

  test('that another is down', async () => {
    const errors = vi.spyOn(console, 'error').mockImplementation(() => undefined);
    onTestFinished(() => errors.mockRestore());
    const variables = { ...OPEN, SERVER_REGISTRY: brokenNamespace({ down: ['list:luanti/0'] }) };
    expect((await register('luanti', 'a', variables)).status).toBe(500);
    expect((await register('godot', 'a', variables)).status).toBe(200);
    for (const path of ['/servers', '/stats', '/lists', '/health', '/lists/godot/servers', '/metrics']) {
      expect([path, (await call(variables, 'GET', path)).status]).toEqual([path, 200]);
    }
  });

  test('that another is full', async () => {
    const settings = { ...env, LISTS, LIST_SETTINGS: '{"luanti": {"MAX_SERVERS": "1"}}' };
    const kinds = (list: string) =>
      runInDurableObject(object(list), async (_, state) => {
        const loaded = new ServerRegistry(state, settings);
        const found: string[] = [];
        for (const serverId of ['full-1', 'full-2']) {
          const server = {
            serverId,
            endpoint: 'wss://a.example',
            publicKey: 'k',
            region: 'eu',
            metadata: null,
          };
          found.push((await loaded.register(server)).kind);
        }
        return found;
      });
    expect(await kinds('luanti')).toEqual(['registered', 'registry-full']);
    expect(await kinds('godot')).toEqual(['registered', 'registered']);
  });

  test('the sweep of another, nor that its servers fell silent', async () => {
    await register('swept', 'silent');
    passMs(TTL_MS - 1000);
    await register('unswept', 'late');
    const before = await object('unswept').stats();
    passMs(1000);
    await inside(object('swept'), (registry) => registry.alarm());
    expect(await object('swept').stats()).toMatchObject({ live: 0, stale: 0, sweeps: 1 });
    const { live, sweeps, revision } = await object('unswept').stats();
    expect({ live, sweeps, revision }).toEqual({ live: 1, sweeps: 0, revision: before.revision });
  });
});
