/** A list in several objects: how many they are, what is lost while one is down, and what the list says of it. */
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { heartbeatAnswer, listAnswer } from '../../src/protocol/protocol.ts';
import { shardOf } from '../../src/protocol/shards/shard.ts';
import { ShardUnavailable } from '../../src/rpc/list-objects.ts';
import { readChanges, readPage, readStats, readWhole, readWholeHead } from '../../src/rpc/list-reads.ts';
import { mergePeers } from '../../src/rpc/merge/peers.ts';
import { holdTime, inside, registration, releaseTime } from './support/fleet.ts';
import { countCalls } from './support/calls.ts';
import { jsonOf, restartAll, TestList } from './support/split.ts';

beforeEach(() => holdTime());
afterEach(async () => {
  releaseTime();
  vi.restoreAllMocks();
});

const IDS = Array.from({ length: 12 }, (_, number) => `server-${number}`);

async function filled(list = new TestList(3)): Promise<TestList> {
  for (const serverId of IDS) await list.register(registration(serverId));
  return list;
}

async function idsOf({ objects }: TestList): Promise<string[]> {
  const { servers } = listAnswer.parse(await jsonOf(await readWhole(objects, null)));
  return servers.map(({ serverId }) => serverId).toSorted();
}

describe('the number of objects', () => {
  test('is that of the first registration, for every Worker and for good', async () => {
    const created = await filled();
    const other = new TestList(5, created.name);
    expect(await idsOf(other)).toEqual(IDS.toSorted());
    expect(other.otherCounts).toEqual([3]);
    expect(await readStats(other.objects)).toMatchObject({ shards: 3, configuredShards: 5 });
    await restartAll();
    expect(await new TestList(1, created.name).objects.count()).toBe(3);
  });

  test('is not fixed by the deregistration of a server that was never there', async () => {
    const list = new TestList(3);
    for (const serverId of IDS) await list.deregister(serverId);
    await list.save();
    await restartAll();
    expect(await list.objects.count()).toBe(null);
    expect(await idsOf(await filled(list))).toEqual(IDS.toSorted());
    expect(await list.objects.count()).toBe(3);
  });

  test('is not forgotten by an object whose first call was such a deregistration', async () => {
    const list = new TestList(3);
    await list.register(registration('server-0'));
    for (const serverId of IDS.slice(1)) await list.deregister(serverId);
    await list.save();
    await restartAll();
    expect(await idsOf(await filled(list))).toEqual(IDS.toSorted());
  });

  test('is fixed once where two Workers of different SHARDS create the list at once', async () => {
    const one = new TestList(2);
    const other = new TestList(3, one.name);
    await Promise.all([one.register(registration('a')), other.register(registration('b'))]);
    const count = await one.objects.count();
    expect(await other.objects.count()).toBe(count);
    expect(await idsOf(one)).toEqual(['a', 'b']);
    expect(await idsOf(other)).toEqual(['a', 'b']);
  });

  test('is 1 where a list was there before there were several', async () => {
    const list = new TestList(3);
    await list.stub(0).register(registration('a'));
    expect(await list.objects.count()).toBe(1);
    await list.register(registration('b'));
    expect(await idsOf(list)).toEqual(['a', 'b']);
  });

  test('is not fixed by reads, nor by a deregistration: they write nothing', async () => {
    const list = new TestList(3);
    const calls = await inside(list.stub(0), (_, { storage }) => countCalls(storage));
    expect(await idsOf(list)).toEqual([]);
    await readChanges(list.objects, '0');
    expect(await list.heartbeat('a')).toEqual({ kind: 'not-registered' });
    expect(calls.writes()).toEqual([]);
    expect(await list.objects.count()).toBeNull();
  });

  test('keeps a server out of an object that is not its own', async () => {
    const list = await filled();
    const stranger = IDS.find((serverId) => shardOf(serverId, 3) !== 0) ?? '';
    await expect(
      inside(list.stub(0), (registry) => registry.register(registration(stranger))),
    ).rejects.toThrow('belongs into another');
  });
});

describe('a read of several objects', () => {
  test('has one timestamp, a tag, and the length that HEAD names', async () => {
    const list = await filled();
    const reply = await readWhole(list.objects, null);
    if ('kind' in reply) throw new Error(reply.kind);
    const text = await new Response(reply.body).text();
    expect(JSON.parse(text)).toMatchObject({ timestamp: Date.now() });
    expect(await readWholeHead(list.objects)).toEqual({
      byteLength: text.length,
      etag: reply.etag,
      signature: null,
    });
    expect(await readWhole(list.objects, reply.etag)).toEqual({
      body: null,
      etag: reply.etag,
      signature: null,
    });
    await list.register(registration('news'));
    expect(await readWhole(list.objects, reply.etag)).not.toMatchObject({ body: null });
  });

  test('is an empty list where all objects are empty', async () => {
    const list = await filled();
    for (const serverId of IDS) await list.deregister(serverId);
    expect(await idsOf(list)).toEqual([]);
  });
});

