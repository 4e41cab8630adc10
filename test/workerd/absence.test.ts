/** Coming back: what the registry takes from silence after it was away itself, and from rows it can't read. */
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import {
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

const GRACE_MS = HEARTBEAT_MS * 1.5;

beforeEach(() => {
  vi.spyOn(console, 'warn').mockReturnValue();
  holdTime();
});
afterEach(() => {
  vi.restoreAllMocks();
  releaseTime();
});

describe('after an absence', () => {
  test('who was live when it began stays listed for one heartbeat interval and a half, lastSeen untouched', async () => {
    const stub = freshRegistry();
    const from = Date.now() + CHECKPOINT_MS;
    const registeredAt = Date.now();
    await registerMany(stub, 3);
    const until = passMs(3 * TTL_MS);
    const back = await evict(stub);
    expect((await listOf(back)).servers).toMatchObject(
      Array.from({ length: 3 }, () => ({ lastSeen: registeredAt })),
    );
    expect((await back.stats()).absence).toEqual({ from, until, leases: 3 });
    passMs(GRACE_MS - 1);
    await back.heartbeat('server-1', false);
    expect(await listedIds(back)).toHaveLength(3);
    passMs(1);
    expect(await listedIds(back)).toEqual(['server-1']);
  });

  test('who had run out before it began does not come back', async () => {
    const stub = freshRegistry();
    await registerMany(stub, 1, 'dead-');
    passMs(TTL_MS - 1000);
    await registerMany(stub, 1, 'alive-');
    await inside(stub, (registry) => registry.alarm());
    passMs(1000);
    await listedIds(stub);
    passMs(3 * TTL_MS);
    const back = await evict(stub);
    expect(await listedIds(back)).toEqual(['alive-0']);
  });

  test('however often it restarts meanwhile, the extension is not given twice', async () => {
    const stub = freshRegistry();
    await registerMany(stub, 2);
    passMs(3 * TTL_MS);
    let back = await evict(stub);
    await listedIds(back);
    for (let restart = 0; restart < 8; restart += 1) {
      passMs(GRACE_MS / 10);
      back = await evict(back);
      expect(await listedIds(back)).toHaveLength(2);
    }
    passMs(GRACE_MS / 5);
    back = await evict(back);
    expect(await listedIds(back)).toEqual([]);
  });

  test('the dead are swept when their extension is over', async () => {
    const stub = freshRegistry();
    await registerMany(stub, 2);
    passMs(3 * TTL_MS);
    const back = await evict(stub);
    await inside(back, (registry) => registry.alarm());
    expect(await storedIds(back)).toHaveLength(2);
    passMs(GRACE_MS);
    await inside(back, (registry) => registry.alarm());
    expect(await storedIds(back)).toEqual([]);
  });

  test('a second absence within the extension of the first extends the same leases again', async () => {
    const stub = freshRegistry();
    await registerMany(stub, 2);
    passMs(3 * TTL_MS);
    let back = await evict(stub);
    await inside(back, (registry) => registry.alarm());
    passMs(3 * TTL_MS);
    back = await evict(back);
    await listedIds(back);
    passMs(1000);
    back = await evict(back);
    expect(await listedIds(back)).toHaveLength(2);
    passMs(GRACE_MS);
    expect(await listedIds(back)).toEqual([]);
  });
});

test('after an alarm that was given up, an outage is an absence all the same', async () => {
  const stub = freshRegistry();
  await registerMany(stub, 2);
  await inside(stub, (_, { storage }) => storage.deleteAlarm());
  passMs(3 * TTL_MS);
  const back = await evict(stub);
  expect(await listedIds(back)).toHaveLength(2);
  expect((await back.stats()).absence).toMatchObject({ leases: 2, until: Date.now() });
  passMs(GRACE_MS);
  expect(await listedIds(back)).toEqual([]);
});

test('an eviction with the alarm still ahead extends nothing', async () => {
  const stub = freshRegistry();
  await registerMany(stub, 2);
  passMs(CHECKPOINT_MS - 1);
  const back = await evict(stub);
  await listedIds(back);
  expect((await back.stats()).absence).toBeNull();
});

describe('a row that cannot be read', () => {
  const logged: unknown[] = [];
  beforeEach(() => {
    logged.length = 0;
    vi.spyOn(console, 'error').mockImplementation((line) => logged.push(line));
  });

  test.each([
    ['of the wrong type', 'not a record'],
    ['without a member it needs', { serverId: 'bad', endpoint: 'x' }],
    ['under a key that is not its own', { ...registration('other'), registeredAt: 0, lastSeen: 0 }],
  ])('%s is set aside, counted and logged, and stops nothing', async (_, row) => {
    const stub = freshRegistry();
    await registerMany(stub, 1);
    await inside(stub, (_registry, { storage }) => storage.put('server:bad', row));
    const back = await evict(stub);
    expect(await listedIds(back)).toEqual(['server-0']);
    expect(await back.stats()).toMatchObject({ live: 1, setAside: 1 });
    expect(await inside(back, (_registry, { storage }) => storage.get('aside:server:bad'))).toEqual(row);
    expect(logged).toEqual([expect.stringContaining('server:bad')]);
    const later = await evict(back);
    expect(await later.stats()).toMatchObject({ live: 1, setAside: 1 });
  });

  test.each([
    ['nonsense', 'nonsense'],
    ['bytes that are no JSON', { at: 1, parts: 1, counters: {}, seen: new Uint8Array([1, 2, 3]) }],
  ])('a checkpoint of %s costs nobody a place: every lease is extended', async (_, row) => {
    const stub = freshRegistry();
    await registerMany(stub, 2);
    await inside(stub, (_registry, { storage }) => storage.put('~leases', row));
    passMs(TTL_MS - 1);
    await inside(stub, (_registry, { storage }) => storage.setAlarm(Date.now() + 1));
    passMs(1000);
    const back = await evict(stub);
    expect(await listedIds(back)).toHaveLength(2);
    expect(await back.stats()).toMatchObject({ setAside: 1, absence: { leases: 2 } });
  });
});

test('50,000 servers are loaded, written down in several rows, and loaded again', async () => {
  const stub = freshRegistry();
  const now = Date.now();
  const ids = Array.from({ length: 50_000 }, (_, index) => `ed25519:${`${index}`.padStart(43, 'k')}=`);
  await inside(stub, async (_, { storage }) => {
    for (let start = 0; start < ids.length; start += 128) {
      const rows = ids
        .slice(start, start + 128)
        .map((id): [string, unknown] => [
          `server:${id}`,
          { ...registration(id), registeredAt: now, lastSeen: now },
        ]);
      await storage.put(Object.fromEntries(rows));
    }
  });
  let back = await evict(stub);
  expect(await listedIds(back)).toHaveLength(50_000);
  const heardAt = passMs(CHECKPOINT_MS);
  await inside(back, async (registry, { storage }) => {
    for (const id of ids) await registry.heartbeat(id, false);
    await registry.alarm();
    expect((await storage.list({ prefix: '~leases' })).size).toBeGreaterThan(5);
  });
  back = await evict(back);
  const { servers } = await listOf(back);
  expect(servers).toHaveLength(50_000);
  expect(new Set(servers.map((server) => server.lastSeen))).toEqual(new Set([heardAt]));
}, 60_000);

describe('the schema version', () => {
  test('is stored, and rows from before there was one are migrated in the transaction that writes it', async () => {
    const stub = freshRegistry();
    const old = {
      serverId: 'old',
      endpoint: 'wss://old',
      publicKey: 'k',
      region: 'eu',
      registeredAt: Date.now(),
      lastSeen: Date.now(),
    };
    await inside(stub, async (_, { storage }) => {
      await storage.delete('schema');
      await storage.put('server:old', old);
    });
    const back = await evict(stub);
    expect(await listedIds(back)).toEqual(['old']);
    expect(await inside(back, (_, { storage }) => storage.get('schema'))).toBe(1);
    expect(await inside(back, (_, { storage }) => storage.get('server:old'))).toEqual({
      ...old,
      metadata: null,
    });
  });

  test('one release ahead is read, with the members it added left out', async () => {
    const stub = freshRegistry();
    await registerMany(stub, 1);
    await inside(stub, async (_, { storage }) => {
      await storage.put('schema', 2);
      await storage.put('server:new', {
        ...registration('new'),
        registeredAt: Date.now(),
        lastSeen: Date.now(),
        added: 1,
      });
    });
    const back = await evict(stub);
    expect(await listedIds(back)).toEqual(['new', 'server-0']);
  });

  test('two releases ahead is refused with what to do', async () => {
    const stub = freshRegistry();
    await registerMany(stub, 1);
    await inside(stub, (_, { storage }) => storage.put('schema', 3));
    const back = await evict(stub);
    const answer = await back.stats().then(
      () => 'answered',
      (error: unknown) => String(error),
    );
    expect(answer).toContain('schema version 3');
    expect(answer).toContain('deploy a newer version');
  });
});
