/** A session that is lost: the lease is saved by heartbeats, then another session is tried. */
import { describe, expect, test } from 'vitest';
import { RegistryClient } from '../../../src/client/client.ts';
import { HELD, offering, PING_EVERY_MS } from './fake-socket.ts';
import { FakeRegistry, hang, ManualTime, unreachable } from './fakes.ts';
import { pingFor, REGISTRATION, setUp } from './session-scene.ts';

describe('a session that is lost', () => {
  test('is told with how long it held, and a heartbeat follows within 5 s', async () => {
    const scene = setUp();
    await scene.hold();
    await pingFor(60_000, scene);
    await scene.socket().end(1006);
    expect(scene.losses).toMatchObject([{ heldMs: 60_000, retryInMs: 2500 }]);
    expect(scene.losses[0]?.error.fault).toEqual({ kind: 'closed', code: 1006, reason: '' });
    await scene.time.advance(2500);
    expect(scene.registry.times('/servers/heartbeat')).toEqual([62_500]);
  });

  test.each([
    [0, 0],
    [1, 5000],
  ])(
    'with chance %d is followed by a heartbeat after %d ms, and by another session within 30 s',
    async (luck, afterMs) => {
      const scene = setUp();
      await scene.hold();
      await pingFor(60_000, scene);
      scene.time.luck = luck;
      await scene.socket().end(1001);
      await scene.time.advance(30_000);
      expect(scene.registry.times('/servers/heartbeat')[0]).toBe(60_000 + afterMs);
      expect(scene.sockets).toHaveLength(2);
      expect(scene.socket().protocols).toEqual(['rollcall.session.1', 'ticket-2']);
    },
  );

  test('is followed by a second heartbeat within the 15 s of grace where the first hangs', async () => {
    const scene = setUp();
    await scene.hold();
    await pingFor(20_000, scene);
    scene.time.luck = 1;
    scene.registry.answer = hang;
    await scene.socket().end(1006);
    await scene.time.advance(15_000);
    const [first = 0, second = 0] = scene.registry.times('/servers/heartbeat');
    expect([first, second].map((atMs) => atMs - 20_000)).toEqual([5000, expect.any(Number)]);
    expect(second - 20_000).toBeLessThan(15_000);
  });

  test('of a registry that asks to beat once an hour is saved in time all the same', async () => {
    const scene = setUp();
    const hourly = { ttlMs: 10_800_000, heartbeatEveryMs: 3_600_000 };
    await scene.time.advance(0);
    await scene.socket().say({ ...HELD, lease: hourly });
    scene.registry.answer = unreachable;
    scene.time.luck = 1;
    await scene.socket().end(1006);
    await scene.time.advance(15_000);
    expect(scene.registry.times('/servers/heartbeat')).toHaveLength(2);
  });

  test('because a pong is missing is closed, and late news of it change nothing', async () => {
    const scene = setUp();
    await scene.hold();
    await scene.time.advance(PING_EVERY_MS + 10_000);
    expect(scene.socket().closedWith).toBe(1000);
    expect(scene.losses[0]?.error.kind).toBe('timeout');
    await scene.time.advance(16_000);
    await scene.socket(1).say(HELD);
    await scene.socket(0).end(4409, 'replaced by a newer session');
    await scene.socket(0).say('pong');
    expect(scene.events).not.toContain('replaced');
    expect(scene.losses).toHaveLength(1);
  });

  test('before it held waits ever longer for the next, and heartbeats keep the lease', async () => {
    const scene = setUp();
    await scene.time.advance(0);
    for (let round = 0; round < 600; round += 1) {
      if (scene.socket().closedWith === undefined) await scene.socket().end(1006);
      await scene.time.advance(6000);
    }
    expect(scene.sockets.length).toBeGreaterThan(3);
    expect(scene.sockets.length).toBeLessThan(9);
    const beats = scene.registry.times('/servers/heartbeat');
    const gaps = beats.slice(1).map((atMs, index) => atMs - (beats[index] ?? 0));
    expect(Math.max(...gaps)).toBeLessThan(HELD.lease.ttlMs);
  });

  test('is not opened at all where the runtime refuses, and heartbeats go on', async () => {
    const time = new ManualTime();
    const registry = new FakeRegistry(time, offering());
    class Refusing {
      constructor() {
        throw new DOMException('An insecure WebSocket connection may not be initiated', 'SecurityError');
      }
      send(): void {}
      close(): void {}
      addEventListener(): void {}
    }
    const client = new RegistryClient('http://registry.test', {
      fetch: registry.fetch,
      environment: time,
      WebSocket: Refusing,
    });
    const handle = client.startHeartbeat(REGISTRATION);
    const kinds: string[] = [];
    handle.addEventListener('fellBack', ({ detail }) => kinds.push(detail.error.kind));
    await time.advance(20_000);
    expect(kinds).toEqual(['network']);
    expect(registry.times('/servers/heartbeat')).toEqual([2500, 18_500]);
  });

  test('because nothing came after it was opened is given up after the time-out', async () => {
    const scene = setUp({ timeoutMs: 3000 });
    await scene.time.advance(3000);
    expect(scene.losses).toMatchObject([{ heldMs: undefined }]);
    expect(scene.socket().closedWith).toBe(1000);
  });
});
