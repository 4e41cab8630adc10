/** Many lists [N8] [N9]: each route under `/lists/<name>/`, an object each, settings each. */
import { env } from 'cloudflare:workers';
import { abortAllDurableObjects, runInDurableObject } from 'cloudflare:test';
import { describe, expect, onTestFinished, test, vi } from 'vitest';
import { SigningKey } from '../../src/client/client.ts';
import { listAnswer, registerAnswer } from '../../src/protocol/protocol.ts';
import { CLOSE, SESSION_PROTOCOL } from '../../src/protocol/session.ts';
import { parseListConfig } from '../../src/lists.ts';
import { ServerRegistry } from '../../src/registry/registry.ts';
import { placeOf } from '../../src/rpc/place.ts';
import { request } from './support/signing.ts';
import { ask, environment } from './support/worker.ts';
import { kindOf, registration } from './support/writes.ts';

const LONGEST = 'x'.repeat(63);
const LISTS = `default,luanti,godot,global,constructor,empty,${LONGEST}`;
const ORIGIN = 'https://registry.example';
const OPEN = environment({
  LISTS,
  LIST_SETTINGS: '{"luanti": {"MAX_SERVERS": 1, "SERVER_TTL_MS": "60000"}}',
});
function call(variables: Env, method: string, path: string, body?: string) {
  const headers = { 'Content-Type': 'application/json' };
  return ask(
    new Request(`${ORIGIN}${path}`, { method, headers, ...(body !== undefined && { body }) }),
    variables,
  );
}

async function idsAt(path: string): Promise<string[]> {
  const answer = await call(OPEN, 'GET', path);
  return listAnswer.parse(await answer.json()).servers.map(({ serverId }) => serverId);
}

describe('each list is by itself', () => {
  test('a server is on the list it registered at, and no prefix means `default`', async () => {
    for (const list of ['luanti', 'global', 'constructor', LONGEST]) {
      const body = registration({ serverId: `at-${list}` });
      expect(await kindOf(await call(OPEN, 'POST', `/lists/${list}/servers`, body))).toBe('ok');
      expect(await idsAt(`/lists/${list}/servers`)).toEqual([`at-${list}`]);
    }
    expect(await idsAt('/servers')).toEqual([]);
    await call(OPEN, 'POST', '/lists/default/servers', registration({ serverId: 'a/b' }));
    expect(await idsAt('/servers')).toEqual(['a/b']);
    expect((await call(OPEN, 'GET', '/lists/default/servers/a/b')).status).toBe(200);
    expect((await call(OPEN, 'GET', '/lists/luanti/servers/a/b')).status).toBe(404);
  });

  test('a ticket opens a session on the list that handed it out, and on no other', async () => {
    const body = registration({ serverId: 'holder' });
    const answer = await call(OPEN, 'POST', '/lists/godot/servers', body);
    const { session } = registerAnswer.parse(await answer.json());
    const open = async (list: string) => {
      const headers = {
        Upgrade: 'websocket',
        'Sec-WebSocket-Protocol': `${SESSION_PROTOCOL}, ${session?.ticket}`,
      };
      const url = `${ORIGIN}/lists/${list}/servers/heartbeat`;
      const { webSocket } = await ask(new Request(url, { headers }), OPEN);
      if (webSocket === null) throw new Error('no socket was opened');
      return new Promise<string>((resolve) => {
        webSocket.addEventListener('message', ({ data }) => {
          resolve(String(data));
          webSocket.close(1000);
        });
        webSocket.addEventListener('close', ({ code }) => {
          resolve(`closed with ${code}`);
        });
        webSocket.accept();
      });
    };
    expect(await open('empty')).toBe(`closed with ${CLOSE.notRegistered.code}`);
    expect(await open('godot')).toContain('"type":"held"');
    await call(OPEN, 'DELETE', '/lists/godot/servers/holder');
  });

  test('and has the settings of its own', async () => {
    const own = environment({ LISTS, LIST_SETTINGS: '{"luanti": {"WRITE_ACCESS": "signed"}}' });
    const body = registration({ serverId: 'one' });
    expect(await kindOf(await call(own, 'POST', '/lists/luanti/servers', body))).toBe('401 unauthorized');
    expect(await kindOf(await call(own, 'POST', '/lists/godot/servers', body))).toBe('ok');
    const ofObject = parseListConfig(
      { LISTS, LIST_SETTINGS: '{"luanti": {"MAX_SERVERS": 1, "SERVER_TTL_MS": "60000"}}' },
      'luanti',
    );
    expect(ofObject).toMatchObject({ maxServers: 1, ttlMs: 60_000, heartbeatEveryMs: 20_000 });
  });

  test('which its object writes down with the first registration', async () => {
    await abortAllDurableObjects();
    const stub = env.SERVER_REGISTRY.getByName('list:godot/0');
    const stored = await runInDurableObject(stub, (_, { storage }) => storage.get('place'));
    expect(stored).toEqual({ list: 'godot', shard: 0 });
  });

  test('a read of a list that nobody registered at writes nothing and sets no alarm', async () => {
    for (const route of ['servers', 'servers?limit=1', 'servers?since=0', 'servers/a', 'stats', 'metrics']) {
      await call(OPEN, 'GET', `/lists/empty/${route}`);
    }
    const stub = env.SERVER_REGISTRY.getByName('list:empty/0');
    await stub.save();
    await runInDurableObject(stub, async (_, { storage }) => {
      expect((await storage.list()).size).toBe(0);
      expect(await storage.getAlarm()).toBeNull();
    });
  });
});

