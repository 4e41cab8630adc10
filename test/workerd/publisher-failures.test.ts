/** A bucket that refuses, or does not answer: what is tried again and shown, and what goes on without it. */
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import type { ServerRegistry } from '../../src/registry/registry.ts';
import { countCalls } from './support/calls.ts';
import { holdTime, passMs, registration, releaseTime } from './support/fleet.ts';
import { bucket, freshRegistry, publishing } from './support/publishing.ts';

const INTERVAL_MS = 10_000;
const PUT_MAX_MS = 5000;

beforeEach(() => {
  holdTime();
});
afterEach(() => {
  vi.restoreAllMocks();
  releaseTime();
});

/** Registers a server and lets the alarm write the file. */
async function publishOne(registry: ServerRegistry): Promise<void> {
  await registry.register(registration('a'));
  await registry.alarm();
}

describe('a bucket that fails', () => {
  function failing(put: () => Promise<never>) {
    vi.spyOn(console, 'error').mockReturnValue();
    return vi.spyOn(bucket, 'put').mockImplementation(put);
  }

  /** The time that a put is given is over at once. */
  function passPutTime() {
    const setTimer = globalThis.setTimeout.bind(globalThis);
    vi.spyOn(globalThis, 'setTimeout').mockImplementation((then, delayMs) =>
      setTimer(then, delayMs === PUT_MAX_MS ? 0 : delayMs),
    );
  }

  test('is tried again by the next alarm, and shown', async () => {
    const stub = freshRegistry();
    await publishing(stub, async (registry, { storage }) => {
      const put = failing(() => Promise.reject(new Error('no such bucket')));
      await publishOne(registry);
      const failedAt = Date.now();
      expect(registry.stats().listFile).toEqual({
        writtenAt: null,
        written: 0,
        failed: 1,
        lastFailure: { at: failedAt, reason: 'no such bucket' },
      });
      expect(await storage.getAlarm()).toBe(failedAt + INTERVAL_MS);
      put.mockRestore();
      passMs(INTERVAL_MS);
      await registry.alarm();
      expect(registry.stats().listFile).toMatchObject({ writtenAt: Date.now(), written: 1, failed: 1 });
    });
    await publishing(stub, (registry) => {
      expect(registry.stats().listFile).toMatchObject({ written: 1, failed: 1 });
    });
  });

  test('that does not answer is given up after 5 s, with everything saved before and the alarm set', async () => {
    await publishing(freshRegistry(), async (registry, { storage }) => {
      const put = failing(() => new Promise(() => undefined));
      passPutTime();
      await registry.register(registration('a'));
      const calls = countCalls(storage);
      put.mockImplementation(() => {
        expect(calls.writes().map(({ about }) => about)).toContain('~leases:900');
        return new Promise(() => undefined);
      });
      await registry.alarm();
      expect(registry.stats().listFile?.lastFailure?.reason).toBe('the bucket did not answer within 5000 ms');
      expect(await storage.getAlarm()).toBe(Date.now() + INTERVAL_MS);
    });
  });

  test('is given nothing new while a put that was given up may still arrive behind it', async () => {
    await publishing(freshRegistry(), async (registry) => {
      const put = failing(() => new Promise(() => undefined));
      passPutTime();
      await publishOne(registry);
      passMs(INTERVAL_MS);
      await registry.alarm();
      expect(put).toHaveBeenCalledTimes(1);
      passMs(60_000);
      await registry.alarm();
      expect(put).toHaveBeenCalledTimes(2);
    });
  });
});
