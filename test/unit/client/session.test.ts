/** A session that holds a lease: when it is opened, how it is kept, and what the registry closes it with. */
import { describe, expect, test } from 'vitest';
import { z } from 'zod';
import { RegistryClient, type HeartbeatDetails } from '../../../src/client/client.ts';
import { HELD, offering, PING_EVERY_MS } from './fake-socket.ts';
import { accept, FakeRegistry, ManualTime } from './fakes.ts';
import { asksForSession, pingFor, REGISTRATION, setUp } from './session-scene.ts';

const anyObject = z.looseObject({});

describe('a session', () => {
  test('is opened with the ticket of the registration, on the path of heartbeats', async () => {
    const { time, sockets } = setUp({}, {}, 'https://registry.test/games/');
    await time.advance(0);
    expect(sockets.map(({ url, protocols }) => ({ url, protocols }))).toEqual([
      { url: 'wss://registry.test/games/servers/heartbeat', protocols: ['rollcall.session.1', 'ticket-1'] },
    ]);
  });

  test('holds the lease by pings, and no heartbeat is sent meanwhile', async () => {
    const scene = setUp();
    await scene.hold();
    await pingFor(600_000, scene);
    expect(scene.registry.requests).toEqual(['POST /servers']);
    expect(scene.sockets).toHaveLength(1);
    const pings = scene.socket().sent.map(({ atMs }) => atMs);
    const gaps = pings.slice(1).map((atMs, index) => atMs - (pings[index] ?? 0));
    expect(Math.max(...gaps)).toBeLessThanOrEqual(PING_EVERY_MS + 500);
    expect(scene.events.slice(0, 3)).toEqual(['registered', 'held', 'heartbeat']);
  });

  test.each([
    ['the owner goes without', { session: false }],
    ['peers are asked for, which a session does not bring', { peers: true }],
  ])('is not opened, and no ticket asked for, where %s', async (_, options) => {
    const { time, registry, sockets } = setUp(options);
    await time.advance(60_000);
    expect(sockets).toEqual([]);
    expect(registry.sent.filter(asksForSession)).toEqual([]);
  });

  test('is not opened where fetch is given and no WebSocket: the global one leads elsewhere', async () => {
    const time = new ManualTime();
    const registry = new FakeRegistry(time, offering());
    const client = new RegistryClient('http://registry.test', { fetch: registry.fetch, environment: time });
    client.startHeartbeat(REGISTRATION);
    await time.advance(20_000);
    expect(registry.requests).toEqual(['POST /servers', 'POST /servers/heartbeat']);
    expect(registry.sent.filter(asksForSession)).toEqual([]);
  });

  test.each([
    ['of another protocol', { ticket: 't', protocol: 'rollcall.session.9', pingEveryMs: 1 }],
    ['with a ticket that no header can carry', { ticket: 'a b', protocol: 'rollcall.session.1' }],
    ['that is no object', 'yes'],
  ])('is not opened by an offer %s, and heartbeats go on', async (_, session) => {
    const { time, registry, sockets, events } = setUp();
    registry.answer = async (sent, signal) => {
      const answer: unknown = await (await accept()(sent, signal)).json();
      return Response.json({ ...anyObject.parse(answer), session });
    };
    await time.advance(17_000);
    expect(sockets).toEqual([]);
    expect(events).toEqual(['registered', 'heartbeat']);
  });

  test('is asked for with each heartbeat where there was no room, and opened as soon as there is', async () => {
    const { time, registry, sockets } = setUp();
    registry.answer = accept();
    await time.advance(33_000);
    expect(registry.sent.slice(1).every(asksForSession)).toBe(true);
    registry.answer = offering();
    await time.advance(16_000);
    expect(sockets).toHaveLength(1);
  });

  test('is not asked for again where the registry said that it does not know the word', async () => {
    const { time, registry } = setUp();
    registry.answer = (sent, signal) =>
      asksForSession(sent) ? Response.json({ success: true, ignored: ['session'] }) : accept()(sent, signal);
    await time.advance(64_000);
    expect(registry.sent.filter(asksForSession)).toHaveLength(1);
    expect(registry.sent).toHaveLength(5);
  });
});