describe('a name', () => {
  test.each([
    '/lists/nope/servers',
    '/lists/nope/health',
    '/lists/nope/nowhere',
    '/lists/Luanti/servers',
    '/lists/luanti%2Fservers',
    '/lists/%6cuanti/servers',
    `/lists/${LONGEST}x/servers`,
    '/lists/nope',
  ])('%s is of no list', async (path) => {
    expect(await kindOf(await call(OPEN, 'GET', path))).toBe('404 no-such-list');
  });

  test('steps in a path are taken before the list is read from it', async () => {
    expect(await idsAt('/lists/luanti/../godot/servers')).toEqual(['one']);
    expect(await idsAt('/lists/luanti/%2e%2e/%2e%2e/servers')).toEqual(['a/b']);
  });

  test('of an object says its list, and that of any other is the default one', () => {
    expect(placeOf('list:global/3')).toEqual({ list: 'global', shard: 3 });
    expect(placeOf('global')).toEqual({ list: 'default', shard: 0 });
  });

  test('is told by GET /lists, also where no list is called `default`', async () => {
    const without = environment({ LISTS: 'luanti, godot' });
    const answer = await call(without, 'GET', '/lists');
    expect(await answer.json()).toEqual({ lists: [{ name: 'luanti' }, { name: 'godot' }] });
    expect((await call(without, 'GET', '/health')).status).toBe(200);
    expect(await kindOf(await call(without, 'GET', '/servers'))).toBe('404 no-such-list');
  });
});

test('a registration signed for one list counts at no other', async () => {
  const signed = environment({ LISTS, WRITE_ACCESS: 'signed' });
  const key = await SigningKey.generate();
  const body = {
    serverId: `ed25519:${key.publicKey}`,
    endpoint: 'wss://a.example',
    publicKey: key.publicKey,
  };
  const right = await request({ method: 'POST', path: '/lists/godot/servers', body }, key);
  expect(await kindOf(await ask(right, signed))).toBe('ok');
  const moved = await request({ method: 'POST', path: '/lists/luanti/servers', body }, key, {
    signedUrl: `${ORIGIN}/lists/godot/servers`,
  });
  expect(await kindOf(await ask(moved, signed))).toBe('401 unauthorized');
});

test.each([
  [{ LISTS: 'Luanti' }, 'LISTS must be'],
  [{ LIST_SETTINGS: '{"nope": {}}' }, '"nope"'],
  [{ LIST_SETTINGS: '{"default": {"MAX_SERVER": 1}}' }, 'no variable "MAX_SERVER"'],
  [{ LIST_SETTINGS: '{"default": {"METRICS_TOKEN": "x"}}' }, 'METRICS_TOKEN is of all lists'],
  [
    { LIST_SETTINGS: '{"default": {"MAX_SERVERS": "many"}}' },
    'default: MAX_SERVERS must be a positive integer, but is "many"',
  ],
  [{ LIST_SETTINGS: '{' }, 'LIST_SETTINGS must be a JSON object'],
  [{ LIST_TOKENS: '{"default": "two words"}' }, 'not shown here'],
  [{ LIST_TOKENS: '{"default": "same"}', REGISTRY_TOKEN: 'same' }, 'each needs its own'],
  [{ LIST_TOKENS: '{"default": ["a", "b", "c"]}' }, 'must have one token for each list, or the new one and'],
  [{ LIST_TOKENS: '{"default": []}' }, 'must have one token for each list, or the new one and'],
  [{ LIST_TOKENS: '{"default": {}}' }, 'LIST_TOKENS must be a string'],
])('%j is refused by name', async (variables, said) => {
  const answer = await call(environment(variables), 'GET', '/servers');
  expect(answer.status).toBe(500);
  const text = await answer.text();
  expect(text.replaceAll(String.raw`\"`, '"')).toContain(said);
  expect(text).not.toContain('two words');
});

test('what an object of a list says in the log names both', async () => {
  const lines = vi.spyOn(console, 'error').mockImplementation(() => undefined);
  onTestFinished(() => lines.mockRestore());
  const stub = env.SERVER_REGISTRY.getByName('list:luanti/2');
  await runInDurableObject(stub, async (_, state) => {
    const loaded = new ServerRegistry(state, { ...env, BOOTSTRAP_SIGNING_KEY: 'no key' });
    await loaded.save();
  });
  const said = lines.mock.calls.map(([line]) => String(line));
  expect(said).toContainEqual(expect.stringMatching(/^{"event":"lists-unsigned","list":"luanti","shard":2,/));
});

test('the bare name of a list leads to it, with the question that was asked; no other name does', async () => {
  const bare = (path: string, method = 'GET') =>
    ask(new Request(`${ORIGIN}${path}`, { method, redirect: 'manual' }), OPEN);
  const { status, headers } = await bare('/lists/luanti?q=a');
  expect([status, headers.get('Location')]).toEqual([308, 'luanti/?q=a']);
  expect((await bare('/lists/luanti', 'HEAD')).status).toBe(308);
  expect((await bare('/lists/luanti', 'POST')).status).toBe(404);
  expect((await bare('/lists/nope')).status).toBe(404);
});
