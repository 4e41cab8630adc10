/** While a write is on its way to the disk: whose answers wait for it, and that nobody is answered if it fails. */
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import type { ServerRegistry } from '../../src/registry/registry.ts';
import {
  again,
  freshRegistry,
  holdTime,
  inside,
  listOf,
  registerMany,
  registration,
  releaseTime,
  type RegistryStub,
} from './support/fleet.ts';

beforeEach(() => holdTime());
afterEach(() => {
  vi.restoreAllMocks();
  releaseTime();
});

/** What has been answered by the time that everything which needs no disk had its turn. */
async function answeredNow(answers: Readonly<Record<string, unknown>>): Promise<string[]> {
  const done: string[] = [];
  for (const [name, answer] of Object.entries(answers)) {
    void Promise.resolve(answer).then(() => done.push(name));
  }
  for (let turn = 0; turn < 20; turn += 1) await Promise.resolve();
  return done.toSorted();
}

/** Runs `act` in an object whose disk takes until `flushed` is called; who waits for it is told by `act`. */
async function withSlowDisk(
  stub: RegistryStub,
  act: (registry: ServerRegistry, flush: () => void) => Promise<void>,
): Promise<void> {
  await inside(stub, async (registry, { storage }) => {
    let flush = () => undefined as void;
    const flushed = new Promise<void>((resolve) => {
      flush = resolve;
    });
    const sync = storage.sync.bind(storage);
    vi.spyOn(storage, 'sync').mockImplementation(async () => {
      await flushed;
      await sync();
    });
    await act(registry, flush);
  });
}

const key = (name: string, createdSeconds: number) => ({ proof: { key: name, createdSeconds } });

describe('while a registration is on its way to the disk', () => {
  test('lists, statistics and other servers are answered; it and whatever is about its id waits', async () => {
    const stub = freshRegistry();
    await registerMany(stub, 3);
    await withSlowDisk(stub, async (registry, flush) => {
      const answers = {
        registration: registry.register(registration('new')),
        'heartbeat of it': registry.heartbeat('new', false),
        'look at it': registry.getServer('new'),
        'heartbeat of another': registry.heartbeat('server-1', true),
        'look at another': registry.getServer('server-1'),
        list: registry.listServers(null),
        delta: registry.changesAfter('0'),
        statistics: registry.stats(),
      };
      expect(await answeredNow(answers)).toEqual([
        'delta',
        'heartbeat of another',
        'list',
        'look at another',
        'statistics',
      ]);
      // A moment before it is certain, the list shows it already.
      expect((await listOf(registry)).servers).toHaveLength(4);
      flush();
      for (const answer of Object.values(answers)) await answer;
    });
  });

  test('a refusal that rests on it waits: of a replay, and of another owner', async () => {
    const stub = freshRegistry();
    await withSlowDisk(stub, async (registry, flush) => {
      const created = Math.floor(Date.now() / 1000);
      const answers = {
        registration: registry.register(registration('new', key('A', created))),
        replay: registry.register(registration('new', key('A', created))),
        thief: registry.register(registration('new', key('B', created + 1))),
        'heartbeat of a thief': registry.heartbeat('new', false, null, { key: 'B', createdSeconds: created }),
        'deregistration by a thief': registry.deregister('new', { key: 'B', createdSeconds: created + 1 }),
      };
      expect(await answeredNow(answers)).toEqual([]);
      flush();
      expect(await answers.replay).toMatchObject({ kind: 'replayed' });
      expect(await answers.thief).toMatchObject({ kind: 'not-owner' });
      for (const answer of Object.values(answers)) await answer;
    });
  });
});

test('while a deregistration is on its way, a heartbeat of it is not yet refused', async () => {
  const stub = freshRegistry();
  await registerMany(stub, 2);
  await withSlowDisk(stub, async (registry, flush) => {
    const answers = {
      deregistration: registry.deregister('server-0'),
      heartbeat: registry.heartbeat('server-0', false),
      list: registry.listServers(null),
    };
    expect(await answeredNow(answers)).toEqual(['list']);
    flush();
    expect(await answers.heartbeat).toMatchObject({ kind: 'not-registered' });
    await answers.deregistration;
  });
});

test('if the disk fails, nobody who rests on the write is answered, and the object is loaded as the disk has it', async () => {
  const stub = freshRegistry();
  await registerMany(stub, 1);
  await inside(stub, (_, { storage }) => {
    vi.spyOn(storage, 'sync').mockRejectedValue(new Error('disk is away'));
  });
  const told = (answer: Promise<unknown>) =>
    answer.then(
      () => 'answered',
      () => 'failed',
    );
  const outcomes = await Promise.all([
    told(stub.register(registration('new'))),
    told(Promise.resolve(stub.heartbeat('new', false))),
    told(Promise.resolve(stub.getServer('new'))),
    told(stub.deregister('server-0')),
  ]);
  expect(outcomes).toEqual(['failed', 'failed', 'failed', 'failed']);
  vi.restoreAllMocks();
  // What the disk has of it counts, whichever that is: nobody was told anything.
  expect(await again(stub).getServer('nobody')).toEqual({ kind: 'not-registered' });
});
