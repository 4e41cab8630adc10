/** What is on disk when: which writes are confirmed, how many there are, and what comes back after an eviction. */
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { countCalls } from './support/calls.ts';
import {
  again,
  CHECKPOINT_MS,
  evict,
  freshRegistry,
  holdTime,
  inside,
  listedIds,
  listOf,
  passMs,
  registerMany,
  registration,
  releaseTime,
  storedIds,
  TTL_MS,
} from './support/fleet.ts';

beforeEach(() => holdTime());
afterEach(() => {
  vi.restoreAllMocks();
  releaseTime();
});

describe('the calls that reach the storage', () => {
  test('for a registration: its row, confirmed, and the alarm where none is set, unconfirmed', async () => {
    const stub = freshRegistry();
    await inside(stub, async (registry, { storage }) => {
      const calls = countCalls(storage);
      await registry.register(registration('a'));
      await registry.register(registration('b'));
      expect(calls.made()).toEqual([
        { method: 'put', arguments: ['server:a', expect.objectContaining({ serverId: 'a' }), {}] },
        { method: 'setAlarm', arguments: [Date.now() + CHECKPOINT_MS, { allowUnconfirmed: true }] },
        { method: 'put', arguments: ['server:b', expect.objectContaining({ serverId: 'b' }), {}] },
      ]);
    });
  });

  test('for a deregistration: one confirmed delete, held or not', async () => {
    const stub = freshRegistry();
    await stub.register(registration('a'));
    await inside(stub, async (registry, { storage }) => {
      const calls = countCalls(storage);
      await registry.deregister('a');
      await registry.deregister('a');
      const deletion = { method: 'delete', arguments: ['server:a', {}] };
      expect(calls.made()).toEqual([deletion, deletion]);
    });
  });

  test('for 1,000 heartbeats: none; for the alarm after them: one row and the next alarm, unconfirmed', async () => {
    const stub = freshRegistry();
    await registerMany(stub, 1000);
    passMs(CHECKPOINT_MS);
    await inside(stub, async (registry, { storage }) => {
      const calls = countCalls(storage);
      for (let index = 0; index < 1000; index += 1) {
        await registry.heartbeat(`server-${index}`, false);
      }
      expect(calls.made()).toEqual([]);
      await registry.alarm();
      expect(calls.made()).toEqual([
        { method: 'put', arguments: ['~leases', expect.anything(), { allowUnconfirmed: true }] },
        { method: 'setAlarm', arguments: [Date.now() + CHECKPOINT_MS, { allowUnconfirmed: true }] },
      ]);
    });
  });

  test('for an alarm after which nothing moved: the next alarm alone', async () => {
    const stub = freshRegistry();
    await registerMany(stub, 10);
    passMs(CHECKPOINT_MS);
    await inside(stub, async (registry, { storage }) => {
      const calls = countCalls(storage);
      await registry.alarm();
      expect(calls.methods()).toEqual(['setAlarm']);
    });
  });

  test('for a sweep of 200: its deletes and the counters with the checkpoint, all unconfirmed', async () => {
    const stub = freshRegistry();
    await registerMany(stub, 200);
    passMs(TTL_MS);
    await inside(stub, async (registry, { storage }) => {
      const calls = countCalls(storage);
      await registry.alarm();
      expect(calls.methods()).toEqual(['delete', 'delete', 'put']);
      for (const call of calls.made()) expect(call.arguments.at(-1)).toEqual({ allowUnconfirmed: true });
    });
  });
});

