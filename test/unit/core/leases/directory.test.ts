import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { Directory } from '../../../../src/core/leases/directory.ts';
import { Lease } from '../../../../src/core/leases/lease.ts';
import { beat, directory, liveIds, registration, staleIds, TERMS, TTL_MS } from '../support.ts';

describe('expire', () => {
  test('takes a lease at the moment its TTL is over, and not before', () => {
    const servers = directory();
    servers.register(registration('a'), 0);
    servers.expire(TTL_MS - 1);
    expect([liveIds(servers), staleIds(servers)]).toEqual([['a'], []]);
    servers.expire(TTL_MS);
    expect([liveIds(servers), staleIds(servers)]).toEqual([[], ['a']]);
  });

  test('queues in the order of registration and leaves the living', () => {
    const servers = directory();
    for (const [index, id] of ['a', 'b', 'c', 'd'].entries()) servers.register(registration(id), index);
    servers.heartbeat('b', 500);
    servers.expire(TTL_MS + 10);
    expect([liveIds(servers), staleIds(servers)]).toEqual([['b'], ['a', 'c', 'd']]);
  });

  test('finds the next to run out after a renewal moved the earliest', () => {
    const servers = directory();
    servers.register(registration('a'), 0);
    servers.register(registration('b'), 10);
    servers.heartbeat('a', 20);
    servers.expire(TTL_MS + 10);
    expect(staleIds(servers)).toEqual(['b']);
    servers.expire(TTL_MS + 20);
    expect(staleIds(servers)).toEqual(['b', 'a']);
  });

  test('tells of a change only where somebody ran out', () => {
    let told = 0;
    const servers = new Directory(TERMS, 'life', 0, undefined, () => {
      told += 1;
    });
    servers.register(registration('a'), 0);
    told = 0;
    expect([servers.expire(TTL_MS - 1), told]).toEqual([false, 0]);
    // Renewed, so that there is one to look at whose time may have come, and has not.
    servers.heartbeat('a', 10);
    expect([servers.expire(TTL_MS), told]).toEqual([false, 0]);
    expect([servers.expire(TTL_MS + 10), told]).toEqual([true, 1]);
  });
});

test('an expiry of nearly all keeps the few that live, the queue in its order, and both to what they were', () => {
  const servers = directory();
  for (let index = 0; index < 100; index += 1) servers.register(registration(`server-${index}`), index);
  servers.heartbeat('server-7', 900);
  servers.expire(TTL_MS + 100);
  expect(liveIds(servers)).toEqual(['server-7']);
  expect(staleIds(servers).slice(0, 8)).toEqual([0, 1, 2, 3, 4, 5, 6, 8].map((index) => `server-${index}`));
  servers.heartbeat('server-3', TTL_MS + 100);
  servers.register(registration('new'), TTL_MS + 100);
  expect(liveIds(servers)).toEqual(['server-7', 'server-3', 'new']);
  expect(servers.staleCount).toBe(98);
});

test('an expiry of nearly all keeps the few that waited already, behind them', () => {
  const servers = directory();
  servers.register(registration('waiting'), 0);
  for (let index = 0; index < 200; index += 1) servers.register(registration(`server-${index}`), 100);
  servers.register(registration('live'), 900);
  servers.expire(TTL_MS);
  expect(staleIds(servers)).toEqual(['waiting']);
  servers.expire(TTL_MS + 100);
  expect(liveIds(servers)).toEqual(['live']);
  expect([staleIds(servers).at(0), staleIds(servers).at(-1)]).toEqual(['server-0', 'waiting']);
  expect(servers.staleCount).toBe(201);
  servers.heartbeat('waiting', TTL_MS + 100);
  expect(liveIds(servers)).toEqual(['live', 'waiting']);
});

