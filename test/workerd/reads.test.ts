/** Reads and heartbeats: what they show, and that they cost no storage call whatever has died. */
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { heartbeatAnswer } from '../../src/protocol/protocol.ts';
import { countCalls } from './support/calls.ts';
import {
  freshRegistry,
  holdTime,
  inside,
  listedIds,
  listOf,
  passMs,
  registerMany,
  registration,
  releaseTime,
  TTL_MS,
  type RegistryStub,
} from './support/fleet.ts';

beforeEach(() => holdTime());
afterEach(releaseTime);

/** A registry with `live` live servers and `stale` whose time is over. */
async function withStale(live: number, stale: number): Promise<RegistryStub> {
  const stub = freshRegistry();
  await registerMany(stub, stale, 'dead-');
  passMs(TTL_MS - 1000);
  await registerMany(stub, live, 'alive-');
  passMs(1000);
  return stub;
}

describe.each([0, 5000])('with %i stale keys waiting', (stale) => {
  test('lists make no storage call and no alarm call', async () => {
    const stub = await withStale(10, stale);
    await inside(stub, async (registry, { storage }) => {
      const calls = countCalls(storage);
      expect((await listOf(registry)).servers).toHaveLength(10);
      expect((await listOf(registry)).servers).toHaveLength(10);
      await registry.getServer('alive-1');
      await registry.getServer('dead-1');
      registry.stats();
      expect(calls.made()).toEqual([]);
    });
    expect(await stub.stats()).toMatchObject({ live: 10, stale });
  });

  test('heartbeats of live and of stale servers, with and without peers, make none either', async () => {
    const stub = await withStale(10, stale);
    await inside(stub, async (registry, { storage }) => {
      const calls = countCalls(storage);
      for (let index = 0; index < 1000; index += 1) {
        await registry.heartbeat(`alive-${index % 10}`, index % 100 === 0);
        await registry.heartbeat(`dead-${index}`, false);
      }
      await registry.heartbeat('alive-1', false, '{"players":3}');
      expect(calls.made()).toEqual([]);
    });
  });
});

describe('the list', () => {
  test('[C5] shows an entry while now < lastSeen + TTL, and not at that moment', async () => {
    const stub = freshRegistry();
    await registerMany(stub, 1);
    passMs(TTL_MS - 1);
    expect(await listedIds(stub)).toEqual(['server-0']);
    passMs(1);
    expect(await listedIds(stub)).toEqual([]);
  });

  test('shows a registration, a change, a deregistration and an expiry at once', async () => {
    const stub = freshRegistry();
    await stub.register(registration('a'));
    expect(await listedIds(stub)).toEqual(['a']);
    await stub.register(registration('b'));
    expect(await listedIds(stub)).toEqual(['a', 'b']);
    await stub.register(registration('b', { region: 'us' }));
    expect((await listOf(stub)).servers[1]).toMatchObject({ region: 'us' });
    await stub.heartbeat('b', false, '{"players":1}');
    expect((await listOf(stub)).servers[1]).toMatchObject({ metadata: { players: 1 } });
    await stub.deregister('a');
    expect(await listedIds(stub)).toEqual(['b']);
    passMs(TTL_MS);
    expect(await listedIds(stub)).toEqual([]);
  });

  test('may show a lastSeen as old as SNAPSHOT_MAX_AGE_MS, and not older', async () => {
    const stub = freshRegistry();
    const registeredAt = Date.now();
    await registerMany(stub, 1);
    const lastSeen = async () => (await listOf(stub)).servers[0]?.lastSeen;
    expect(await lastSeen()).toBe(registeredAt);
    const heardAt = passMs(1);
    await stub.heartbeat('server-0', false);
    passMs(998);
    expect(await lastSeen()).toBe(registeredAt);
    passMs(1);
    expect(await lastSeen()).toBe(heardAt);
  });
});

async function peerIds(stub: RegistryStub, id: string): Promise<string[]> {
  const outcome = await stub.heartbeat(id, true);
  if (!(outcome instanceof Uint8Array)) throw new Error(`expected peers, got ${JSON.stringify(outcome)}`);
  const { peers } = heartbeatAnswer.parse(JSON.parse(new TextDecoder().decode(outcome)));
  if (peers === undefined) throw new Error('the answer has no peers');
  return peers.map((server) => server.serverId);
}

describe('the peers of a heartbeat', () => {
  test('[C7] are every live entry but its own, wherever that stands', async () => {
    const stub = freshRegistry();
    await stub.register(registration('a'));
    expect(await peerIds(stub, 'a')).toEqual([]);
    await stub.register(registration('b'));
    await stub.register(registration('c'));
    expect(await peerIds(stub, 'a')).toEqual(['b', 'c']);
    expect(await peerIds(stub, 'b')).toEqual(['a', 'c']);
    expect(await peerIds(stub, 'c')).toEqual(['a', 'b']);
  });

  test('leave out the stale', async () => {
    const stub = freshRegistry();
    await stub.register(registration('a'));
    passMs(1);
    await stub.register(registration('b'));
    passMs(TTL_MS - 1);
    expect(await peerIds(stub, 'b')).toEqual([]);
  });
});
