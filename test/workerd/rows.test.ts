/**
 * Rows live longer than code: one of every version ever shipped is kept here as it lay on disk, and all are read. Add the
 * rows of each release; never change those that stand.
 */
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import {
  CHECKPOINT_MS,
  evict,
  freshRegistry,
  holdTime,
  inside,
  listOf,
  passMs,
  releaseTime,
  storedIds,
  type RegistryStub,
} from './support/fleet.ts';

let now: number;
beforeEach(() => {
  now = holdTime();
  vi.spyOn(console, 'error').mockReturnValue();
});
afterEach(() => {
  vi.restoreAllMocks();
  releaseTime();
});

const bytes = (value: unknown) => new TextEncoder().encode(JSON.stringify(value));

const entry = (serverId: string, more: object = {}) => ({
  serverId,
  endpoint: `wss://${serverId}.example`,
  publicKey: 'k',
  region: 'eu',
  registeredAt: now - 1000,
  lastSeen: now - 1000,
  ...more,
});

/** The counters of the first release: every member was demanded there. */
const FIRST_COUNTERS = { sweeps: 3, swept: 9, lastSweep: null, checkpoints: 4, heartbeats: 50, reads: 60 };

/** Each version: its rows, and what `a` is expected to show. */
const VERSIONS: readonly {
  readonly name: string;
  readonly rows: () => Record<string, unknown>;
  readonly metadata?: object;
  readonly endpoints?: readonly string[];
  /** An instance whose heartbeat is told that it was replaced. */
  readonly replaces?: string;
  readonly lastSeenAgoMs: number;
  readonly counters?: object;
}[] = [
  {
    name: 'before versions: no metadata, no schema row',
    rows: () => ({ 'server:a': entry('a') }),
    lastSeenAgoMs: 1000,
  },
  {
    name: 'schema 1, release 0.1: one checkpoint of all',
    rows: () => ({
      schema: 1,
      'server:a': entry('a', { metadata: '{"n":1}', location: { country: 'NL' } }),
      'departed:gone': { serverId: 'gone', key: 'K', createdSeconds: 1, until: now + 1000 },
      absence: { from: now - 5000, until: now - 4000, leases: 1, liveAfter: now - 5000 },
      '~leases': { at: now - 500, parts: 1, counters: FIRST_COUNTERS, seen: bytes(['a', now - 500]) },
    }),
    metadata: { n: 1 },
    lastSeenAgoMs: 500,
    counters: { swept: 9, heartbeats: 50, saves: 0 },
  },
  {
    name: 'schema 1, release 0.1: a checkpoint in parts',
    rows: () => ({
      schema: 1,
      'server:a': entry('a', { metadata: null, proof: { key: 'K', createdSeconds: 1 } }),
      '~leases': { at: now - 500, parts: 2, counters: FIRST_COUNTERS, seen: bytes(['z', now - 500]) },
      '~leases:1': { at: now - 500, parts: 2, counters: FIRST_COUNTERS, seen: bytes(['a', now - 500]) },
    }),
    lastSeenAgoMs: 500,
    counters: { swept: 9 },
  },
  {
    name: 'schema 1, release 0.2: segments and a journal',
    rows: () => ({
      schema: 1,
      'server:a': entry('a', { metadata: '{"n":1}', savesBefore: 1 }),
      '~leases:140': savedRow(2, 700),
      '~leases:900': { ...savedRow(3, 400), metadata: bytes(['a', '{"n":2}']) },
    }),
    metadata: { n: 2 },
    lastSeenAgoMs: 400,
    counters: { swept: 9, saves: 7 },
  },
  {
    name: 'schema 1, release 0.2: several endpoints, and an instance',
    rows: () => ({
      schema: 1,
      'server:a': entry('a', {
        metadata: '{"n":1}',
        savesBefore: 1,
        endpoints: ['wss://a.example', 'udp://a.example:7'],
        instance: 'one',
      }),
      '~leases:140': savedRow(2, 700),
    }),
    metadata: { n: 1 },
    endpoints: ['wss://a.example', 'udp://a.example:7'],
    replaces: 'two',
    lastSeenAgoMs: 700,
    counters: { swept: 9, saves: 7 },
  },
  {
    name: 'a release to come: further members everywhere',
    rows: () => ({
      schema: 2,
      'server:a': entry('a', { metadata: null, shard: 3 }),
      'departed:gone': { serverId: 'gone', key: null, createdSeconds: 1, until: now + 1000, why: 'x' },
      absence: { from: now - 5000, until: now - 4000, leases: 1, liveAfter: now - 5000, why: 'x' },
      '~leases:900': { ...savedRow(3, 400), added: true },
    }),
    lastSeenAgoMs: 400,
    counters: { swept: 9 },
  },
  {
    name: 'counters with a member less than this code knows',
    rows: () => ({
      schema: 1,
      'server:a': entry('a', { metadata: null }),
      '~leases:900': { at: now - 400, parts: 1000, counters: { swept: 9 }, seen: bytes(['a', now - 400]) },
    }),
    lastSeenAgoMs: 400,
    counters: { swept: 9, heartbeats: 0 },
  },
];