describe('what the registry closes with', () => {
  test('4409 after an error is told in its own words, and the error as its cause', async () => {
    const scene = setUp();
    const told: HeartbeatDetails['replaced'][] = [];
    scene.handle.addEventListener('replaced', ({ detail }) => told.push(detail));
    await scene.hold();
    await scene.socket().say({ type: 'error', status: 400, error: 'No such frame' });
    await scene.socket().end(4409, 'Another host has it.');
    expect(told[0]?.error.fault).toMatchObject({ problem: 'replaced', error: 'Another host has it.' });
    expect(told[0]?.error.cause).toMatchObject({ fault: { error: 'No such frame' } });
  });

  test('4404 makes the server register again at once', async () => {
    const scene = setUp();
    await scene.hold();
    await pingFor(20_000, scene);
    await scene.socket().end(4404, 'register again');
    await scene.time.advance(0);
    expect(scene.registry.requests).toEqual(['POST /servers', 'POST /servers']);
    expect(scene.losses).toMatchObject([{ retryInMs: 0 }]);
  });

  test('4404 after each opening makes no storm of registrations', async () => {
    const scene = setUp();
    await scene.time.advance(0);
    for (let second = 0; second < 60; second += 1) {
      if (scene.socket().closedWith === undefined) {
        await scene.socket().say(HELD);
        await scene.socket().end(4404);
      }
      await scene.time.advance(1000);
    }
    expect(scene.registry.times('/servers').length).toBeLessThan(5);
  });

  test('4409 tells that it was replaced, and ends', async () => {
    const scene = setUp();
    const told: HeartbeatDetails['replaced'][] = [];
    scene.handle.addEventListener('replaced', ({ detail }) => told.push(detail));
    await scene.hold();
    await scene.socket().end(4409, 'Another host registered this id.');
    await scene.time.advance(3_600_000);
    await scene.handle.stop({ deregister: true });
    expect(scene.events).toEqual(['registered', 'held', 'replaced', 'stopped']);
    expect(told[0]?.error.fault).toMatchObject({ kind: 'refused', status: 409, problem: 'replaced' });
    expect(told[0]?.error.message).toContain('Another host registered this id.');
    expect(scene.registry.requests).toEqual(['POST /servers']);
    expect(scene.time.pending).toBe(0);
  });
});

test('nothing that a registry says over a session ends it, or the process', async () => {
  const scene = setUp();
  await scene.time.advance(0);
  const frames: readonly unknown[] = [
    'pong',
    '',
    'null',
    '[]',
    '{',
    '{"type":"held"}',
    { type: 'held', pingEveryMs: -1, lease: { ttlMs: 0, heartbeatEveryMs: 1 } },
    { type: 'ack', of: 'metadata' },
    { type: 'ack', of: 'deregister' },
    { type: 'error', status: 'x' },
    { type: 'from a later release' },
    'x'.repeat(1_000_000),
  ];
  for (const frame of frames) await scene.socket().say(frame);
  await scene.socket().say(HELD);
  for (const frame of frames) await scene.socket().say(frame);
  await pingFor(60_000, scene);
  expect(scene.events.filter((name) => name !== 'heartbeat')).toEqual(['registered', 'held']);
});

test('a ping interval of a registry that asks for too much is kept within bounds', async () => {
  const scene = setUp();
  await scene.time.advance(0);
  await scene.socket().say({ ...HELD, pingEveryMs: 1 });
  for (let passed = 0; passed < 10_000; passed += 50) {
    await scene.time.advance(50);
    await scene.socket().say('pong');
  }
  expect(scene.socket().sent.length).toBeLessThanOrEqual(50);
});
