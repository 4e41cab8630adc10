/** Who may write: every route × every access mode × every credential. */
import { beforeAll, describe, expect, it } from 'vitest';
import { SigningKey } from '../../src/client/keys.ts';
import { problem } from '../../src/protocol/protocol.ts';
import { nowSeconds, request, type Unsigned } from './support/signing.ts';
import { ask, environment } from './support/worker.ts';

const MODES = ['token', 'signed', 'open'] as const;
type Mode = (typeof MODES)[number];

const TOKEN = 'the-token-of-today';
const PREVIOUS = 'the-token-of-yesterday';

const environments: Record<Mode, Env> = {
  token: environment({ WRITE_ACCESS: 'token', REGISTRY_TOKEN: TOKEN, REGISTRY_TOKEN_PREVIOUS: PREVIOUS }),
  signed: environment({ WRITE_ACCESS: 'signed', REGISTRY_TOKEN: TOKEN, REGISTRY_TOKEN_PREVIOUS: PREVIOUS }),
  open: environment({ WRITE_ACCESS: 'open' }),
};

const WRITES = ['register', 'heartbeat', 'deregister'] as const;
type Write = (typeof WRITES)[number];

const READS = ['/servers', '/servers/<id>', '/stats', '/health', '/errors', '/', '/api/info'];

const CREDENTIALS = {
  none: {},
  'a wrong token': { bearer: 'the-token-of-nobody' },
  'no bearer token': { authorization: `Basic ${btoa(TOKEN)}` },
  'the token': { bearer: TOKEN },
  'the previous token': { bearer: PREVIOUS },
  'a right signature': { by: 'owner' },
  "another key's signature": { by: 'other' },
  'an expired signature': { by: 'owner', ageSeconds: 62 },
  'a signature from the future': { by: 'owner', ageSeconds: -62 },
  'a replayed signature': { by: 'owner', ageSeconds: 10 },
  'a broken signature': { by: 'owner', keyOf: 'other' },
} as const satisfies Record<string, Credential>;
type Credential = {
  readonly bearer?: string;
  readonly authorization?: string;
  readonly by?: 'owner' | 'other';
  readonly keyOf?: 'other';
  readonly ageSeconds?: number;
};
type CredentialName = keyof typeof CREDENTIALS;

/** The status of a write to a server that is held: registered five seconds ago, signed by its owner in signed mode. */
function expected(mode: Mode, write: Write, credential: CredentialName): number {
  if (mode === 'open') return 200;
  const isToken = credential === 'the token' || credential === 'the previous token';
  if (mode === 'token') return isToken ? 200 : 401;
  if (isToken) return write === 'deregister' ? 200 : 401;
  return IN_SIGNED_MODE[credential] ?? 401;
}

/** What is not named here is refused as unauthorized. */
const IN_SIGNED_MODE: Readonly<Partial<Record<CredentialName, number>>> = {
  'a right signature': 200,
  "another key's signature": 403,
  'a replayed signature': 409,
};

function writeOf(write: Write, serverId: string, publicKey: string): Unsigned {
  switch (write) {
    case 'register':
      return {
        method: 'POST',
        path: '/servers',
        body: { serverId, endpoint: 'wss://a.example', publicKey },
      };
    case 'heartbeat':
      return { method: 'POST', path: '/servers/heartbeat', body: { serverId, peers: false } };
    case 'deregister':
      return { method: 'DELETE', path: `/servers/${encodeURIComponent(serverId)}` };
  }
}

let keys: { readonly owner: SigningKey; readonly other: SigningKey };
beforeAll(async () => {
  keys = { owner: await SigningKey.generate(), other: await SigningKey.generate() };
});

async function send(mode: Mode, unsigned: Unsigned, credential: Credential): Promise<Response> {
  const authorization =
    credential.bearer === undefined ? credential.authorization : `Bearer ${credential.bearer}`;
  const headers = authorization === undefined ? {} : { Authorization: authorization };
  const key = credential.by === undefined ? undefined : keys[credential.by];
  const flaws = {
    headers,
    created: nowSeconds() - (credential.ageSeconds ?? 0),
    ...(credential.keyOf === undefined ? {} : { keyid: keys[credential.keyOf].publicKey }),
  };
  return ask(await request(unsigned, key, flaws), environments[mode]);
}

