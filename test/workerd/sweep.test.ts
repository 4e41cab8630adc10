/** The sweep: what the alarm deletes, in what order, and what it leaves alone. */
import { runDurableObjectAlarm } from 'cloudflare:test';
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import {
  again,
  freshRegistry,
  holdTime,
  inside,
  listedIds,
  passMs,
  passTtlWithAlarms,
  registerMany,
  registration,
  releaseTime,
  ringWithoutDisk,
  storedIds,
  SWEEP_MS,
  TTL_MS,
  type RegistryStub,
} from './support/fleet.ts';

const KEYS_PER_SLICE = 256;

beforeEach(() => holdTime());
afterEach(() => {
  vi.restoreAllMocks();
  releaseTime();
});

/** Rings the alarm as long as one is set to ring within a sweep's own pauses. Returns how often it rang. */
async function sweepAll(stub: RegistryStub): Promise<number> {
  let rings = 0;
  do {
    await runDurableObjectAlarm(stub);
    rings += 1;
    passMs(1000);
  } while ((await stub.stats()).stale > 0);
  return rings;
}

describe('a sweep of', () => {
  test.each([0, 1, 127, 128, 129, 1025, 5000])('%i stale keys deletes exactly these', async (count) => {
    const stub = freshRegistry();
    await registerMany(stub, count, 'dead-');
    passMs(TTL_MS - 1000);
    await stub.register(registration('alive'));
    passMs(1000);
    expect(await listedIds(stub)).toEqual(['alive']);
    expect(await stub.stats()).toMatchObject({ live: 1, stale: count, swept: 0 });

    const rings = await sweepAll(stub);

    expect(rings).toBe(Math.max(1, Math.ceil(count / KEYS_PER_SLICE)));
    expect(await storedIds(stub)).toEqual(['alive']);
    expect(await stub.stats()).toMatchObject({
      live: 1,
      stale: 0,
      swept: count,
      sweeps: count === 0 ? 0 : 1,
    });
  });

  test('a mix deletes the silent and keeps the ones that were heard', async () => {
    const stub = freshRegistry();
    const ids = await registerMany(stub, 300);
    passMs(TTL_MS / 2);
    const heard = ids.filter((_, index) => index % 3 === 0);
    for (const id of heard) await stub.heartbeat(id, false);
    passMs(TTL_MS / 2);

    await sweepAll(stub);

    expect((await storedIds(stub)).toSorted()).toEqual(heard.toSorted());
    expect((await listedIds(stub)).toSorted()).toEqual(heard.toSorted());
  });

  test('keys with every awkward character', async () => {
    const stub = freshRegistry();
    const ids = [
      'ed25519:a/b+c=',
      'a b',
      '100%',
      'ü',
      '🎮🛰️',
      'server:server:x',
      'leases',
      '..',
      '"quoted"',
      '__proto__',
    ];
    await inside(stub, async (registry) => {
      for (const id of ids) await registry.register(registration(id));
    });
    expect(await listedIds(stub)).toEqual(ids);
    passMs(TTL_MS);
    await sweepAll(stub);
    expect(await storedIds(stub)).toEqual([]);
    expect(await stub.stats()).toMatchObject({ swept: ids.length });
  });
});

describe('a slice', () => {
  test('passes at most 128 keys a call, issues its calls together, and takes at most 256 keys', async () => {
    const stub = freshRegistry();
    await registerMany(stub, 2500);
    passMs(TTL_MS);
    await inside(stub, async (registry, { storage }) => {
      const calls: { keys: number; turn: number }[] = [];
      let turn = 0;
      const deleteKeys = storage.delete.bind(storage);
      vi.spyOn(storage, 'delete').mockImplementation((keys: string[], options?) => {
        calls.push({ keys: keys.length, turn });
        queueMicrotask(() => (turn += 1));
        return deleteKeys(keys, options);
      });
      await registry.alarm();
      expect(calls.map((call) => call.keys)).toEqual([128, 128]);
      expect(new Set(calls.map((call) => call.turn))).toEqual(new Set([0]));
    });
    expect(await stub.stats()).toMatchObject({ stale: 2500 - KEYS_PER_SLICE, swept: KEYS_PER_SLICE });
  });

  test('leaves the rest to an alarm a moment later, not to the present moment', async () => {
    const stub = freshRegistry();
    await registerMany(stub, 1025);
    const now = passMs(TTL_MS);
    await runDurableObjectAlarm(stub);
    const { nextAlarmAt } = await stub.stats();
    expect(nextAlarmAt).toBeGreaterThan(now);
    expect(nextAlarmAt).toBeLessThanOrEqual(now + 100);
  });

  test('whose rest came back to life ends its sweep: the alarm rings at its own pace again, and saves go on', async () => {
    const stub = freshRegistry();
    await registerMany(stub, KEYS_PER_SLICE + 2);
    passMs(TTL_MS);
    await runDurableObjectAlarm(stub);
    for (const id of [KEYS_PER_SLICE, KEYS_PER_SLICE + 1]) await stub.heartbeat(`server-${id}`, false);
    passMs(50);
    await inside(stub, (registry) => registry.alarm());
    const { nextAlarmAt, saves } = await stub.stats();
    expect(nextAlarmAt).toBeGreaterThan(Date.now() + 1000);
    expect(saves).toBeGreaterThan(0);

    passMs(TTL_MS);
    await inside(stub, (registry) => registry.alarm());
    expect(await stub.stats()).toMatchObject({ stale: 0, sweeps: 2, lastSweep: { deleted: 2 } });
  });

  test('counts as one sweep with those before it', async () => {
    const stub = freshRegistry();
    await registerMany(stub, 2500);
    const at = passMs(TTL_MS);
    await sweepAll(stub);
    expect(await stub.stats()).toMatchObject({ sweeps: 1, swept: 2500, lastSweep: { at, deleted: 2500 } });
  });
});

