/** What only memory knew is on disk a moment later: how much is written, and what comes back. */
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { countCalls } from './support/calls.ts';
import { refusePuts } from './support/disk.ts';
import {
  CHECKPOINT_MS,
  evict,
  freshRegistry,
  HEARTBEAT_MS,
  holdTime,
  inside,
  listOf,
  passMs,
  registerMany,
  registration,
  releaseTime,
} from './support/fleet.ts';

beforeEach(() => holdTime());
afterEach(() => {
  vi.restoreAllMocks();
  releaseTime();
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

  test('of 4,000 servers with ids of 256 characters is split over rows, folded by the alarm, and read back whole', async () => {
    const stub = freshRegistry();
    const ids = Array.from({ length: 4000 }, (_, index) => `${index}`.padStart(256, 'é'));
    await inside(stub, async (registry, { storage }) => {
      for (let start = 0; start < ids.length; start += 1000) {
        await Promise.all(ids.slice(start, start + 1000).map((id) => registry.register(registration(id))));
      }
      passMs(CHECKPOINT_MS);
      for (const id of ids) await registry.heartbeat(id, false, '{"players":1}');
      await registry.save();
      const keys = async () => [...(await storage.list({ prefix: '~leases' })).keys()];
      expect((await keys()).length).toBeGreaterThan(12);
      expect((await keys()).every((key) => key >= '~leases:900')).toBe(true);
      await registry.alarm();
      expect(await keys()).toHaveLength(64 + 1);
    });
    const heardAt = Date.now();
    const back = await evict(stub);
    const { servers } = await listOf(back);
    expect(servers).toHaveLength(4000);
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

  test('takes nothing off the disk that an earlier one brought there, where the disk stops in the middle of it', async () => {
    const stub = freshRegistry();
    const ids = await registerMany(stub, 600);
    const savedAt = passMs(CHECKPOINT_MS);
    await inside(stub, async (registry, { storage }) => {
      for (const id of ids) await registry.heartbeat(id, false);
      await registry.save();
      passMs(1000);
      const metadata = JSON.stringify({ text: 'x'.repeat(1000) });
      for (const id of ids) await registry.heartbeat(id, false, metadata);
      refusePuts(storage, (_, before) => before > 0);
      await expect(registry.save()).rejects.toThrow('killed');
      vi.restoreAllMocks();
    });
    const { servers } = await listOf(await evict(stub));
    expect(servers.filter(({ lastSeen }) => lastSeen < savedAt)).toHaveLength(0);
  });

  test('of a registry that emptied before its first checkpoint leaves one row, too', async () => {
    const stub = freshRegistry();
    const ids = await registerMany(stub, 5000);
    await inside(stub, async (registry, { storage }) => {
      for (const id of ids) await registry.heartbeat(id, false);
      await registry.save();
      await Promise.all(ids.map((id) => registry.deregister(id)));
      await registry.alarm();
      expect([...(await storage.list({ prefix: '~leases' })).keys()]).toEqual(['~leases:900']);
    });
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

  test.each([0, 20, 50])(
    'keeps its server though the object dies in every minute of three TTLs, %i s into it, before any timer has rung',
    async (killedAtS) => {
      let stub = freshRegistry();
      const ids = await registerMany(stub, 6);
      // Each server beats once a minute at a second of its own, to the millisecond, behind or right before the kill.
      for (let minute = 0; minute < 15; minute += 1) {
        for (const [index, id] of ids.entries()) {
          expect(await stub.heartbeat(id, false), `${id} in minute ${minute}`).toBeNull();
          if (index * 10 === killedAtS) stub = await evict(stub);
          passMs(10_000);
        }
        await inside(stub, (registry) => registry.alarm());
        expect((await listOf(stub)).servers, `in minute ${minute}`).toHaveLength(6);
      }
      expect(await stub.stats()).toMatchObject({ live: 6, swept: 0 });
    },
  );

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
