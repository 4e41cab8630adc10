/** Which signatures count, and which ids belong to a key for ever. */
import { afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { SigningKey } from '../../src/client/keys.ts';
import { holdTime, passMs, releaseTime } from './support/fleet.ts';
import { accept, beating, held, leaving, registering, send, SIGNED, statusOf } from './support/owners.ts';
import { nowSeconds, ORIGIN, request, type Flaws } from './support/signing.ts';
import { ask } from './support/worker.ts';

let owner: SigningKey;
let thief: SigningKey;
let ids = 0;
let id = '';

beforeAll(async () => {
  owner = await SigningKey.generate();
  thief = await SigningKey.generate();
});
beforeEach(() => {
  holdTime();
  ids += 1;
  id = `server-${ids}`;
});
afterEach(releaseTime);

describe('an id that is a key', () => {
  it('is written by that key alone, held or not', async () => {
    const own = owner.serverId;
    expect(await statusOf(registering(own, thief.publicKey), thief)).toBe(403);
    expect(await statusOf(registering(own, owner.publicKey), thief)).toBe(403);
    expect(await statusOf(leaving(own), thief)).toBe(403);
    expect(await statusOf(beating(own), thief)).toBe(403);
    await accept(registering(own, owner.publicKey), owner);
    await accept(beating(own), owner, { keyid: null });
    passMs(1000);
    await accept(leaving(own), owner);
  });

  it('has no look-alike in another spelling of the key', async () => {
    const lookAlikes = [
      owner.serverId.slice(0, -1),
      owner.serverId.replace('ed25519', 'ED25519'),
      `${owner.serverId}=`,
      `ed25519:${owner.serverId}`,
    ];
    for (const lookAlike of lookAlikes) {
      expect(await statusOf(registering(lookAlike, owner.publicKey), owner)).toBe(400);
      expect(await statusOf(registering(lookAlike, thief.publicKey), thief)).toBe(400);
    }
  });
});

describe('a signature', () => {
  beforeEach(() => accept(registering(id, owner.publicKey), owner, { created: nowSeconds() - 5 }));

  const flawed: Record<string, Flaws> = {
    'over another body': { signedBody: '{}' },
    'over another path': { signedUrl: `${ORIGIN}/servers` },
    'over another host': { signedUrl: 'https://another.example/servers/heartbeat' },
    'over another scheme': { signedUrl: 'http://registry.example/servers/heartbeat' },
    'over another method': { signedMethod: 'DELETE' },
    'without the method': { components: ['@target-uri', 'content-digest'] },
    'without the target': { components: ['@method', 'content-digest'] },
    'without the digest': { components: ['@method', '@target-uri'] },
    'over nothing': { components: [] },
    'over a header that is not there': { components: ['@method', '@target-uri', 'content-digest', 'date'] },
    'without a time': { created: null },
    'of another algorithm': { alg: 'hmac-sha256' },
    'that has expired': { expires: 1 },
  };
  it.each(Object.keys(flawed))('%s is refused', async (name) => {
    const response = await send(beating(id, { metadata: { stolen: true } }), owner, flawed[name] ?? {});
    expect(response.status).toBe(401);
    expect(response.headers.get('Accept-Signature')).toContain('"content-digest"');
    expect(await held(id)).not.toHaveProperty('metadata');
  });

  it.each([
    ['Signature', 'sig1=:AAAA:'],
    ['Signature', 'sig2=:AAAA:'],
    ['Signature', 'nonsense?'],
    ['Signature', 'sig1="a string"'],
    ['Signature-Input', 'sig1'],
    ['Signature-Input', 'sig1=("@method"'],
    ['Signature-Input', `sig1=(${'"@method" '.repeat(50)})`],
    ['Content-Digest', 'sha-256=:AAAA:'],
  ])('with %s: %s is refused', async (header, value) => {
    const signed = await request(beating(id), owner);
    signed.headers.set(header, value);
    expect((await ask(signed, SIGNED)).status).toBe(401);
  });

  it('over one path does not open another one', async () => {
    const { headers } = await request(leaving('server-elsewhere'), owner);
    const moved = new Request(`${ORIGIN}/servers/${id}`, { method: 'DELETE', headers });
    expect((await ask(moved, SIGNED)).status).toBe(401);
    expect(await held(id)).toBeDefined();
  });

  it.each(['a b', '(', ':', 'Content-Type'])('over %j, which names no header, is refused', async (name) => {
    const signed = await request(beating(id), owner);
    const input = signed.headers.get('Signature-Input') ?? '';
    signed.headers.set(
      'Signature-Input',
      input.replace('"content-digest"', `"content-digest" ${JSON.stringify(name)}`),
    );
    expect((await ask(signed, SIGNED)).status).toBe(401);
  });

  it.each(['("@method")', '("@method";req)', '("@query-param";name="x")'])(
    'does no harm beside another one over %s',
    async (other) => {
      const signed = await request(beating(id), owner);
      const input = signed.headers.get('Signature-Input') ?? '';
      signed.headers.set('Signature-Input', `proxy=${other};created=1, ${input}`);
      signed.headers.set('Signature', `proxy=:AAAA:, ${signed.headers.get('Signature') ?? ''}`);
      expect((await ask(signed, SIGNED)).status).toBe(200);
    },
  );
});
