/** What is on disk when: which writes are confirmed, how many there are, and what comes back after an eviction. */
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { countCalls } from './support/calls.ts';
import {
  again,
  CHECKPOINT_MS,
  evict,
  freshRegistry,
  HEARTBEAT_MS,
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

describe('the writes that reach the storage, none of which holds up an answer of somebody else', () => {
  const unconfirmed = (method: string, about: unknown) => ({ method, about, confirmed: false });

  test('for the first registration: its row, the version of the rows and the alarm', async () => {
    const stub = freshRegistry();
    await inside(stub, async (registry, { storage }) => {
      const calls = countCalls(storage);
      await registry.register(registration('a'));
      expect(new Set(calls.writes())).toEqual(
        new Set([
          unconfirmed('put', 'server:a'),
          unconfirmed('put', 'schema'),
          unconfirmed('setAlarm', Date.now() + CHECKPOINT_MS),
        ]),
      );
    });
  });

  test('for any further registration: its row', async () => {
    const stub = freshRegistry();
    await stub.register(registration('a'));
    await inside(stub, async (registry, { storage }) => {
      const calls = countCalls(storage);
      await registry.register(registration('b'));
      expect(calls.writes()).toEqual([unconfirmed('put', 'server:b')]);
    });
  });

  test('for a deregistration: one delete, held or not', async () => {
    const stub = freshRegistry();
    await stub.register(registration('a'));
    await inside(stub, async (registry, { storage }) => {
      const calls = countCalls(storage);
      await registry.deregister('a');
      await registry.deregister('a');
      const deletion = unconfirmed('delete', 'server:a');
      expect(calls.writes()).toEqual([deletion, deletion]);
    });
  });

  test('for 1,000 heartbeats: none; for the save behind them: one row', async () => {
    const stub = freshRegistry();
    await registerMany(stub, 1000);
    passMs(CHECKPOINT_MS);
    await inside(stub, async (registry, { storage }) => {
      const calls = countCalls(storage);
      for (let index = 0; index < 1000; index += 1) {
        await registry.heartbeat(`server-${index}`, false);
      }
      expect(calls.made()).toEqual([]);
      await registry.save();
      expect(calls.writes()).toEqual([unconfirmed('put', '~leases:900')]);
      await registry.save();
      expect(calls.writes()).toHaveLength(1);
    });
  });

  test('for an alarm: what is unsaved, and the next alarm', async () => {
    const stub = freshRegistry();
    await registerMany(stub, 10);
    passMs(CHECKPOINT_MS);
    await inside(stub, async (registry, { storage }) => {
      await registry.heartbeat('server-0', false);
      const calls = countCalls(storage);
      await registry.alarm();
      const alarm = unconfirmed('setAlarm', Date.now() + CHECKPOINT_MS);
      expect(new Set(calls.writes())).toEqual(new Set([unconfirmed('put', '~leases:900'), alarm]));
      await registry.alarm();
      expect(calls.writes().slice(2)).toEqual([alarm]);
    });
  });

  test('for a sweep of 200 that empties the registry: its deletes, and the counters', async () => {
    const stub = freshRegistry();
    await registerMany(stub, 200);
    passMs(TTL_MS);
    await inside(stub, async (registry, { storage }) => {
      const calls = countCalls(storage);
      await registry.alarm();
      const writes = calls.writes();
      expect(writes.filter(({ confirmed }) => confirmed)).toEqual([]);
      expect(writes.map(({ method }) => method)).toEqual(['delete', 'delete', 'put']);
      expect(writes.at(-1)).toMatchObject({ about: '~leases:900' });
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

describe('a save', () => {
  test('that fails is counted and made up for by the next one', async () => {
    const stub = freshRegistry();
    await registerMany(stub, 1);
    const heardAt = passMs(CHECKPOINT_MS);
    await stub.heartbeat('server-0', false, '{"players":7}');
    await inside(stub, async (registry, { storage }) => {
      vi.spyOn(console, 'error').mockReturnValue();
      vi.spyOn(storage, 'put').mockRejectedValueOnce(new Error('disk is away'));
      await expect(registry.save()).rejects.toThrow('disk is away');
      expect(registry.stats()).toMatchObject({ failedSaves: 1 });
      await registry.save();
    });
    const back = await evict(stub);
    expect((await listOf(back)).servers).toMatchObject([{ lastSeen: heardAt, metadata: { players: 7 } }]);
  });

  test('whose row can not be brought to disk is not done: who waits for it is told so', async () => {
    const stub = freshRegistry();
    await registerMany(stub, 1);
    await stub.heartbeat('server-0', false);
    await inside(stub, async (registry, { storage }) => {
      vi.spyOn(console, 'error').mockReturnValue();
      vi.spyOn(storage, 'sync').mockRejectedValueOnce(new Error('disk is away'));
      await expect(registry.save()).rejects.toThrow('disk is away');
    });
  });

  test('of one lease of 10,000 writes one row of less than 200 bytes of times', async () => {
    const stub = freshRegistry();
    await registerMany(stub, 10_000);
    await inside(stub, async (registry, { storage }) => {
      await registry.heartbeat('server-77', false);
      const calls = countCalls(storage);
      await registry.save();
      expect(calls.writes()).toHaveLength(1);
      const row = await storage.get<{ seen: Uint8Array }>('~leases:900');
      expect(row?.seen.byteLength).toBeLessThan(200);
    });
  });

  test('of 10,000 servers with ids of 256 characters is split over rows, folded by the alarm, and read back whole', async () => {
    const stub = freshRegistry();
    const ids = Array.from({ length: 10_000 }, (_, index) => `${index}`.padStart(256, 'é'));
    await inside(stub, async (registry, { storage }) => {
      for (let start = 0; start < ids.length; start += 1000) {
        await Promise.all(ids.slice(start, start + 1000).map((id) => registry.register(registration(id))));
      }
      passMs(CHECKPOINT_MS);
      for (const id of ids) await registry.heartbeat(id, false, '{"players":1}');
      await registry.save();
      const keys = async () => [...(await storage.list({ prefix: '~leases' })).keys()];
      expect((await keys()).length).toBeGreaterThan(30);
      expect((await keys()).every((key) => key >= '~leases:900')).toBe(true);
      await registry.alarm();
      expect(await keys()).toHaveLength(64 + 1);
    });
    const heardAt = Date.now();
    const back = await evict(stub);
    const { servers } = await listOf(back);
    expect(servers).toHaveLength(10_000);
    expect(new Set(servers.map((server) => server.lastSeen))).toEqual(new Set([heardAt]));
    expect(new Set(servers.map((server) => server.metadata?.['players']))).toEqual(new Set([1]));
  });

  test('of a registry that emptied leaves one row, with the counters', async () => {
    const stub = freshRegistry();
    const ids = await registerMany(stub, 5000);
    await inside(stub, async (registry, { storage }) => {
      for (const id of ids) await registry.heartbeat(id, false);
      await registry.save();
      await registry.alarm();
      expect((await storage.list({ prefix: '~leases' })).size).toBe(64 + 1);
      await Promise.all(ids.map((id) => registry.deregister(id)));
      await registry.alarm();
      expect([...(await storage.list({ prefix: '~leases' })).keys()]).toEqual(['~leases:900']);
    });
    expect(await (await evict(stub)).stats()).toMatchObject({ live: 0, heartbeats: 5000 });
  });

  test('is not undone by metadata of before a registration', async () => {
    const stub = freshRegistry();
    await stub.register(registration('a'));
    await stub.heartbeat('a', false, '{"from":"heartbeat"}');
    await stub.save();
    await stub.register(registration('a', { metadata: '{"from":"registration"}' }));
    const back = await evict(stub);
    expect((await listOf(back)).servers).toMatchObject([{ metadata: { from: 'registration' } }]);
    await back.heartbeat('a', false, '{"from":"a later heartbeat"}');
    await back.save();
    expect((await listOf(await evict(back))).servers).toMatchObject([
      { metadata: { from: 'a later heartbeat' } },
    ]);
  });
});

describe('a heartbeat whose predecessor never reached the disk', () => {
  test('is on disk when it is answered, and holds up nobody else', async () => {
    let stub = freshRegistry();
    await stub.register(registration('a'));
    // Killed every time right behind the answer, for an hour.
    for (let minute = 0; minute < 60; minute += 1) {
      const heardAt = passMs(HEARTBEAT_MS);
      expect(await stub.heartbeat('a', false)).toBeNull();
      stub = await evict(stub);
      const { servers } = await listOf(stub);
      expect(servers).toHaveLength(1);
      expect(servers[0]?.lastSeen).toBeGreaterThanOrEqual(heardAt - HEARTBEAT_MS);
    }
    expect(await stub.stats()).toMatchObject({ swept: 0 });
  });

  test('is a write, where one that the disk covers is none', async () => {
    const stub = freshRegistry();
    await registerMany(stub, 2);
    passMs(HEARTBEAT_MS);
    await inside(stub, (registry) => registry.alarm());
    passMs(HEARTBEAT_MS);
    await inside(stub, async (registry, { storage }) => {
      const calls = countCalls(storage);
      await registry.heartbeat('server-0', false);
      expect(calls.writes()).toMatchObject([{ about: '~leases:900', confirmed: false }]);
      await registry.heartbeat('server-0', false);
      expect(calls.writes()).toHaveLength(1);
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