function savedRow(save: number, agoMs: number) {
  const counters = { ...FIRST_COUNTERS, saves: 7, failedSaves: 0, loads: 2, added: 1 };
  return { at: now - agoMs, parts: 1000, counters, seen: bytes(['a', now - agoMs]), save };
}

async function loadedFrom(rows: Record<string, unknown>): Promise<RegistryStub> {
  const stub = freshRegistry();
  await inside(stub, async (_, { storage }) => {
    for (const [key, value] of Object.entries(rows)) await storage.put(key, value);
    await storage.setAlarm(now + CHECKPOINT_MS);
  });
  return evict(stub);
}

describe.each(VERSIONS)(
  'rows of $name',
  ({ rows, metadata, endpoints, replaces, lastSeenAgoMs, counters = {} }) => {
    test('are read whole, and nothing is quarantined', async () => {
      const stub = await loadedFrom(rows());
      const { servers } = await listOf(stub);
      expect(servers).toMatchObject([{ serverId: 'a', lastSeen: now - lastSeenAgoMs }]);
      expect(servers[0]?.metadata).toEqual(metadata);
      expect(servers[0]?.endpoints).toEqual(endpoints);
      if (replaces !== undefined)
        expect(await stub.heartbeat('a', false, null, null, replaces)).toEqual({ kind: 'replaced' });
      expect(await stub.stats()).toMatchObject({ setAside: 0, ...counters });
    });

    test('are replaced by those of this release once something moves, and say the same', async () => {
      let stub = await loadedFrom(rows());
      const heardAt = passMs(CHECKPOINT_MS);
      await stub.heartbeat('a', false);
      await inside(stub, (registry) => registry.alarm());
      await inside(stub, async (_, { storage }) => {
        const keys = [...(await storage.list({ prefix: '~leases' })).keys()];
        expect(keys).not.toContain('~leases');
        expect(keys).not.toContain('~leases:1');
      });
      stub = await evict(stub);
      const { servers } = await listOf(stub);
      expect(servers).toMatchObject([{ lastSeen: heardAt }]);
      expect(servers[0]?.metadata).toEqual(metadata);
      expect(servers[0]?.endpoints).toEqual(endpoints);
      if (replaces !== undefined)
        expect(await stub.heartbeat('a', false, null, null, replaces)).toEqual({ kind: 'replaced' });
      expect(await stub.stats()).toMatchObject({
        setAside: 0,
        ...counters,
        saves: expect.any(Number),
        heartbeats: expect.any(Number),
      });
    });
  },
);

describe('quarantined rows', () => {
  const damaged = { 'server:bad': 'nonsense', '~leases:900': { at: 'x' } };

  test('are kept under another key, counted, and not read again', async () => {
    let stub = await loadedFrom({ schema: 1, 'server:a': entry('a', { metadata: null }), ...damaged });
    expect(await stub.stats()).toMatchObject({ setAside: 2 });
    expect(await storedIds(stub)).toEqual(['a']);
    stub = await evict(stub);
    await inside(stub, async (registry, { storage }) => {
      expect(registry.stats()).toMatchObject({ setAside: 2 });
      expect([...(await storage.list({ prefix: 'aside:' })).keys()]).toEqual([
        'aside:server:bad',
        'aside:~leases:900',
      ]);
    });
  });

  test('of a release that kept no count are counted once', async () => {
    const aside = Object.fromEntries(
      Array.from({ length: 20 }, (_, index) => [`aside:server:${index}`, 'x']),
    );
    const stub = await loadedFrom({ schema: 1, 'server:a': entry('a', { metadata: null }), ...aside });
    expect(await stub.stats()).toMatchObject({ setAside: 20 });
    expect(await inside(stub, (_, { storage }) => storage.get('aside-count'))).toBe(20);
  });
});

test('an object that is only asked writes nothing and sets no alarm', async () => {
  const stub = freshRegistry();
  await listOf(stub);
  await stub.stats();
  await stub.heartbeat('nobody', false);
  await inside(stub, async (_, { storage }) => {
    expect((await storage.list()).size).toBe(0);
    expect(await storage.getAlarm()).toBeNull();
  });
});
