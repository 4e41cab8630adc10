import { describe, expect, test } from 'vitest';
import { RegistryClient, type HeartbeatDetails, type StartOptions } from '../../../src/client/client.ts';
import { accept, ENTRY, FakeRegistry, hang, LEASE, ManualTime, refuse, unreachable } from './fakes.ts';

const REGISTRATION = { serverId: 'a/b', endpoint: 'wss://a.test', publicKey: 'k', instance: 'host-1' };
const NAMES = ['registered', 'heartbeat', 'failed', 'stopped'] as const;

function setUp(options: StartOptions = {}, registration = {}) {
  const time = new ManualTime();
  const registry = new FakeRegistry(time);
  const client = new RegistryClient('http://registry.test', { fetch: registry.fetch, environment: time });
  const start = () => {
    const handle = client.startHeartbeat({ ...REGISTRATION, ...registration }, options);
    const events: string[] = [];
    for (const name of NAMES) handle.addEventListener(name, () => events.push(name));
    const failures: HeartbeatDetails['failed'][] = [];
    handle.addEventListener('failed', ({ detail }) => failures.push(detail));
    return { handle, events, failures };
  };
  return { time, registry, start };
}

describe('the pace', () => {
  test('is what the lease asks for, after a registration at once', async () => {
    const { time, registry, start } = setUp();
    start();
    await time.advance(3 * LEASE.heartbeatEveryMs);
    expect(registry.times('/servers')).toEqual([0]);
    expect(registry.times('/servers/heartbeat')).toEqual([16_000, 32_000, 48_000]);
  });

  test.each([
    [0, 14_400],
    [1, 17_600],
  ])('with chance %d a heartbeat comes after %d ms', async (luck, expectedMs) => {
    const { time, registry, start } = setUp();
    time.luck = luck;
    start();
    await time.advance(20_000);
    expect(registry.times('/servers/heartbeat')).toEqual([expectedMs]);
  });

  test('follows a lease whose terms changed with a new registration', async () => {
    const { time, registry, start } = setUp();
    start();
    await time.advance(0);
    registry.answer = refuse(404, 'Server not registered');
    await time.advance(15_999);
    registry.answer = (sent, signal) =>
      (sent.request === 'POST /servers' || registry.times('/servers').length > 1
        ? accept({ ttlMs: 4000, heartbeatEveryMs: 1000 })
        : refuse(404, 'Server not registered'))(sent, signal);
    await time.advance(2001);
    expect(registry.times('/servers')).toEqual([0, 16_000]);
    expect(registry.times('/servers/heartbeat')).toEqual([16_000, 17_000, 18_000]);
  });

  test('a slow answer delays the next heartbeat, so that two are never in flight', async () => {
    const { time, registry, start } = setUp();
    start();
    await time.advance(0);
    registry.answer = hang;
    await time.advance(25_000);
    expect(registry.times('/servers/heartbeat')).toEqual([16_000]);
  });
});

describe('what is sent', () => {
  test('heartbeats ask for no peers by default', async () => {
    const { time, registry, start } = setUp();
    start();
    await time.advance(16_000);
    expect(registry.sent[0]?.body).toEqual(REGISTRATION);
    expect(registry.sent[1]?.body).toEqual({ serverId: 'a/b', peers: false, instance: 'host-1' });
  });

  test('heartbeats ask for peers where the owner wants them, and hand them on', async () => {
    const { time, registry, start } = setUp({ peers: true });
    const { handle } = start();
    const peers: HeartbeatDetails['heartbeat']['peers'][] = [];
    handle.addEventListener('heartbeat', ({ detail }) => peers.push(detail.peers));
    await time.advance(0);
    registry.answer = () => Response.json({ success: true, peers: [ENTRY] });
    await time.advance(16_000);
    expect(registry.sent[1]?.body).toEqual({ serverId: 'a/b', peers: true, instance: 'host-1' });
    expect(peers).toEqual([[ENTRY]]);
  });
});

