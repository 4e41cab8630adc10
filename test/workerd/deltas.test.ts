/** What changed since a revision, and over which loads from disk a revision goes on. */
import { describe, expect, test } from 'vitest';
import { deltaAnswer, statsAnswer } from '../../src/protocol/protocol.ts';
import {
  evict,
  freshRegistry,
  parseBody,
  passMs,
  registerMany,
  registration,
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
