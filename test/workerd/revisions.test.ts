/** A revision never stands for two lists: tried with random calls, crashes in the middle of saves, and loads. */
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { deltaAnswer } from '../../src/protocol/protocol.ts';
import { refusePuts } from './support/disk.ts';
import {
  evict,
  freshRegistry,
  holdTime,
  inside,
  parseBody,
  passMs,
  registration,
  releaseTime,
  type RegistryStub,
} from './support/fleet.ts';

beforeEach(() => {
  vi.spyOn(console, 'warn').mockReturnValue();
  holdTime();
});
afterEach(() => {
  vi.restoreAllMocks();
  releaseTime();
});

/** Numbers in [0, below), the same for the same seed. */
function dice(seed: number): (below: number) => number {
  let state = seed;
  return (below) => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return Math.floor((state / 2 ** 32) * below);
  };
}

const LONG = 'x'.repeat(900);

test.each(Array.from({ length: 8 }, (_, round) => 1 + round))('with seed %i', async (seed) => {
  const roll = dice(seed);
  let stub: RegistryStub = freshRegistry();
  const id = () => `server-${roll(60)}`;
  const metadata = () => JSON.stringify({ n: roll(1000), text: LONG });
  const crash = async (refusedFrom: number) => {
    await inside(stub, async (registry, { storage }) => {
      refusePuts(storage, (keys, before) => keys.startsWith('~') && before >= refusedFrom);
      await Promise.allSettled([roll(2) === 0 ? registry.save() : registry.alarm()]);
      vi.mocked(storage.put).mockRestore();
    });
    stub = await evict(stub);
  };
  const acts: readonly (() => Promise<unknown>)[] = [
    () => stub.register(registration(id(), { metadata: metadata() })),
    () => stub.deregister(id()),
    async () => {
      const count = roll(60);
      for (let beat = 0; beat < count; beat += 1) await stub.heartbeat(id(), false, metadata());
    },
    () => stub.heartbeat(id(), false),
    () => stub.save(),
    () => inside(stub, (registry) => registry.alarm()),
    async () => passMs(1 + roll(40_000)),
    async () => passMs(1 + roll(200_000)),
    async () => {
      stub = await evict(stub);
    },
    () => crash(roll(5)),
  ];
  const shown = new Map<string, string>();
  let lastRevision = '0';
  for (let turn = 0; turn < 150; turn += 1) {
    await acts[roll(acts.length)]?.();
    passMs(1);
    if (roll(3) > 0) continue;
    const { revision, changed } = deltaAnswer.parse(await parseBody(await stub.changesAfter('0')));
    const list = JSON.stringify(
      changed.map(({ serverId, metadata: data }) => [serverId, data?.['n']]).toSorted(),
    );
    expect(list, `${revision} in turn ${turn}, after ${lastRevision}`).toBe(shown.get(revision) ?? list);
    shown.set(revision, list);
    lastRevision = revision;
  }
  expect(shown.size).toBeGreaterThan(10);
});