describe('after an eviction', () => {
  test('every acknowledged registration is held, with its times', async () => {
    const stub = freshRegistry();
    const registeredAt = Date.now();
    await stub.register(registration('a', { metadata: '{"map":"dust"}' }));
    passMs(1000);
    const back = await evict(stub);
    const { servers } = await listOf(back);
    expect(servers).toMatchObject([
      { serverId: 'a', metadata: { map: 'dust' }, registeredAt, lastSeen: registeredAt },
    ]);
  });

  test('no acknowledged deregistration returns', async () => {
    const stub = freshRegistry();
    await registerMany(stub, 2);
    await stub.deregister('server-0');
    const back = await evict(stub);
    expect(await listedIds(back)).toEqual(['server-1']);
  });

  test('leases go on from the checkpoint, and the later of row and checkpoint counts', async () => {
    const stub = freshRegistry();
    await registerMany(stub, 2);
    const heardAt = passMs(CHECKPOINT_MS);
    await stub.heartbeat('server-0', false);
    await inside(stub, (registry) => registry.alarm());
    const registeredAgainAt = passMs(1000);
    await stub.register(registration('server-1'));
    const back = await evict(stub);
    expect((await listOf(back)).servers).toMatchObject([
      { serverId: 'server-0', lastSeen: heardAt },
      { serverId: 'server-1', lastSeen: registeredAgainAt },
    ]);
  });

  test('metadata that a heartbeat brought is there if a checkpoint came after it', async () => {
    const stub = freshRegistry();
    await registerMany(stub, 1);
    passMs(CHECKPOINT_MS);
    await stub.heartbeat('server-0', false, '{"players":7}');
    await inside(stub, (registry) => registry.alarm());
    const back = await evict(stub);
    expect((await listOf(back)).servers).toMatchObject([{ metadata: { players: 7 } }]);
  });

  test('the counters go on', async () => {
    const stub = freshRegistry();
    await registerMany(stub, 3);
    passMs(TTL_MS);
    await inside(stub, (registry) => registry.alarm());
    const back = await evict(stub);
    expect(await back.stats()).toMatchObject({ sweeps: 1, swept: 3, lastSweep: { deleted: 3 } });
  });

  test('an alarm that rings on time sweeps exactly', async () => {
    const stub = freshRegistry();
    await registerMany(stub, 3, 'dead-');
    passMs(TTL_MS - 60_000);
    await registerMany(stub, 2, 'alive-');
    await inside(stub, (registry) => registry.alarm());
    passMs(60_000);
    const back = await evict(stub);
    await inside(back, (registry) => registry.alarm());
    expect(await storedIds(back)).toEqual(['alive-0', 'alive-1']);
    expect(await back.stats()).toMatchObject({ live: 2, stale: 0, swept: 3, absence: null });
  });
});

describe('a checkpoint', () => {
  test('that fails is given back: the next one writes what it should have', async () => {
    const stub = freshRegistry();
    await registerMany(stub, 1);
    const heardAt = passMs(CHECKPOINT_MS);
    await stub.heartbeat('server-0', false, '{"players":7}');
    await inside(stub, async (registry, { storage }) => {
      vi.spyOn(storage, 'put').mockRejectedValueOnce(new Error('disk is away'));
      await expect(registry.alarm()).rejects.toThrow('disk is away');
      await registry.alarm();
    });
    const back = await evict(stub);
    expect((await listOf(back)).servers).toMatchObject([{ lastSeen: heardAt, metadata: { players: 7 } }]);
    expect(await back.stats()).toMatchObject({ checkpoints: 1 });
  });

  test('of 10,000 servers with ids of 256 characters is split over rows, and read back whole', async () => {
    const stub = freshRegistry();
    const ids = Array.from({ length: 10_000 }, (_, index) => `${index}`.padStart(256, 'é'));
    await inside(stub, async (registry, { storage }) => {
      for (let start = 0; start < ids.length; start += 1000) {
        await Promise.all(ids.slice(start, start + 1000).map((id) => registry.register(registration(id))));
      }
      passMs(CHECKPOINT_MS);
      for (const id of ids) await registry.heartbeat(id, false);
      await registry.alarm();
      const rows = await storage.list({ prefix: '~leases' });
      expect(rows.size).toBeGreaterThan(3);
    });
    const heardAt = Date.now();
    const back = await evict(stub);
    const { servers } = await listOf(back);
    expect(servers).toHaveLength(10_000);
    expect(new Set(servers.map((server) => server.lastSeen))).toEqual(new Set([heardAt]));
  });

  test('that takes fewer rows than the one before leaves none of its rows behind', async () => {
    const stub = freshRegistry();
    const ids = Array.from({ length: 7000 }, (_, index) => `${index}`.padStart(256, '-'));
    await inside(stub, async (registry, { storage }) => {
      await Promise.all(ids.map((id) => registry.register(registration(id))));
      passMs(CHECKPOINT_MS);
      await registry.heartbeat(ids[0] ?? '', false);
      await registry.alarm();
      expect((await storage.list({ prefix: '~leases' })).size).toBe(2);
      await Promise.all(ids.slice(1).map((id) => registry.deregister(id)));
      passMs(CHECKPOINT_MS);
      await registry.heartbeat(ids[0] ?? '', false);
      await registry.alarm();
      expect([...(await storage.list({ prefix: '~leases' })).keys()]).toEqual(['~leases']);
    });
  });
});

describe('a write that answers to a client and fails', () => {
  test('is not acknowledged, and memory is loaded again from disk', async () => {
    const stub = freshRegistry();
    await stub.register(registration('a'));
    await inside(stub, (_, { storage }) => {
      vi.spyOn(storage, 'put').mockRejectedValueOnce(new Error('disk is full'));
    });
    // Not `expect(…).rejects`: it looks at properties of the promise, and each look is a call over RPC that fails.
    const answer = await stub.register(registration('b')).then(
      () => 'acknowledged',
      (error: unknown) => String(error),
    );
    expect(answer).toContain('disk is full');
    expect(await listedIds(again(stub))).toEqual(['a']);
  });
});