describe('while one object is down', () => {
  /** The object does not answer until the mocks are restored. */
  function down(list: TestList, shard: number): void {
    const real = list.stub.bind(list);
    vi.spyOn(list, 'stub').mockImplementation((asked) => {
      if (asked === shard) throw new Error('the object is down');
      return real(asked);
    });
  }

  test('its writes fail as unavailable, and those of the others do not', async () => {
    const list = await filled();
    down(list, 1);
    for (const serverId of IDS) {
      const beaten = list.heartbeat(serverId);
      if (shardOf(serverId, 3) === 1) await expect(beaten).rejects.toBeInstanceOf(ShardUnavailable);
      else expect(await beaten).toBeNull();
    }
  });

  test('no read of the list is short: each fails', async () => {
    const list = await filled();
    down(list, 2);
    const query = {
      asked: '',
      schemes: [],
      regions: [],
      conditions: [],
      text: null,
      sort: 'registeredAt' as const,
      near: null,
      limit: 2,
      after: null,
      fields: null,
    };
    for (const read of [
      readWhole(list.objects, null),
      readWholeHead(list.objects),
      readChanges(list.objects, '0'),
      readPage(list.objects, query, null),
    ]) {
      await expect(read).rejects.toBeInstanceOf(ShardUnavailable);
    }
  });

  test('a list that is under way breaks, where the object fails behind the first byte', async () => {
    const list = await filled();
    const real = list.stub.bind(list);
    let asked = 0;
    vi.spyOn(list, 'stub').mockImplementation((shard) => {
      if (shard === 2) asked += 1;
      // The first time it tells what it has, the second it would send it.
      if (asked > 1) throw new Error('the object is down');
      return real(shard);
    });
    const reply = await readWhole(list.objects, null);
    await expect(jsonOf(reply)).rejects.toThrow();
  });

  test('one that is reset again and again while the list is read never makes it short', async () => {
    const list = await filled();
    const resets = async () => {
      for (let times = 0; times < 10; times += 1) {
        await inside(list.stub(1), (_, state) => {
          state.abort('reset by the test');
        }).catch(() => undefined);
      }
    };
    const reset = resets();
    for (let read = 0; read < 30; read += 1) {
      const ids = await idsOf(list).catch((error: unknown) => {
        expect(error).toBeInstanceOf(Error);
        return undefined;
      });
      if (ids !== undefined) expect(ids).toEqual(IDS.toSorted());
    }
    await reset;
    expect(await idsOf(list)).toEqual(IDS.toSorted());
    expect(await list.heartbeat(IDS.find((serverId) => shardOf(serverId, 3) === 1) ?? '')).toBeNull();
  });

  test('a heartbeat has the peers of the others, and says that they are not all', async () => {
    const list = await filled();
    down(list, 1);
    const self = IDS.find((serverId) => shardOf(serverId, 3) === 0) ?? '';
    const own = await inside(list.stub(0), (registry) => registry.heartbeat(self, true));
    if (!(own instanceof Uint8Array)) throw new Error('expected short peers');
    const merged = await mergePeers(own, await list.objects.others(self));
    const answer = heartbeatAnswer.parse(await new Response(merged).json());
    expect(answer.partial).toBe(true);
    const listed = IDS.filter((serverId) => serverId !== self && shardOf(serverId, 3) !== 1);
    expect(answer.peers?.map(({ serverId }) => serverId).toSorted()).toEqual(listed.toSorted());
  });

  test('the statistics are those of the others, and name it', async () => {
    const list = await filled();
    down(list, 1);
    const stats = await readStats(list.objects);
    expect(stats.perShard?.map((one) => one === null)).toEqual([false, true, false]);
    expect(stats.live).toBe(IDS.filter((serverId) => shardOf(serverId, 3) !== 1).length);
  });
});

test('a list of one object costs one call more in the life of a Worker, and no row', async () => {
  const list = new TestList(1);
  await list.register(registration('a'));
  const shardCount = vi.fn();
  const real = list.stub.bind(list);
  vi.spyOn(list, 'stub').mockImplementation((shard) => {
    shardCount();
    return real(shard);
  });
  await list.heartbeat('a');
  await idsOf(list);
  expect(shardCount).toHaveBeenCalledTimes(2);
  const rows = await inside(list.stub(0), async (_, { storage }) => [...(await storage.list()).keys()]);
  expect(rows).not.toContain('shard');
});