describe('a stale key', () => {
  test('leaves the queue by a heartbeat', () => {
    const servers = directory();
    servers.register(registration('a'), 0);
    servers.expire(TTL_MS);
    servers.heartbeat('a', TTL_MS + 1);
    expect([liveIds(servers), staleIds(servers)]).toEqual([['a'], []]);
    servers.expire(2 * TTL_MS);
    expect(liveIds(servers)).toEqual(['a']);
  });

  test('leaves the queue by a registration, which keeps its registeredAt', () => {
    const servers = directory();
    servers.register(registration('a'), 5);
    servers.expire(TTL_MS + 5);
    servers.register(registration('a'), TTL_MS + 6);
    expect(servers.find('a')?.lease.registeredAt).toBe(5);
    expect(staleIds(servers)).toEqual([]);
  });

  test('that was forgotten is gone: a heartbeat finds nothing, a registration starts anew', () => {
    const servers = directory();
    servers.register(registration('a'), 5);
    servers.expire(TTL_MS + 5);
    servers.forget(servers.staleBatch(10));
    expect(servers.heartbeat('a', TTL_MS + 6)).toBeUndefined();
    servers.register(registration('a'), TTL_MS + 7);
    expect(servers.find('a')?.lease.registeredAt).toBe(TTL_MS + 7);
  });
});

test('forget ends the leases of a batch, and their ids are free again', () => {
  const servers = directory(2);
  servers.register(registration('a'), 0);
  servers.register(registration('b'), 0);
  servers.expire(TTL_MS);
  servers.forget(servers.staleBatch(1));
  expect([servers.heldCount, staleIds(servers)]).toEqual([1, ['b']]);
  expect(servers.find('a')).toBeUndefined();
  expect(servers.register(registration('c'), TTL_MS)).toBeDefined();
});

describe('the revision', () => {
  test.each<[string, (servers: ReturnType<typeof directory>) => void, boolean]>([
    ['a new server', (servers) => servers.register(registration('b'), 1), true],
    ['a changed entry', (servers) => servers.register(registration('a', { region: 'us' }), 1), true],
    ['new metadata', (servers) => beat(servers, 'a', 1, '{"n":1}'), true],
    ['a deregistration', (servers) => servers.remove('a'), true],
    ['an expiry', (servers) => servers.expire(TTL_MS), true],
    ['a heartbeat', (servers) => servers.heartbeat('a', 1), false],
    ['the same registration again', (servers) => servers.register(registration('a'), 1), false],
    ['a look without an expiry', (servers) => servers.expire(1), false],
    ['a deregistration of nobody', (servers) => servers.remove('nobody'), false],
  ])('%s', (_, act, moves) => {
    const servers = directory();
    servers.register(registration('a'), 0);
    const before = servers.revision.counter;
    act(servers);
    expect(servers.revision.counter > before).toBe(moves);
  });

  test('moves again when the expired come back, and not when they are swept', () => {
    const servers = directory();
    for (const id of ['a', 'b']) servers.register(registration(id), 0);
    servers.expire(TTL_MS);
    const expired = servers.revision.counter;
    servers.heartbeat('a', TTL_MS);
    const revived = servers.revision.counter;
    expect(revived).toBeGreaterThan(expired);
    servers.forget(servers.staleBatch(10));
    expect(servers.revision.counter).toBe(revived);
  });
});

test('a full directory refuses newcomers, never those it holds, stale ones included', () => {
  const servers = directory(2);
  servers.register(registration('a'), 0);
  servers.register(registration('b'), 0);
  expect(servers.register(registration('c'), 1)).toBe('too-many-servers');
  servers.expire(TTL_MS);
  expect(servers.register(registration('c'), TTL_MS)).toBe('too-many-servers');
  expect(servers.register(registration('a'), TTL_MS)).toBeInstanceOf(Lease);
  expect(servers.heartbeat('b', TTL_MS)).toBeInstanceOf(Lease);
  servers.remove('a');
  expect(servers.register(registration('c'), TTL_MS)).toBeInstanceOf(Lease);
});