async function register(mode: Mode, serverId: string): Promise<void> {
  const credential: Credential = mode === 'signed' ? { by: 'owner', ageSeconds: 5 } : { bearer: TOKEN };
  const response = await send(mode, writeOf('register', serverId, keys.owner.publicKey), credential);
  expect(response.status).toBe(200);
}

async function isHeld(serverId: string): Promise<boolean> {
  const path = `/servers/${encodeURIComponent(serverId)}`;
  return (await ask(await request({ method: 'GET', path }), environments.open)).status === 200;
}

function credentialNames(): CredentialName[] {
  return Object.keys(CREDENTIALS).filter((name): name is CredentialName => name in CREDENTIALS);
}

describe.each(MODES)('WRITE_ACCESS=%s', (mode) => {
  describe.each(WRITES)('%s', (write) => {
    it.each(credentialNames())('with %s', async (name) => {
      const serverId = `${mode} ${write} ${name}`;
      await register(mode, serverId);
      const named = name === "another key's signature" ? keys.other : keys.owner;
      const response = await send(mode, writeOf(write, serverId, named.publicKey), CREDENTIALS[name]);
      const status = expected(mode, write, name);
      expect(response.status).toBe(status);
      expect(response.headers.get('Access-Control-Allow-Origin')).toBe('*');
      expect(await isHeld(serverId)).toBe(!(write === 'deregister' && status === 200));
      if (status === 200) return;
      const said = problem.parse(await response.json());
      expect(said.status).toBe(status);
      expect(said.type).toMatch(/^\/errors#(unauthorized|not-owner|replayed)$/);
      expect(response.headers.has('WWW-Authenticate')).toBe(status === 401);
      expect(JSON.stringify(said)).not.toMatch(/the-token-of/);
    });
  });

  it.each(READS)('anyone reads %s', async (path) => {
    const serverId = `${mode} read ${path}`;
    await register(mode, serverId);
    const asked = path.replace('<id>', encodeURIComponent(serverId));
    for (const method of ['GET', 'HEAD']) {
      const response = await send(mode, { method, path: asked }, CREDENTIALS.none);
      expect(response.status).toBe(200);
      const withWrongToken = await send(mode, { method, path: asked }, CREDENTIALS['a wrong token']);
      expect(withWrongToken.status).toBe(200);
    }
  });
});

describe('WRITE_ACCESS=token without a token', () => {
  const closed = environment({ WRITE_ACCESS: 'token', REGISTRY_TOKEN_PREVIOUS: PREVIOUS });

  it.each(WRITES)('answers 503 to %s and says which secret to set, and how', async (write) => {
    const unsigned = writeOf(write, 'anyone', 'key');
    for (const token of [PREVIOUS, '', 'undefined', 'null']) {
      const headers = { Authorization: `Bearer ${token}` };
      const response = await ask(await request(unsigned, undefined, { headers }), closed);
      expect(response.status).toBe(503);
      const { detail } = problem.parse(await response.json());
      expect(detail).toContain('wrangler secret put REGISTRY_TOKEN');
    }
  });

  it('takes a blank secret for none, and the newline of a piped one off', async () => {
    const unsigned = writeOf('register', 'piped', 'key');
    const headers = { Authorization: `Bearer ${TOKEN}` };
    const status = async (token: string) => {
      const variables = environment({ WRITE_ACCESS: 'token', REGISTRY_TOKEN: token });
      return (await ask(await request(unsigned, undefined, { headers }), variables)).status;
    };
    expect(await status(' \n')).toBe(503);
    expect(await status(`${TOKEN}\n`)).toBe(200);
  });
});

describe('tokens are compared whole', () => {
  it.each([TOKEN.slice(0, -1), `${TOKEN}x`, TOKEN.toUpperCase(), `${TOKEN} x`, 'x'.repeat(5000), ''])(
    '%j is wrong',
    async (token) => {
      const response = await send('token', writeOf('heartbeat', 'whole', 'key'), { bearer: token });
      expect(response.status).toBe(401);
    },
  );

  it('knows the scheme in any case', async () => {
    const credential = { authorization: `bEARER ${TOKEN}` };
    expect((await send('token', writeOf('register', 'scheme', 'key'), credential)).status).toBe(200);
  });
});
