/** The client inside a Worker: the runtime takes its requests, and it takes the runtime's answers. */
import { describe, expect, it, vi } from 'vitest';
import { RegistryClient, SigningKey } from '../../src/client/client.ts';
import { ORIGIN } from './support/signing.ts';
import { ask, environment } from './support/worker.ts';

const ENTRY = { serverId: 'in-a-worker', endpoint: 'wss://a.example', publicKey: 'key' };

describe('in a Worker, the client', () => {
  it('registers, beats, is listed and deregisters, signing what it writes', async () => {
    const signed = environment({ WRITE_ACCESS: 'signed', RATE_LIMIT: 'off' });
    const signingKey = await SigningKey.generate();
    const client = new RegistryClient(ORIGIN, {
      signingKey,
      fetch: (url, init) => ask(new Request(url, init), signed),
    });
    const registration = { ...ENTRY, publicKey: signingKey.publicKey };
    expect((await client.register(registration)).server).toMatchObject(registration);
    expect(await client.heartbeat(ENTRY.serverId, { metadata: { players: 1 } })).toEqual({ success: true });
    expect((await client.list()).servers).toMatchObject([{ metadata: { players: 1 } }]);
    await client.deregister(ENTRY.serverId);
    await expect(client.get(ENTRY.serverId)).rejects.toMatchObject({ kind: 'refused' });
  });

  it('starts and stops 100 servers of one key at once', async () => {
    const signed = environment({ WRITE_ACCESS: 'signed', RATE_LIMIT: 'off' });
    const signingKey = await SigningKey.generate();
    const client = new RegistryClient(ORIGIN, {
      signingKey,
      fetch: (url, init) => ask(new Request(url, init), signed),
    });
    const ids = Array.from({ length: 100 }, (_, index) => `of-one-key-${index}`);
    const { publicKey } = signingKey;
    await Promise.all(ids.map((serverId) => client.register({ ...ENTRY, serverId, publicKey })));
    await Promise.all(ids.map((serverId) => client.heartbeat(serverId)));
    await Promise.all(ids.map((serverId) => client.deregister(serverId)));
    expect((await client.list()).servers).toEqual([]);
  });

  it('is told of a redirect, and does not follow it', async () => {
    const asked: string[] = [];
    const client = new RegistryClient(ORIGIN, {
      fetch: async (url, init) => {
        const request = new Request(url, init);
        asked.push(request.redirect);
        return new Response(null, { status: 302, headers: { Location: 'https://b.example/servers' } });
      },
    });
    await expect(client.register(ENTRY)).rejects.toThrow('Use https://b.example as the base URL');
    expect(asked).toEqual(['manual']);
  });

  it('reads no further than its limit', async () => {
    const endless = new ReadableStream<Uint8Array>({
      pull(controller) {
        controller.enqueue(new Uint8Array(1_000_000));
      },
    });
    const client = new RegistryClient(ORIGIN, { fetch: async () => new Response(endless) });
    await expect(client.stats()).rejects.toMatchObject({ kind: 'tooMuch' });
  });

  it('goes on where a listener throws', async () => {
    const reportError = vi.fn();
    vi.stubGlobal('reportError', reportError);
    const open = environment({ WRITE_ACCESS: 'open', RATE_LIMIT: 'off' });
    const client = new RegistryClient(ORIGIN, { fetch: (url, init) => ask(new Request(url, init), open) });
    const handle = client.startHeartbeat(ENTRY);
    const told = new Promise((resolve) => {
      handle.addEventListener('registered', async () => {
        throw new Error('a listener that is broken on purpose');
      });
      handle.addEventListener('registered', resolve);
    });
    await told;
    await handle.stop({ deregister: true });
    vi.unstubAllGlobals();
    expect(reportError).toHaveBeenCalledOnce();
    expect((await client.list()).servers).toEqual([]);
  });
});
