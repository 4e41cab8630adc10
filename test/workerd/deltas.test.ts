/** What changed since a revision, and over which loads from disk a revision goes on. */
import { describe, expect, test, vi } from 'vitest';
import { deltaAnswer, statsAnswer } from '../../src/protocol/protocol.ts';
import { refusePuts } from './support/disk.ts';
import {
  evict,
  freshRegistry,
  inside,
  parseBody,
  passMs,
  registerMany,
  registration,
  storedIds,
  TTL_MS,
  type RegistryStub,
} from './support/fleet.ts';
import { register, send, useEmptyRegistry } from './support/http.ts';

useEmptyRegistry();

/** What the object says has changed. */
async function after(stub: RegistryStub, revision: string) {
  return deltaAnswer.parse(await parseBody(await stub.changesAfter(revision)));
}

describe('GET /servers?since=', () => {
  const since = async (revision: string) =>
    deltaAnswer.parse(await (await send('GET', `/servers?since=${revision}`)).json());

  test('answers the whole list to one that knows nothing, then what changed', async () => {
    await register();
    const first = await since('0');
    expect(first).toMatchObject({ full: true, changed: [{ serverId: 'a' }], removed: [] });
    expect(await since(first.revision)).toEqual({
      revision: first.revision,
      since: first.revision,
      changed: [],
      removed: [],
      timestamp: Date.now(),
    });

    await register({ serverId: 'b' });
    await register({ serverId: 'c' });
    await send('DELETE', '/servers/a');
    const second = await since(first.revision);
    expect(second).toMatchObject({ changed: [{ serverId: 'b' }, { serverId: 'c' }], removed: ['a'] });
    expect(second.full).toBeUndefined();
    const stats = statsAnswer.parse(await (await send('GET', '/stats')).json());
    expect(second.revision.split('.').at(-1)).toBe(String(stats.revision));

    passMs(TTL_MS);
    const third = await since(second.revision);
    expect(third).toMatchObject({ changed: [], removed: ['b', 'c'] });
  });

  test('answers the whole list to one that knows a later revision than there is', async () => {
    await register();
    const { revision } = await since('0');
    const [life] = revision.split('.');
    for (const unknown of [`${life}.${Number.MAX_SAFE_INTEGER}`, '17', 'other.1', 'x']) {
      expect(await since(unknown)).toMatchObject({ full: true, since: '0', revision });
    }
  });

  test('answers the whole list after a restart', async () => {
    const stub = freshRegistry();
    await registerMany(stub, 3);
    const { revision } = await after(stub, '0');
    const answer = await after(await evict(stub), revision);
    expect(answer.full).toBe(true);
    expect(answer.changed).toHaveLength(3);
    expect(answer.revision).not.toBe(revision);
  });

  test('goes on over a sleep, before which all is saved, however often: nothing is told twice, nothing is missed', async () => {
    let stub = freshRegistry();
    await registerMany(stub, 3);
    let { revision } = await after(stub, '0');
    for (let sleep = 0; sleep < 3; sleep += 1) {
      await stub.save();
      passMs(11_000);
      stub = await evict(stub);
      const nothing = await after(stub, revision);
      expect(nothing).toMatchObject({ changed: [], removed: [], revision });
      expect(nothing.full).toBeUndefined();
      await stub.heartbeat('server-1', false, JSON.stringify({ sleep }));
      const change = await after(stub, revision);
      expect(change).toMatchObject({ changed: [{ serverId: 'server-1', metadata: { sleep } }], removed: [] });
      expect(change.full).toBeUndefined();
      ({ revision } = change);
    }
    await stub.deregister('server-0');
    await stub.save();
    stub = await evict(stub);
    expect((await after(stub, revision)).full).toBe(true);
  });

  test('begins a new life where a server came or went behind the last save', async () => {
    for (const act of ['register', 'deregister'] as const) {
      let stub = freshRegistry();
      await registerMany(stub, 3);
      await stub.save();
      const { revision } = await after(stub, '0');
      passMs(1);
      await (act === 'register' ? stub.register(registration('new')) : stub.deregister('server-0'));
      stub = await evict(stub);
      expect((await after(stub, revision)).full, act).toBe(true);
    }
  });

  test('does not mistake what a crash undid for what came after it', async () => {
    let stub = freshRegistry();
    await registerMany(stub, 3);
    await stub.save();
    await stub.heartbeat('server-1', false, '{"seen":"and lost"}');
    passMs(1);
    const { revision, changed } = await after(stub, '0');
    expect(changed[1]).toMatchObject({ metadata: { seen: 'and lost' } });
    stub = await evict(stub);
    await stub.heartbeat('server-2', false, '{"seen":"later"}');
    const answer = await after(stub, revision);
    expect(answer.full).toBe(true);
    expect(answer.changed[1]?.metadata).toBeUndefined();
  });
});

