/** Two hosts under one id: the one that registered last has it, and the other one ends. */
import { describe, expect, test } from 'vitest';
import { z } from 'zod';
import { RegistryClient, type HeartbeatDetails } from '../../../src/client/client.ts';
import { accept, FakeRegistry, ManualTime, type Answer } from './fakes.ts';

const REGISTRATION = { serverId: 'a', endpoint: 'wss://a.test', publicKey: 'k' };
const WORDS = 'The heartbeat is of another instance.';

/** As the registry tells it. */
const replaced: Answer = () =>
  Response.json({ type: '/errors#replaced', status: 409, error: WORDS, detail: WORDS }, { status: 409 });

function setUp() {
  const time = new ManualTime();
  const registry = new FakeRegistry(time);
  const client = new RegistryClient('http://registry.test', { fetch: registry.fetch, environment: time });
  const start = (more: { instance?: string } = {}) => {
    const handle = client.startHeartbeat({ ...REGISTRATION, ...more });
    const events: string[] = [];
    for (const name of ['registered', 'heartbeat', 'failed', 'replaced', 'stopped'] as const) {
      handle.addEventListener(name, () => events.push(name));
    }
    return { handle, events };
  };
  return { time, registry, client, start };
}

const withInstance = z.object({ instance: z.string() });
const instancesOf = (registry: FakeRegistry) =>
  registry.sent.map(({ body }) => withInstance.parse(body).instance);

describe('the instance', () => {
  test('is made up, and is the same in every registration and heartbeat of one host', async () => {
    const { time, registry, start } = setUp();
    start();
    await time.advance(0);
    registry.answer = (sent, signal) =>
      registry.times('/servers').length < 2 && sent.request === 'POST /servers/heartbeat'
        ? new Response('{}', { status: 404 })
        : accept()(sent, signal);
    await time.advance(40_000);
    const instances = instancesOf(registry);
    expect(registry.times('/servers')).toHaveLength(2);
    expect(instances[0]).toMatch(/^[0-9a-f]{32}$/);
    expect(new Set(instances).size).toBe(1);
  });

  test('is another one with every start', async () => {
    const { time, registry, start } = setUp();
    start();
    start();
    await time.advance(0);
    expect(new Set(instancesOf(registry)).size).toBe(2);
  });

  test("is the owner's, where the owner named one", async () => {
    const { time, registry, start } = setUp();
    start({ instance: 'pod-7' });
    await time.advance(16_000);
    expect(instancesOf(registry)).toEqual(['pod-7', 'pod-7']);
  });

  test('goes with a single heartbeat only where it is given', async () => {
    const { registry, client } = setUp();
    await client.heartbeat('a');
    await client.heartbeat('a', { instance: 'pod-7' });
    expect(registry.sent.map(({ body }) => body)).toEqual([
      { serverId: 'a', peers: false },
      { serverId: 'a', peers: false, instance: 'pod-7' },
    ]);
  });
});

describe('a host that was replaced', () => {
  test('tells its owner, in the words of the registry, and sends nothing more', async () => {
    const { time, registry, start } = setUp();
    const { handle, events } = start();
    const told: HeartbeatDetails['replaced'][] = [];
    handle.addEventListener('replaced', ({ detail }) => told.push(detail));
    await time.advance(0);
    registry.answer = replaced;
    await time.advance(3_600_000);
    expect(events).toEqual(['registered', 'replaced', 'stopped']);
    expect(told[0]?.error.fault).toMatchObject({ kind: 'refused', status: 409, problem: 'replaced' });
    expect(told[0]?.error.message).toContain(WORDS);
    expect(registry.requests).toEqual(['POST /servers', 'POST /servers/heartbeat']);
    expect(time.pending).toBe(0);
  });

  test('takes nothing off the list that is the other host’s', async () => {
    const { time, registry, start } = setUp();
    const { handle } = start();
    let stopping: Promise<void> | undefined;
    handle.addEventListener('replaced', () => {
      stopping = handle.stop({ deregister: true });
    });
    await time.advance(0);
    registry.answer = replaced;
    await time.advance(16_000);
    await stopping;
    await handle.stop({ deregister: true });
    expect(registry.requests).toEqual(['POST /servers', 'POST /servers/heartbeat']);
  });

  test('has its listener removed where the owner removed it', async () => {
    const { time, registry, start } = setUp();
    const { handle } = start();
    let told = 0;
    const listener = () => (told += 1);
    handle.addEventListener('replaced', listener);
    handle.removeEventListener('replaced', listener);
    await time.advance(0);
    registry.answer = replaced;
    await time.advance(16_000);
    expect(told).toBe(0);
  });

  test('is not one whose request was merely signed too early', async () => {
    const { time, registry, start } = setUp();
    const { events } = start();
    await time.advance(0);
    registry.answer = () =>
      Response.json({ type: '/errors#replayed', status: 409, error: 'x' }, { status: 409 });
    await time.advance(16_000);
    registry.answer = accept();
    await time.advance(16_000);
    expect(events.slice(0, 3)).toEqual(['registered', 'failed', 'heartbeat']);
  });
});