describe('the bytes of all entries', () => {
  const metadata = (characters: number) => JSON.stringify({ n: 'x'.repeat(characters) });
  const sumOf = (servers: ReturnType<typeof directory>) =>
    Array.from(servers.held(), ({ entryBytes }) => entryBytes).reduce((sum, bytes) => sum + bytes, 0);

  test('are those that they take in the list, whatever happens to them', () => {
    const act = fc.oneof(
      fc.record({
        do: fc.constant('register' as const),
        id: fc.constantFrom('a', 'b', 'ü', '🎮'),
        n: fc.nat(50),
      }),
      fc.record({ do: fc.constant('beat' as const), id: fc.constantFrom('a', 'b', 'ü'), n: fc.nat(50) }),
      fc.record({ do: fc.constant('remove' as const), id: fc.constantFrom('a', 'b', 'ü') }),
      fc.constant({ do: 'sweep' as const }),
    );
    fc.assert(
      fc.property(fc.array(act, { maxLength: 40 }), (acts) => {
        const servers = directory(3, 'life', 600);
        let now = 0;
        for (const next of acts) {
          now += 100;
          if (next.do === 'register')
            servers.register(registration(next.id, { metadata: metadata(next.n) }), now);
          else if (next.do === 'beat') beat(servers, next.id, now, metadata(next.n));
          else if (next.do === 'remove') servers.remove(next.id);
          else {
            servers.expire(now);
            servers.forget(servers.staleBatch(1));
          }
          expect(servers.entryBytes).toBe(sumOf(servers));
          expect(servers.entryBytes).toBeLessThanOrEqual(600);
        }
      }),
    );
  });

  test('past their bound refuse a registration that grows them, and keep what was there', () => {
    const servers = directory(10, 'life', 400);
    servers.register(registration('a', { metadata: metadata(100) }), 0);
    expect(servers.register(registration('b', { metadata: metadata(200) }), 1)).toBe('too-many-bytes');
    expect(servers.register(registration('a', { metadata: metadata(300) }), 2)).toBe('too-many-bytes');
    expect(servers.find('a')?.lease).toMatchObject({ metadata: metadata(100), lastSeen: 0 });
    expect(servers.register(registration('a', { metadata: metadata(50) }), 3)).toBeInstanceOf(Lease);
  });

  test('past their bound refuse the metadata of a heartbeat, and never its lease', () => {
    const servers = directory(10, 'life', 400);
    servers.register(registration('a', { metadata: metadata(100) }), 0);
    const lease = servers.heartbeat('a', 500);
    if (lease === undefined) throw new Error('a is held');
    const { counter } = servers.revision;
    expect(servers.setMetadata(lease, metadata(300))).toBe(false);
    expect(lease).toMatchObject({ metadata: metadata(100), lastSeen: 500 });
    expect(servers.revision.counter).toBe(counter);
    expect(servers.setMetadata(lease, metadata(150))).toBe(true);
  });
});

describe('what is unsaved', () => {
  const dirtyIds = (servers: ReturnType<typeof directory>) =>
    servers.unsaved.drain().map(({ serverId }) => serverId);

  test('is nothing after a registration, whose row is written at once', () => {
    const servers = directory();
    servers.register(registration('a'), 0);
    expect(servers.unsaved.isEmpty).toBe(true);
  });

  test('is every lease that was renewed, once, until it is drained', () => {
    const servers = directory();
    for (const id of ['a', 'b', 'c']) servers.register(registration(id), 0);
    for (const id of ['b', 'a', 'b']) servers.heartbeat(id, 1);
    expect(dirtyIds(servers)).toEqual(['b', 'a']);
    expect(dirtyIds(servers)).toEqual([]);
    servers.heartbeat('b', 2);
    expect(dirtyIds(servers)).toEqual(['b']);
  });

  test('is no lease that ended', () => {
    const servers = directory();
    servers.register(registration('a'), 0);
    beat(servers, 'a', 1, '{"n":1}');
    servers.remove('a');
    expect(dirtyIds(servers)).toEqual([]);
    expect(servers.unsaved.rowsBehind.size).toBe(0);
  });

  test('is the row of a lease whose metadata a heartbeat changed, until it registers again', () => {
    const servers = directory();
    servers.register(registration('a'), 0);
    servers.heartbeat('a', 1);
    expect(servers.unsaved.rowsBehind.size).toBe(0);
    beat(servers, 'a', 2, '{"n":1}');
    expect(servers.unsaved.rowsBehind.size).toBe(1);
    servers.register(registration('a', { metadata: '{"n":1}' }), 3);
    expect(servers.unsaved.rowsBehind.size).toBe(0);
  });
});

describe('extend', () => {
  test('gives who was live then more time, stale or not by now, and nobody else', () => {
    const servers = directory();
    servers.register(registration('dead'), 0);
    servers.register(registration('live'), 100);
    servers.expire(2 * TTL_MS);
    expect(servers.extend(TTL_MS + 50, 3 * TTL_MS)).toBe(1);
    expect([liveIds(servers), staleIds(servers)]).toEqual([['live'], ['dead']]);
    expect(servers.find('live')?.lease).toMatchObject({ lastSeen: 100, expiresAt: 3 * TTL_MS });
  });
});