describe('a revision stands for one list, whatever a crash leaves on disk', () => {
  /** Registers `stays`, and `dies` a minute before it; returns when `dies` is over in 1 s, with all saved. */
  async function withOneAboutToExpire(): Promise<RegistryStub> {
    const stub = freshRegistry();
    await stub.register(registration('dies'));
    passMs(60_000);
    await stub.register(registration('stays'));
    passMs(TTL_MS - 61_000);
    await stub.heartbeat('stays', false);
    await stub.save();
    return stub;
  }

  test('where a lease ran out before the save, and nobody had looked', async () => {
    const stub = await withOneAboutToExpire();
    const { revision } = await after(stub, '0');
    passMs(2000);
    await stub.heartbeat('stays', false);
    await stub.save();
    const answer = await after(await evict(stub), revision);
    expect(answer.full === true || answer.removed.includes('dies')).toBe(true);
    expect(answer.revision).not.toBe(revision);
  });

  test('where a sweep has deleted rows, and the save behind it was not written', async () => {
    const stub = await withOneAboutToExpire();
    const { revision } = await after(stub, '0');
    passMs(2000);
    await inside(stub, async (registry, { storage }) => {
      refusePuts(storage, (keys) => keys.startsWith('~leases'));
      await expect(registry.alarm()).rejects.toThrow('killed');
      vi.restoreAllMocks();
    });
    expect(await storedIds(stub)).toEqual(['stays']);
    const answer = await after(await evict(stub), revision);
    expect(answer.full === true || answer.removed.includes('dies')).toBe(true);
  });

  test('where a save of many rows was cut short', async () => {
    const stub = freshRegistry();
    const ids = await registerMany(stub, 300);
    const metadata = (round: number) => JSON.stringify({ round, text: 'x'.repeat(1000) });
    for (const id of ids) await stub.heartbeat(id, false, metadata(1));
    await stub.save();
    for (const id of ids) await stub.heartbeat(id, false, metadata(2));
    const { revision } = await after(stub, '0');
    await inside(stub, async (registry, { storage }) => {
      refusePuts(storage, (_, before) => before > 0);
      await expect(registry.save()).rejects.toThrow('killed');
      vi.restoreAllMocks();
    });
    passMs(1);
    const answer = await after(await evict(stub), revision);
    expect(new Set(answer.changed.map((server) => server.metadata?.['round']))).toEqual(new Set([1, 2]));
    expect(answer.revision).not.toBe(revision);
    expect(answer.full).toBe(true);
  });

  test('where the lease is another one since', async () => {
    const stub = await withOneAboutToExpire();
    const { revision } = await after(stub, '0');
    await inside(stub, async (_, { storage }) => {
      // As a life with another SERVER_TTL_MS would have saved it.
      const row = await storage.get<{ revision: object }>('~leases:900');
      await storage.put('~leases:900', { ...row, revision: { ...row?.revision, ttlMs: 2 * TTL_MS } });
    });
    expect((await after(await evict(stub), revision)).full).toBe(true);
  });

  test('where a row could not be read, over every load from then on', async () => {
    const stub = freshRegistry();
    await registerMany(stub, 3);
    await stub.save();
    const { revision } = await after(stub, '0');
    await inside(stub, async (_, { storage }) => storage.put('server:server-0', 'spoilt'));
    vi.spyOn(console, 'error').mockReturnValue();
    passMs(1);
    const once = await evict(stub);
    expect((await after(once, '0')).changed).toHaveLength(2);
    expect((await after(await evict(once), revision)).full).toBe(true);
    vi.restoreAllMocks();
  });

  test('where a downtime that the alarm found brought leases back', async () => {
    const stub = freshRegistry();
    await registerMany(stub, 2);
    passMs(2 * TTL_MS);
    const { revision, changed } = await after(stub, '0');
    expect(changed).toEqual([]);
    await stub.save();
    vi.spyOn(console, 'warn').mockReturnValue();
    await inside(stub, (registry) =>
      registry.alarm({ isRetry: false, retryCount: 0, scheduledTime: Date.now() }),
    );
    passMs(1);
    const answer = await after(await evict(stub), revision);
    expect(answer.changed).toHaveLength(2);
    vi.restoreAllMocks();
  });
});
