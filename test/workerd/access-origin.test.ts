/** Which pages may write where writes are open, and follow the list by a WebSocket; asked by a browser or not. */
import { describe, expect, it } from 'vitest';
import { registration } from './support/writes.ts';
import { kindOf } from './support/writes.ts';
import { ORIGIN } from './support/signing.ts';
import { ask, environment } from './support/worker.ts';

const GAMES = 'https://games.example';
const limitedTo = (more: object = {}) => environment({ WRITE_ACCESS: 'open', CORS_ORIGIN: GAMES, ...more });
const forGames = limitedTo();
const forAll = environment({ WRITE_ACCESS: 'open', CORS_ORIGIN: '*' });
const behindProxy = limitedTo({ PUBLIC_ORIGIN: 'https://public.example' });

const WRITES = {
  register: { method: 'POST', path: '/servers', body: registration({ serverId: 'origin' }) },
  heartbeat: { method: 'POST', path: '/servers/heartbeat', body: '{"serverId":"origin"}' },
  deregister: { method: 'DELETE', path: '/servers/origin', body: undefined },
} as const;

function write(name: keyof typeof WRITES, origin: string | null, variables: Env): Promise<Response> {
  const { method, path, body } = WRITES[name];
  // As a page sends it without a preflight: bytes, and no type.
  const bytes = body === undefined ? null : new TextEncoder().encode(body);
  const headers = origin === null ? {} : { Origin: origin };
  return ask(new Request(`${ORIGIN}${path}`, { method, body: bytes, headers }), variables);
}

describe.each(['register', 'heartbeat', 'deregister'] as const)('to %s', (name) => {
  it.each([
    'https://evil.example',
    'null',
    '',
    'http://games.example',
    `${GAMES}:8443`,
    `${GAMES}.evil.example`,
  ])('a page of %j is refused where CORS_ORIGIN names another', async (origin) => {
    await write('register', null, forGames);
    expect(await kindOf403(await write(name, origin, forGames))).toBe('403 /errors#foreign-origin');
  });

  it.each([GAMES, ORIGIN, null])('a page of %j may, and so may a program that is none', async (origin) => {
    await write('register', null, forGames);
    expect((await write(name, origin, forGames)).status).toBe(200);
  });

  it.each(['https://evil.example', 'null'])(
    'every page may where CORS_ORIGIN is *, %j too',
    async (origin) => {
      await write('register', null, forAll);
      expect(await kindOf(await write(name, origin, forAll))).toBe('ok');
    },
  );

  it("the registry's own origin is the public one, where that is named", async () => {
    await write('register', null, behindProxy);
    expect((await write(name, 'https://public.example', behindProxy)).status).toBe(200);
    expect((await write('register', ORIGIN, behindProxy)).status).toBe(403);
  });
});

describe('to follow the list by a WebSocket', () => {
  const upgrade = (origin: string | null, variables: Env) => {
    const headers = { Upgrade: 'websocket', ...(origin !== null && { Origin: origin }) };
    return ask(new Request(`${ORIGIN}/servers?since=0`, { headers }), variables);
  };

  it.each(['https://evil.example', 'null'])(
    'a page of %j is refused where CORS_ORIGIN names another, and not where it is *',
    async (origin) => {
      expect(await kindOf403(await upgrade(origin, forGames))).toBe('403 /errors#foreign-origin');
      expect((await upgrade(origin, forAll)).status).toBe(101);
    },
  );

  it.each([GAMES, ORIGIN, null])('a page of %j may, and so may a program that is none', async (origin) => {
    expect((await upgrade(origin, forGames)).status).toBe(101);
  });

  it('it is so in every mode of write access', async () => {
    for (const mode of ['token', 'signed']) {
      const variables = limitedTo({ WRITE_ACCESS: mode, REGISTRY_TOKEN: 'right' });
      expect((await upgrade('https://evil.example', variables)).status).toBe(403);
    }
  });
});

it('whoever reads may be any page: browsers keep the answer from it', async () => {
  const read = new Request(`${ORIGIN}/servers`, { headers: { Origin: 'https://evil.example' } });
  const answer = await ask(read, forGames);
  expect(answer.status).toBe(200);
  expect(answer.headers.get('Access-Control-Allow-Origin')).toBe(GAMES);
});

it.each(['text/plain', 'application/x-www-form-urlencoded', 'multipart/form-data; boundary=x'])(
  'a form of type %s writes nothing, from wherever',
  async (type) => {
    const headers = { Origin: GAMES, 'Content-Type': type };
    const form = new Request(`${ORIGIN}/servers`, { method: 'POST', body: registration(), headers });
    expect((await ask(form, forAll)).status).toBe(415);
  },
);

async function kindOf403(response: Response): Promise<string> {
  const said: { type?: unknown } = await response.json();
  return `${response.status} ${String(said.type)}`;
}
