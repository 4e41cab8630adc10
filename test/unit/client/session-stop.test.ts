/** The end of a heartbeat that holds a session. */
import { describe, expect, test, vi } from 'vitest';
import { SigningKey } from '../../../src/client/client.ts';
import { HELD } from './fake-socket.ts';
import { setUp } from './session-scene.ts';

describe('stop', () => {
  test('closes the session, and leaves no timer', async () => {
    const { handle, hold, socket, time, events } = setUp();
    await hold();
    await handle.stop();
    expect(socket().closedWith).toBe(1000);
    expect(events).toEqual(['registered', 'held', 'stopped']);
    expect(time.pending).toBe(0);
  });

  test('with deregister sends the request that outlives a page, before it returns', async () => {
    const { handle, hold, socket, registry } = setUp();
    await hold();
    const stopped = handle.stop({ deregister: true });
    expect(registry.requests).toEqual(['POST /servers', 'DELETE /servers/a']);
    await stopped;
    expect(socket().closedWith).toBe(1000);
  });

  test('while the session opens closes it, and deregisters', async () => {
    const { handle, time, socket, registry } = setUp();
    await time.advance(0);
    await handle.stop({ deregister: true });
    expect(socket().closedWith).toBe(1000);
    expect(registry.requests.at(-1)).toBe('DELETE /servers/a');
    expect(time.pending).toBe(0);
  });

  describe('of a client that signs', () => {
    async function signing() {
      const { privateKey } = await crypto.subtle.generateKey('Ed25519', true, ['sign', 'verify']);
      const pkcs8 = Buffer.from(await crypto.subtle.exportKey('pkcs8', privateKey)).toString('base64');
      const pem = `-----BEGIN PRIVATE KEY-----\n${pkcs8}\n-----END PRIVATE KEY-----\n`;
      const scene = setUp({}, { signingKey: await SigningKey.fromPem(pem) });
      await vi.waitFor(() => scene.socket());
      await scene.socket().say(HELD);
      return scene;
    }

    test('deregisters over the session, which needs no time to sign', async () => {
      const { handle, socket, registry, time } = await signing();
      const stopped = handle.stop({ deregister: true });
      expect(socket().texts).toEqual(['{"type":"deregister"}']);
      await socket().say({ type: 'ack', of: 'deregister' });
      await stopped;
      expect(registry.requests).toEqual(['POST /servers']);
      expect(time.pending).toBe(0);
    });

    test('tells the answer to metadata from that to the deregistration behind it', async () => {
      const { handle, socket, registry, time, failures } = await signing();
      handle.setMetadata({ players: 1 });
      const stopped = handle.stop({ deregister: true });
      expect(socket().texts).toEqual([
        '{"type":"metadata","metadata":{"players":1}}',
        '{"type":"deregister"}',
      ]);
      await socket().say({ type: 'error', status: 413, error: 'Metadata too large' });
      await socket().say({ type: 'ack', of: 'metadata' });
      expect(socket().closedWith).toBeUndefined();
      await socket().say({ type: 'ack', of: 'deregister' });
      await stopped;
      expect(registry.requests).toEqual(['POST /servers']);
      expect(failures).toEqual([]);
      expect(time.pending).toBe(0);
    });

    test.each([
      ['is cut', (scene: Awaited<ReturnType<typeof signing>>) => scene.socket().end(1006)],
      ['does not answer', (scene: Awaited<ReturnType<typeof signing>>) => scene.time.advance(10_000)],
    ])('deregisters by a request where the session %s', async (_, happen) => {
      const scene = await signing();
      const stopped = scene.handle.stop({ deregister: true });
      await happen(scene);
      await stopped;
      expect(scene.registry.requests).toEqual(['POST /servers', 'DELETE /servers/a']);
    });
  });
});
