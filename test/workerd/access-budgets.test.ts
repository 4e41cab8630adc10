/** Where writes are signed: what refused writes cost whom, and what a refusal tells. */
import { afterEach, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest';
import { SigningKey } from '../../src/client/keys.ts';
import { problem } from '../../src/protocol/protocol.ts';
import { accept, beating, registering, SIGNED, statusOf, TOKEN } from './support/owners.ts';
import { request } from './support/signing.ts';
import { ask, environment } from './support/worker.ts';
import { kindOf } from './support/writes.ts';

const LIMITED = environment({ WRITE_ACCESS: 'signed', REGISTRY_TOKEN: TOKEN, RATE_LIMIT: 'on' });
const LIMIT_OF_SERVER = 20;

let owner: SigningKey;
let ids = 0;
let id = '';

beforeAll(async () => {
  owner = await SigningKey.generate();
});
beforeEach(async () => {
  vi.spyOn(console, 'warn').mockImplementation(() => undefined);
  ids += 1;
  id = `budget-${ids}`;
  await accept(registering(id, owner.publicKey), owner);
});
afterEach(() => vi.restoreAllMocks());

function from(address: string, more: Record<string, string> = {}) {
  return { headers: { 'CF-Connecting-IP': address, ...more } };
}

/** What the writes were answered until one was over the limit. */
async function untilRefused(write: () => Promise<string>): Promise<string[]> {
  const kinds = new Set<string>();
  for (let at = 0; at < 500 && !kinds.has('429 rate-limited'); at += 1) kinds.add(await write());
  return [...kinds];
}

describe('a refused write', () => {
  it.each([
    ['a body that is no JSON', { method: 'POST', path: '/servers', body: '{' }, '400 malformed-body'],
    ['a field that is missing', { method: 'POST', path: '/servers', body: {} }, '400 missing-fields'],
    [
      'a body that is too large',
      { method: 'POST', path: '/servers', body: ' '.repeat(9000) },
      '413 body-too-large',
    ],
    ['an id that is none', { method: 'DELETE', path: '/servers/%0a' }, '400 malformed-id'],
  ])(
    'for %s is limited by its address, and costs who shares the address nothing',
    async (name, unsigned, kind) => {
      const address = `192.0.2.${name.length}`;
      const refused = async () => kindOf(await ask(await request(unsigned, owner, from(address)), LIMITED));
      expect(await untilRefused(refused)).toEqual([kind, '429 rate-limited']);
      expect((await ask(await request(beating(id), owner, from(address)), LIMITED)).status).toBe(200);
    },
  );
});

describe('a captured heartbeat', () => {
  it('that is sent again and again uses up no budget but its own', async () => {
    const captured = await request(beating(id), owner, from('192.0.2.200'));
    const kinds = await untilRefused(async () => kindOf(await ask(captured.clone(), LIMITED)));
    expect(kinds).toEqual(['ok', '429 rate-limited']);
    const fresh = await request(beating(id, { metadata: { fresh: 1 } }), owner, from('192.0.2.201'));
    expect(await kindOf(await ask(fresh, LIMITED))).toBe('ok');
  });

  it('that is too old costs its signer nothing', async () => {
    const old = { ...from('192.0.2.202'), created: 1 };
    for (let at = 0; at < LIMIT_OF_SERVER + 5; at += 1) {
      expect((await ask(await request(beating(id), owner, old), LIMITED)).status).toBe(401);
    }
    const fresh = await request(beating(id), owner, from('192.0.2.203'));
    expect((await ask(fresh, LIMITED)).status).toBe(200);
  });
});

describe('a signature over a great many components', () => {
  it.each([33, 500, 15_000])('of %i is refused by their number alone', async (count) => {
    const signed = await request(beating(id), owner);
    const names = Array.from({ length: count }, (_, at) => `"x${at}"`).join(' ');
    signed.headers.set(
      'Signature-Input',
      `sig1=("@method" "@target-uri" "content-digest" ${names});created=1`,
    );
    const response = await ask(signed, SIGNED);
    expect(response.status).toBe(401);
    expect(problem.parse(await response.json()).detail).toContain('at most');
  });

  it('in thousands of labels is refused as well', async () => {
    const signed = await request(beating(id), owner);
    const inputs = Array.from({ length: 3000 }, (_, at) => `s${at}=("@method")`).join(', ');
    signed.headers.set('Signature-Input', inputs);
    expect((await ask(signed, SIGNED)).status).toBe(401);
  });
});

describe('a refusal for the signature', () => {
  it('shows of headers that are not its own the names alone', async () => {
    const components = ['@method', '@target-uri', 'content-digest', 'x-secret', 'cookie'];
    const headers = { 'X-Secret': 'added-by-a-proxy', Cookie: 'session=secret' };
    const signed = await request(beating(id), owner, { components, headers, signedBody: '{}' });
    signed.headers.set('X-Secret', 'changed-on-the-way');
    const text = await (await ask(signed, SIGNED)).text();
    expect(text).toContain('x-secret');
    expect(text).toContain('content-digest');
    for (const value of ['added-by', 'changed-on', 'session']) expect(text).not.toContain(value);
  });

  it("carries the registry's time, in every case that wants a signature and in no other", async () => {
    const unsigned = await request(beating(id));
    const old = await request(beating(id), owner, { created: 1 });
    for (const refused of [unsigned, old]) {
      const response = await ask(refused, SIGNED);
      const { now = 0 } = problem.parse(await response.json());
      expect(Math.abs(now - Date.now())).toBeLessThan(5000);
    }
    const guarded = environment({ WRITE_ACCESS: 'token', REGISTRY_TOKEN: TOKEN });
    const response = await ask(await request(beating(id)), guarded);
    expect(problem.parse(await response.json())).not.toHaveProperty('now');
  });
});

describe('an id that looks like the key of somebody else', () => {
  it.each(['\u{ff1a}', '\u{a789}', '\u{2236}', ';'])(
    'with %s for the colon is not registered',
    async (colon) => {
      const victim = await SigningKey.generate();
      const lookAlike = victim.serverId.replace(':', colon);
      expect(await statusOf(registering(lookAlike, owner.publicKey), owner)).toBe(400);
      expect(await statusOf(registering(lookAlike, victim.publicKey), victim)).toBe(400);
    },
  );
});

describe('the URL that is signed', () => {
  const OUTSIDE = 'https://public.example:8443';
  const behindProxy = environment({ WRITE_ACCESS: 'signed', PUBLIC_ORIGIN: OUTSIDE });

  it('may be that of the public origin, and no other', async () => {
    const signedUrl = `${OUTSIDE}/servers/heartbeat`;
    expect((await ask(await request(beating(id), owner, { signedUrl }), behindProxy)).status).toBe(200);
    expect((await ask(await request(beating(id), owner, { signedUrl }), SIGNED)).status).toBe(401);
    expect((await ask(await request(beating(id), owner), behindProxy)).status).toBe(200);
    const other = { signedUrl: 'https://other.example/servers/heartbeat' };
    expect((await ask(await request(beating(id), owner, other), behindProxy)).status).toBe(401);
  });

  it.each([
    ['https://registry.example:443/servers/heartbeat', {}, 200],
    ['https://REGISTRY.example/servers/heartbeat', { Host: 'REGISTRY.example' }, 200],
    ['https://evil.example/servers/heartbeat', { Host: 'evil.example' }, 401],
    ['http://registry.example/servers/heartbeat', {}, 401],
    ['https://registry.example:80/servers/heartbeat', {}, 401],
  ])('%s with %j is answered %i', async (signedUrl, headers, status) => {
    expect(await statusOf(beating(id), owner, { signedUrl, headers })).toBe(status);
  });
});