describe('the events', () => {
  test('tell of the registration with its entry and lease, then of each heartbeat', async () => {
    const { time, start } = setUp();
    const { handle, events } = start();
    const registered: HeartbeatDetails['registered'][] = [];
    handle.addEventListener('registered', ({ detail }) => registered.push(detail));
    await time.advance(32_000);
    expect(events).toEqual(['registered', 'heartbeat', 'heartbeat']);
    expect(registered).toEqual([{ server: ENTRY, lease: LEASE }]);
  });

  test('reach no listener that was removed, and one that asked for a single event once', async () => {
    const { time, start } = setUp();
    const { handle } = start();
    let removed = 0;
    let once = 0;
    const listener = () => (removed += 1);
    handle.addEventListener('heartbeat', listener);
    handle.removeEventListener('heartbeat', listener);
    handle.addEventListener('heartbeat', () => (once += 1), { once: true });
    await time.advance(32_000);
    expect({ removed, once }).toEqual({ removed: 0, once: 1 });
  });
});

describe('a heartbeat answered 404', () => {
  test('makes the server register again at once, with no failure told', async () => {
    const { time, registry, start } = setUp();
    const { events } = start();
    await time.advance(0);
    registry.answer = (sent, signal) =>
      (sent.request === 'POST /servers' ? accept() : refuse(404, 'Server not registered'))(sent, signal);
    await time.advance(16_000);
    expect(registry.times('/servers')).toEqual([0, 16_000]);
    expect(events).toEqual(['registered', 'registered']);
  });

  test('followed by failing registrations backs off', async () => {
    const { time, registry, start } = setUp();
    const { failures } = start();
    await time.advance(0);
    registry.answer = refuse(404, 'Not Found');
    await time.advance(40_000);
    expect(registry.times('/servers')).toEqual([0, 16_000, 32_000]);
    expect(failures.map(({ attempt }) => attempt)).toEqual([1, 2]);
  });
});

describe('failures', () => {
  test('are retried ever more slowly up to the pace, and told with attempt and wait', async () => {
    const { time, registry, start } = setUp();
    time.luck = 0.5;
    const { failures } = start();
    await time.advance(0);
    registry.answer = unreachable;
    await time.advance(16_000 + 750 + 1500 + 3000 + 6000 + 12_000);
    expect(failures.map(({ attempt, retryInMs }) => [attempt, retryInMs])).toEqual([
      [1, 750],
      [2, 1500],
      [3, 3000],
      [4, 6000],
      [5, 12_000],
      [6, 12_000],
    ]);
    expect(failures[0]?.error.kind).toBe('network');
    expect(registry.times('/servers')).toEqual([0]);
  });

  test('are forgotten after a success', async () => {
    const { time, registry, start } = setUp();
    const { failures, events } = start();
    await time.advance(0);
    registry.answer = unreachable;
    await time.advance(16_000);
    registry.answer = accept();
    await time.advance(750);
    registry.answer = unreachable;
    await time.advance(16_000);
    expect(failures.map(({ attempt }) => attempt)).toEqual([1, 1]);
    expect(events).toEqual(['registered', 'failed', 'heartbeat', 'failed']);
  });

  test('of the first registration are retried too, at the pace the registry has by default', async () => {
    const { time, registry, start } = setUp();
    registry.answer = unreachable;
    const { events, failures } = start();
    await time.advance(0);
    expect(failures[0]?.retryInMs).toBe(2813);
    registry.answer = accept();
    await time.advance(2813);
    expect(events).toEqual(['failed', 'registered']);
  });

  test('with Retry-After wait at least that long', async () => {
    const { time, registry, start } = setUp();
    const { failures } = start();
    await time.advance(0);
    registry.answer = refuse(503, 'Registry full', { 'Retry-After': '30' });
    await time.advance(16_000);
    expect(failures[0]).toMatchObject({ attempt: 1, retryInMs: 31_500 });
    await time.advance(31_499);
    expect(registry.times('/servers/heartbeat')).toHaveLength(1);
    await time.advance(1);
    expect(registry.times('/servers/heartbeat')).toHaveLength(2);
  });

  test.each([400, 401, 403, 422])(
    'with %d, which repeating cannot mend, keep the normal pace',
    async (status) => {
      const { time, registry, start } = setUp();
      const { failures } = start();
      await time.advance(0);
      registry.answer = refuse(status, 'no');
      await time.advance(48_000);
      expect(failures.map(({ retryInMs }) => retryInMs)).toEqual([16_000, 16_000, 16_000]);
      expect(failures[0]?.error.permanent).toBe(true);
    },
  );

  test('by a time-out count as failures', async () => {
    const { time, registry, start } = setUp({ timeoutMs: 100 });
    const { failures } = start();
    await time.advance(0);
    registry.answer = hang;
    await time.advance(16_100);
    expect(failures[0]?.error.fault).toEqual({ kind: 'timeout', timeoutMs: 100 });
  });
});

