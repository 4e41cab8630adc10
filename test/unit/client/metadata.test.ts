/** Metadata that can't be sent or is refused for good never costs its server the lease. */
import { describe, expect, test } from 'vitest';
import { RegistryClient, type HeartbeatDetails } from '../../../src/client/client.ts';
import { accept, FakeRegistry, ManualTime, refuse, unreachable, type Answer } from './fakes.ts';

const REGISTRATION = { serverId: 'a', endpoint: 'wss://a.test', publicKey: 'k', instance: 'host-1' };

function started(answer: Answer, metadata?: Record<string, unknown>) {
  const time = new ManualTime();
  const registry = new FakeRegistry(time, answer);
  const client = new RegistryClient('http://registry.test', { fetch: registry.fetch, environment: time });
  const handle = client.startHeartbeat({ ...REGISTRATION, ...(metadata && { metadata }) });
  const events: string[] = [];
  const failures: HeartbeatDetails['failed'][] = [];
  for (const name of ['registered', 'heartbeat', 'failed'] as const) {
    handle.addEventListener(name, () => events.push(name));
  }
  handle.addEventListener('failed', ({ detail }) => failures.push(detail));
  return { time, registry, handle, events, failures };
}

/** Refuses what carries metadata, as the registry or something in front of it may; accepts all else. */
const refusing =
  (status: number): Answer =>
  (sent, signal) =>
    (JSON.stringify(sent.body).includes('"metadata"') ? refuse(status, 'no') : accept())(sent, signal);

const circular: Record<string, unknown> = {};
circular['self'] = circular;
const UNSENDABLE: [string, Record<string, unknown>][] = [
  ['a BigInt', { id: 76_561_197_980_428_154n }],
  ['a cycle', circular],
  [
    'a toJSON that throws',
    {
      toJSON() {
        throw new Error('not today');
      },
    },
  ],
  [
    'a getter that throws',
    {
      get players() {
        throw new Error('not today');
      },
    },
  ],
];

describe.each([400, 403, 413, 422, 431])('metadata that is refused with %d', (status) => {
  test('is left out of the next registration, and told', async () => {
    const { time, registry, events, failures } = started(refusing(status), { players: 1 });
    await time.advance(4000);
    expect(events).toEqual(['failed', 'registered']);
    expect(failures[0]?.error.refusedWith(status)).toBe(true);
    expect(failures[0]?.setAside).toEqual({ players: 1 });
    expect(registry.sent[1]?.body).toEqual(REGISTRATION);
  });

  test('is left out of the next heartbeat, well within the lease, and never sent again', async () => {
    const { time, registry, handle, events } = started(accept());
    await time.advance(1);
    registry.answer = refusing(status);
    handle.setMetadata({ players: 1 });
    await time.advance(50_000);
    expect(events.slice(0, 4)).toEqual(['registered', 'failed', 'heartbeat', 'heartbeat']);
    expect(registry.times('/servers/heartbeat').slice(0, 2)).toEqual([16_000, 16_750]);
    expect(registry.sent.filter(({ body }) => JSON.stringify(body).includes('metadata'))).toHaveLength(1);
  });
});

describe.each(UNSENDABLE)('metadata with %s', (_, metadata) => {
  test('is no fault of the network, and nothing of it is sent', async () => {
    const { time, registry, handle, events, failures } = started(accept());
    await time.advance(1);
    handle.setMetadata(metadata);
    await time.advance(20_000);
    expect(events).toEqual(['registered', 'failed', 'heartbeat']);
    expect(failures[0]?.error.kind).toBe('unsendable');
    expect(registry.sent.at(-1)?.body).toEqual({ serverId: 'a', peers: false, instance: 'host-1' });
  });

  test('does not keep its server from registering', async () => {
    const { time, events } = started(accept(), { nested: metadata });
    await time.advance(4000);
    expect(events).toEqual(['failed', 'registered']);
  });

  test('makes a call of its own reject as unsendable', async () => {
    const registry = new FakeRegistry(new ManualTime());
    const client = new RegistryClient('http://registry.test', { fetch: registry.fetch });
    await expect(client.register({ ...REGISTRATION, metadata })).rejects.toMatchObject({
      kind: 'unsendable',
    });
    await expect(client.heartbeat('a', { metadata })).rejects.toThrow(
      'Nothing was sent; correct what was given.',
    );
    expect(registry.sent).toEqual([]);
  });
});

describe('metadata', () => {
  test('is kept where its request is refused without it as well', async () => {
    const { time, registry, events } = started(refuse(403, 'wrong token'), { players: 1 });
    await time.advance(4000);
    registry.answer = accept();
    await time.advance(70_000);
    expect(events.slice(0, 3)).toEqual(['failed', 'failed', 'registered']);
    expect(registry.sent.map(({ body }) => JSON.stringify(body).includes('metadata')).slice(0, 3)).toEqual([
      true,
      false,
      true,
    ]);
  });

  test.each<[string, Answer]>([
    ['401', refuse(401, 'no')],
    ['503', refuse(503, 'no')],
    ['409', refuse(409, 'no')],
    ['no answer', unreachable],
  ])('is sent again after %s, which says nothing of it', async (_, answer) => {
    const { time, registry, failures } = started(answer, { players: 1 });
    await time.advance(1);
    registry.answer = accept();
    await time.advance(70_000);
    expect(failures[0]?.setAside).toBeUndefined();
    expect(registry.sent[1]?.body).toMatchObject({ metadata: { players: 1 } });
  });

  test('that was accepted before is what a server registers with, where newer metadata is refused', async () => {
    const { time, registry, handle } = started(accept(), { players: 1 });
    await time.advance(1);
    handle.setMetadata({ players: 'many' });
    registry.answer = (sent, signal) => {
      if (sent.request !== 'POST /servers') return refuse(404, 'Server not registered')(sent, signal);
      return (JSON.stringify(sent.body).includes('many') ? refuse(400, 'no') : accept())(sent, signal);
    };
    await time.advance(20_000);
    expect(registry.sent.at(-1)?.body).toEqual({ ...REGISTRATION, metadata: { players: 1 } });
  });

  test('that is always refused, and set all the time, costs no more than every other request', async () => {
    const { time, registry, handle, events } = started(refusing(413), { players: 0 });
    for (let second = 0; second < 600; second += 1) {
      handle.setMetadata({ players: second });
      await time.advance(1000);
    }
    expect(events.slice(0, 5)).toEqual(['failed', 'failed', 'registered', 'failed', 'heartbeat']);
    const beats = registry.sent.filter(({ body }) => !JSON.stringify(body).includes('"metadata"'));
    const gapsMs = beats.slice(1).map(({ atMs }, index) => atMs - (beats[index]?.atMs ?? 0));
    expect(Math.max(...gapsMs)).toBeLessThan(20_000);
  });

  test('set again in every failure can not make requests follow each other at once', async () => {
    const { time, registry, handle } = started(refusing(400));
    handle.addEventListener('failed', () => {
      handle.setMetadata({ players: 'again' });
    });
    handle.setMetadata({ players: 'first' });
    await time.advance(160_000);
    expect(registry.sent.length).toBeLessThan(30);
  });

  test('is taken as it is when it is set', async () => {
    const { time, registry, handle } = started(accept());
    await time.advance(1);
    const metadata = { teams: [1] };
    handle.setMetadata(metadata);
    metadata.teams.push(2);
    await time.advance(16_000);
    expect(registry.sent[1]?.body).toMatchObject({ metadata: { teams: [1] } });
  });
});
