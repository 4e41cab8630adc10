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