const bodies = (registry: FakeRegistry) => registry.sent.map(({ body }) => body);

describe('metadata set on the way', () => {
  test('goes with the next heartbeat, once', async () => {
    const { time, registry, start } = setUp();
    const { handle } = start();
    await time.advance(1);
    handle.setMetadata({ players: 1 });
    handle.setMetadata({ players: 2 });
    await time.advance(32_000);
    expect(bodies(registry).slice(1)).toEqual([
      { serverId: 'a/b', peers: false, instance: 'host-1', metadata: { players: 2 } },
      { serverId: 'a/b', peers: false, instance: 'host-1' },
    ]);
  });

  test('goes again after a failure, until it was taken', async () => {
    const { time, registry, start } = setUp();
    const { handle } = start();
    await time.advance(1);
    handle.setMetadata({ players: 1 });
    registry.answer = unreachable;
    await time.advance(16_000);
    registry.answer = accept();
    await time.advance(750);
    expect(registry.sent).toHaveLength(3);
    expect(registry.sent[2]?.body).toMatchObject({ metadata: { players: 1 } });
  });

  test('set while a heartbeat is on its way goes with the one after it', async () => {
    const { time, registry, start } = setUp();
    const { handle } = start();
    const metadata = { players: 1 };
    await time.advance(1);
    handle.setMetadata(metadata);
    registry.answer = (sent, signal) => {
      metadata.players = 2;
      if (sent.atMs === 16_000) handle.setMetadata(metadata);
      return accept()(sent, signal);
    };
    await time.advance(48_000);
    expect(bodies(registry).slice(1)).toEqual([
      { serverId: 'a/b', peers: false, instance: 'host-1', metadata: { players: 1 } },
      { serverId: 'a/b', peers: false, instance: 'host-1', metadata: { players: 2 } },
      { serverId: 'a/b', peers: false, instance: 'host-1' },
    ]);
  });

  test('is what the server registers with again, in place of what it began with', async () => {
    const { time, registry, start } = setUp({}, { metadata: { players: 0 } });
    const { handle } = start();
    await time.advance(1);
    handle.setMetadata({ players: 5 });
    await time.advance(16_000);
    registry.answer = (sent, signal) =>
      (sent.request === 'POST /servers' ? accept() : refuse(404, 'Server not registered'))(sent, signal);
    await time.advance(16_000);
    expect(bodies(registry).at(0)).toMatchObject({ metadata: { players: 0 } });
    expect(bodies(registry).at(-1)).toMatchObject({ endpoint: 'wss://a.test', metadata: { players: 5 } });
  });

  test('that is refused with 400 is set aside, and the lease goes on', async () => {
    const { time, registry, start } = setUp({}, { metadata: { players: 0 } });
    const { handle, events } = start();
    await time.advance(1);
    handle.setMetadata({ players: 'far too many' });
    registry.answer = refuse(400, 'metadata is too large');
    await time.advance(16_000);
    registry.answer = accept();
    await time.advance(16_000);
    expect(events).toEqual(['registered', 'failed', 'heartbeat']);
    expect(registry.sent[2]?.body).toEqual({ serverId: 'a/b', peers: false, instance: 'host-1' });
  });
});