describe('stale keys', () => {
  test('accumulate for the sweep interval', async () => {
    const stub = freshRegistry();
    await registerMany(stub, 1, 'first-');
    passMs(1000);
    await registerMany(stub, 1, 'second-');
    passMs(TTL_MS - 1000);
    const firstSweepAt = Date.now();
    await runDurableObjectAlarm(stub);
    expect(await storedIds(stub)).toEqual(['second-0']);

    passMs(1000);
    expect(await listedIds(stub)).toEqual([]);
    await runDurableObjectAlarm(stub);
    expect(await stub.stats()).toMatchObject({ stale: 1, nextAlarmAt: firstSweepAt + SWEEP_MS });

    passMs(SWEEP_MS - 1000);
    await runDurableObjectAlarm(stub);
    expect(await storedIds(stub)).toEqual([]);
  });

  test('[C10] that heartbeat after they were queued survive the flush', async () => {
    const stub = freshRegistry();
    await registerMany(stub, 3);
    passMs(TTL_MS);
    expect(await listedIds(stub)).toEqual([]);
    expect(await stub.heartbeat('server-1', false)).toBeNull();
    expect(await listedIds(stub)).toEqual(['server-1']);

    await runDurableObjectAlarm(stub);

    expect(await storedIds(stub)).toEqual(['server-1']);
    expect(await stub.stats()).toMatchObject({ live: 1, stale: 0, swept: 2 });
  });

  test('that register again after they were queued survive the flush, with their registeredAt', async () => {
    const stub = freshRegistry();
    const registeredAt = Date.now();
    await registerMany(stub, 1);
    passMs(TTL_MS);
    await listedIds(stub);
    await stub.register(registration('server-0', { region: 'us' }));

    await runDurableObjectAlarm(stub);

    expect(await stub.getServer('server-0')).toMatchObject({
      status: 'live',
      server: { region: 'us', registeredAt },
    });
    expect(await storedIds(stub)).toEqual(['server-0']);
  });

  test('that heartbeat around the flush are kept where that was answered, and gone where it was refused', async () => {
    const stub = freshRegistry();
    const ids = await registerMany(stub, KEYS_PER_SLICE);
    passMs(TTL_MS);
    const rings = stub.listServers(null).then(() => runDurableObjectAlarm(stub));
    const outcomes = await Promise.all(ids.map((id) => stub.heartbeat(id, false)));
    await rings;
    const kept = ids.filter((_, index) => outcomes[index] === null);
    expect(await storedIds(stub)).toEqual(kept.toSorted());
    expect(await stub.stats()).toMatchObject({
      live: kept.length,
      stale: 0,
      swept: ids.length - kept.length,
    });
  });
});

describe('a sweep whose delete fails', () => {
  test('loses nothing, counts nothing, and does it all when the runtime rings again at the object loaded anew', async () => {
    const stub = freshRegistry();
    await registerMany(stub, 200);
    await passTtlWithAlarms(stub);
    const thrown = await ringWithoutDisk(stub);
    expect(thrown).toContain('disk is away');
    const back = again(stub);
    expect(await back.stats()).toMatchObject({ live: 0, stale: 200, swept: 0, sweeps: 0, lastSweep: null });

    await inside(back, (registry) => registry.alarm());

    expect(await storedIds(back)).toEqual([]);
    expect(await back.stats()).toMatchObject({ live: 0, stale: 0, swept: 200, sweeps: 1 });
  });

  test('does not set the next alarm, which would cancel the retry', async () => {
    const stub = freshRegistry();
    await registerMany(stub, 1);
    passMs(TTL_MS);
    const alarmsSet: unknown[] = [];
    await inside(stub, (_, { storage }) => {
      const setAlarm = storage.setAlarm.bind(storage);
      vi.spyOn(storage, 'setAlarm').mockImplementation((at, options) => {
        alarmsSet.push(at);
        return setAlarm(at, options);
      });
    });
    expect(await ringWithoutDisk(stub)).toContain('disk is away');
    expect(alarmsSet).toEqual([]);
  });
});

test('an empty registry sets no alarm and sleeps', async () => {
  const stub = freshRegistry();
  await registerMany(stub, 5);
  passMs(TTL_MS);
  await runDurableObjectAlarm(stub);
  expect((await stub.stats()).nextAlarmAt).toBeNull();
  expect(await inside(stub, (_, { storage }) => storage.getAlarm())).toBeNull();
  expect(await runDurableObjectAlarm(stub)).toBe(false);
});
