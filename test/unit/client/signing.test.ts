/** What the client signs, the Worker's own verification accepts. */
import { describe, expect, it } from 'vitest';
import { RegistryClient, SigningKey } from '../../../src/client/client.ts';
import { RequestSigner } from '../../../src/client/signing.ts';
import { verifyRequest } from '../../../src/http/auth/signature/verify.ts';

const NOW_MS = 1_700_000_000_000;
const NOW_SECONDS = NOW_MS / 1000;

/** Sends one call into a recorder, and verifies what was recorded. */
async function verified(
  call: (client: RegistryClient) => Promise<unknown>,
  options: { token?: string } = {},
) {
  const key = await SigningKey.generate();
  const sent: Request[] = [];
  const client = new RegistryClient('http://registry.example/mounted/', {
    ...(options.token === undefined ? { signingKey: key } : options),
    fetch: async (url, init) => {
      sent.push(new Request(url, init));
      return Response.json({ success: true });
    },
  });
  await call(client).catch(() => undefined);
  const [request] = sent;
  if (request === undefined) throw new Error('nothing was sent');
  const body = new Uint8Array(await request.clone().arrayBuffer());
  return { key, request, verdict: await verifyRequest(request, body, undefined, Date.now()) };
}

const registration = { serverId: 'a/b 🎮', endpoint: 'wss://a.example', publicKey: 'key' };

describe('a client with a signing key', () => {
  it.each<[string, (client: RegistryClient) => Promise<unknown>]>([
    ['registers', (client) => client.register(registration)],
    ['heartbeats', (client) => client.heartbeat('a/b 🎮', { metadata: { players: 3 } })],
    ['deregisters', (client) => client.deregister('a/b 🎮')],
    ['deregisters by a key', (client) => client.deregister('ed25519:+/8=')],
  ])('%s with a signature that counts', async (_, call) => {
    const { key, verdict } = await verified(call);
    expect(verdict).toMatchObject({ ok: true, signed: { key: { base64: key.publicKey } } });
  });

  it('does not sign what reads', async () => {
    const { request } = await verified((client) => client.list());
    expect(request.headers.has('Signature')).toBe(false);
  });

  it('sends no token, and a client with a token signs nothing', async () => {
    const signed = await verified((client) => client.register(registration));
    expect(signed.request.headers.has('Authorization')).toBe(false);
    const bearing = await verified((client) => client.register(registration), { token: 't' });
    expect(bearing.request.headers.get('Authorization')).toBe('Bearer t');
    expect(bearing.request.headers.has('Signature')).toBe(false);
  });

  it('is not given both', async () => {
    const signingKey = await SigningKey.generate();
    expect(() => new RegistryClient('http://a.example', { token: 't', signingKey })).toThrow(TypeError);
  });
});

describe('created', () => {
  const write = { method: 'POST', url: 'http://a.example/servers', body: '{}' };
  const heartbeat = { ...write, url: 'http://a.example/servers/heartbeat' };
  async function createdOf(signer: RequestSigner, request: typeof write): Promise<number> {
    const { 'Signature-Input': input = '' } = await signer.headersFor(request);
    return Number(/;created=(\d+)/.exec(input)?.[1]);
  }

  it('is later with each registration, and that of the last registration at least for a heartbeat', async () => {
    const signer = new RequestSigner(await SigningKey.generate(), () => NOW_MS);
    expect(await createdOf(signer, heartbeat)).toBe(NOW_SECONDS);
    expect(await createdOf(signer, write)).toBe(NOW_SECONDS);
    expect(await createdOf(signer, write)).toBe(NOW_SECONDS + 1);
    expect(await createdOf(signer, heartbeat)).toBe(NOW_SECONDS + 1);
    expect(await createdOf(signer, { ...write, method: 'DELETE' })).toBe(NOW_SECONDS + 2);
  });
});

describe('a key', () => {
  it('is the same after PEM, and has its own id', async () => {
    const key = await SigningKey.generate();
    const again = await SigningKey.fromPem(`some text before\n${await key.toPem()}`);
    expect(again.publicKey).toBe(key.publicKey);
    expect(again.serverId).toBe(`ed25519:${key.publicKey}`);
    expect(key.publicKey).toMatch(/^[A-Za-z0-9+/]{43}=$/);
  });

  it.each(['', 'nonsense', '-----BEGIN PRIVATE KEY-----\n!\n-----END PRIVATE KEY-----'])(
    'is not read from %j',
    async (pem) => {
      await expect(SigningKey.fromPem(pem)).rejects.toBeInstanceOf(TypeError);
    },
  );
});
