/** The alarm can be trusted: who sets it, for when, and how it comes back when it is lost. */
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { countCalls } from './support/calls.ts';
import {
  again,
  CHECKPOINT_MS,
  evict,
  freshRegistry,
  HEARTBEAT_MS,
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

const OVERDUE_MS = 5000;

beforeEach(() => {
  vi.spyOn(console, 'warn').mockReturnValue();
  holdTime();
});
afterEach(() => {
  vi.restoreAllMocks();
  releaseTime();
});

function alarmOnDisk(stub: RegistryStub): Promise<number | null> {
  return inside(stub, (_, { storage }) => storage.getAlarm());
}

/** As the runtime leaves it after its last retry: no alarm set, and the object not told. */
function giveUpAlarm(stub: RegistryStub): Promise<void> {
  return inside(stub, (_, { storage }) => storage.deleteAlarm());
}

describe('the alarm is set', () => {
  test('by the first registration, and by no other while it is set', async () => {
    const stub = freshRegistry();
    await stub.register(registration('a'));
    const first = await alarmOnDisk(stub);
    expect(first).toBe(Date.now() + CHECKPOINT_MS);
    passMs(1000);
    await stub.register(registration('b'));
    expect(await alarmOnDisk(stub)).toBe(first);
    expect(await stub.stats()).toMatchObject({ nextAlarmAt: first });
  });

  test('never by a list, a look at one server or the statistics, even where it is lost', async () => {
    const stub = freshRegistry();
    await stub.register(registration('a'));
    await giveUpAlarm(stub);
    passMs(TTL_MS);
    expect(await listedIds(stub)).toEqual([]);
    await stub.getServer('a');
    await stub.stats();
    expect(await alarmOnDisk(stub)).toBeNull();
  });

  test('by the alarm itself for its next time, as long as anything is held', async () => {
    const stub = freshRegistry();
    await stub.register(registration('a'));
    passMs(CHECKPOINT_MS);
    await inside(stub, (registry) => registry.alarm());
    expect(await alarmOnDisk(stub)).toBe(Date.now() + CHECKPOINT_MS);
  });

  test('for the expiry where that comes before the next checkpoint', async () => {
    const stub = freshRegistry();
    const registeredAt = Date.now();
    await stub.register(registration('a'));
    passMs(TTL_MS - 1000);
    await inside(stub, (registry) => registry.alarm());
    expect(await alarmOnDisk(stub)).toBe(registeredAt + TTL_MS);
  });
});

describe('an alarm that the runtime gave up after six failures', () => {
  async function withAlarmGivenUp(): Promise<RegistryStub> {
    const stub = freshRegistry();
    await registerMany(stub, 2);
    await passTtlWithAlarms(stub);
    // A failure throws memory away, so the runtime rings the next time at an object loaded from disk. After the sixth it
    // gives up, and that object has nobody to tell it.
    expect(await ringWithoutDisk(stub)).toContain('disk is away');
    const back = again(stub);
    await back.getServer('server-0');
    await giveUpAlarm(back);
    passMs(OVERDUE_MS + 1);
    return back;
  }

  test('is set again by the next heartbeat, and the sweep then happens', async () => {
    const stub = await withAlarmGivenUp();
    await stub.heartbeat('server-0', false);
    expect(await alarmOnDisk(stub)).toBeGreaterThan(Date.now());
    await inside(stub, (registry) => registry.alarm());
    expect(await storedIds(stub)).toEqual(['server-0']);
    expect(await stub.stats()).toMatchObject({ swept: 1, sweeps: 1 });
  });

  test('is set again by the next registration', async () => {
    const stub = await withAlarmGivenUp();
    await stub.register(registration('new'));
    expect(await alarmOnDisk(stub)).toBeGreaterThan(Date.now());
  });

  test('is set again when the object is next loaded', async () => {
    const stub = await withAlarmGivenUp();
    const back = await evict(stub);
    await listedIds(back);
    expect(await alarmOnDisk(back)).toBeGreaterThan(Date.now());
  });
});

describe('an alarm stuck in the past', () => {
  test('is left alone while it may still ring, and set again by a registration when it is overdue', async () => {
    const stub = freshRegistry();
    await stub.register(registration('a'));
    const stuckAt = await alarmOnDisk(stub);
    passMs(CHECKPOINT_MS + OVERDUE_MS);
    await inside(stub, async (registry, { storage }) => {
      const calls = countCalls(storage);
      await registry.register(registration('b'));
      expect(calls.writes().map(({ method }) => method)).toEqual(['put']);
      passMs(1);
      await registry.register(registration('c'));
      expect(calls.writes().map(({ method }) => method)).toEqual(['put', 'put', 'setAlarm']);
    });
    expect(await alarmOnDisk(stub)).toBeGreaterThan(stuckAt ?? Infinity);
  });
});

describe('a clock', () => {
  test('that steps back revives nobody, and time goes on from where it was', async () => {
    const stub = freshRegistry();
    await stub.register(registration('a'));
    passMs(TTL_MS);
    expect(await listedIds(stub)).toEqual([]);
    passMs(-TTL_MS);
    expect(await listedIds(stub)).toEqual([]);
    await stub.register(registration('b'));
    passMs(TTL_MS - 1);
    expect(await listedIds(stub)).toEqual(['b']);
    passMs(1);
    expect(await listedIds(stub)).toEqual([]);
  });

  test('that stepped back still has its alarms at times of the wall clock', async () => {
    const stub = freshRegistry();
    await stub.register(registration('a'));
    passMs(CHECKPOINT_MS);
    await listedIds(stub);
    passMs(-86_400_000);
    await inside(stub, (registry) => registry.alarm());
    expect(await alarmOnDisk(stub)).toBe(Date.now() + CHECKPOINT_MS);
    expect(await stub.stats()).toMatchObject({ nextAlarmAt: Date.now() + CHECKPOINT_MS });
  });

  test('that leaps ahead by a day costs no live server its place, once the alarm has rung', async () => {
    const stub = freshRegistry();
    const scheduledTime = Date.now() + CHECKPOINT_MS;
    await registerMany(stub, 3);
    passMs(86_400_000);
    expect(await listedIds(stub)).toEqual([]);
    await inside(stub, (registry) => registry.alarm({ scheduledTime, isRetry: false, retryCount: 0 }));
    expect(await listedIds(stub)).toEqual(['server-0', 'server-1', 'server-2']);
    expect(await stub.stats()).toMatchObject({ live: 3, stale: 0, swept: 0, absence: { leases: 3 } });
    passMs(HEARTBEAT_MS * 1.5);
    expect(await listedIds(stub)).toEqual([]);
  });

  test('that was a day ahead when rows were written does not keep the dead for a day', async () => {
    const stub = freshRegistry();
    passMs(86_400_000);
    await registerMany(stub, 2);
    passMs(CHECKPOINT_MS);
    await stub.heartbeat('server-0', false);
    await inside(stub, (registry) => registry.alarm());
    passMs(-86_400_000);
    const back = await evict(stub);
    expect(await listedIds(back)).toHaveLength(2);
    expect(await alarmOnDisk(back)).toBeLessThanOrEqual(Date.now() + CHECKPOINT_MS);
    passMs(TTL_MS);
    expect(await listedIds(back)).toEqual([]);
  });
});

test('a sweep dated by a clock that was a day ahead does not put off the next one for a day', async () => {
  const stub = freshRegistry();
  passMs(86_400_000);
  await registerMany(stub, 2, 'early-');
  passMs(TTL_MS);
  await stub.register(registration('kept'));
  await inside(stub, (registry) => registry.alarm());
  expect(await stub.stats()).toMatchObject({ swept: 2 });
  passMs(-86_400_000);
  const back = await evict(stub);
  await listedIds(back);
  passMs(TTL_MS);
  await inside(back, (registry) => registry.alarm());
  expect(await back.stats()).toMatchObject({ live: 0, stale: 0, swept: 3 });
});

test('the next alarm is counted from the end of long work, not from its beginning', async () => {
  const stub = freshRegistry();
  await registerMany(stub, 1025);
  passMs(TTL_MS);
  await inside(stub, async (registry, { storage }) => {
    const deleteKeys = storage.delete.bind(storage);
    vi.spyOn(storage, 'delete').mockImplementation((keys: string[], options?) => {
      passMs(100);
      return deleteKeys(keys, options);
    });
    await registry.alarm();
  });
  expect(await alarmOnDisk(stub)).toBeGreaterThan(Date.now());
});

test('a registry whose intervals were shortened is swept by the new ones', async () => {
  const stub = freshRegistry();
  await stub.register(registration('a'));
  await inside(stub, (_, { storage }) => storage.setAlarm(Date.now() + 10 * SWEEP_MS));
  const back = await evict(stub);
  await listedIds(back);
  expect(await alarmOnDisk(back)).toBe(Date.now() + CHECKPOINT_MS);
});
