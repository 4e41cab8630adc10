/** What an owner's listener throws ends nothing. */
import { afterEach, describe, expect, test, vi } from 'vitest';
import { RegistryClient } from '../../../src/client/client.ts';
import { FakeRegistry, ManualTime, refuse } from './fakes.ts';

const BROKEN = new Error('the listener is broken');
const reported = vi.spyOn(console, 'error').mockReturnValue();
afterEach(() => {
  reported.mockClear();
});

function started() {
  const time = new ManualTime();
  const registry = new FakeRegistry(time);
  const client = new RegistryClient('http://registry.test', { fetch: registry.fetch, environment: time });
  const handle = client.startHeartbeat({ serverId: 'a', endpoint: 'wss://a.test', publicKey: 'k' });
  return { time, registry, client, handle };
}

function throwing(): never {
  throw BROKEN;
}

describe('a listener', () => {
  test.each<[string, () => unknown]>([
    ['throws', throwing],
    ['rejects', async () => throwing()],
  ])('that %s ends neither the loop nor the process, and its error is reported', async (_, listener) => {
    const { time, registry, handle } = started();
    for (const type of ['registered', 'heartbeat', 'failed', 'stopped'] as const) {
      handle.addEventListener(type, listener);
    }
    await time.advance(16_000);
    registry.answer = refuse(500, 'broken');
    await time.advance(17_000);
    await handle.stop();
    await time.advance(0);
    expect(registry.times('/servers/heartbeat').length).toBeGreaterThan(2);
    expect(reported.mock.calls.length).toBeGreaterThanOrEqual(4);
    expect(reported).toHaveBeenCalledWith(expect.any(String), BROKEN);
  });

  test('that throws keeps no other from its event', async () => {
    const { time, handle } = started();
    let told = 0;
    handle.addEventListener('registered', throwing);
    handle.addEventListener('registered', () => (told += 1));
    await time.advance(1);
    expect(told).toBe(1);
  });

  test('may be an object with handleEvent, and is registered but once', async () => {
    const { time, handle } = started();
    let told = 0;
    const listener = { handleEvent: () => (told += 1) };
    handle.addEventListener('registered', listener);
    handle.addEventListener('registered', listener);
    handle.addEventListener('heartbeat', listener);
    handle.removeEventListener('heartbeat', listener);
    await time.advance(20_000);
    expect(told).toBe(1);
  });

  test('is reported as the runtime reports errors, where it can', async () => {
    const reportError = vi.fn();
    vi.stubGlobal('reportError', reportError);
    const { time, handle } = started();
    handle.addEventListener('registered', throwing);
    await time.advance(1);
    vi.unstubAllGlobals();
    expect(reportError).toHaveBeenCalledWith(BROKEN);
    expect(reported).not.toHaveBeenCalled();
  });
});

test('an onFailed that throws does not end a watch', async () => {
  const { time, registry, client, handle } = started();
  await handle.stop();
  registry.answer = refuse(500, 'broken');
  const stop = new AbortController();
  const ended = (async () => {
    const changes = client.watchByPolling({ everyMs: 1000, signal: stop.signal, onFailed: throwing });
    for await (const change of changes) expect(change).toBeUndefined();
  })();
  await time.advance(5000);
  stop.abort();
  await ended;
  expect(registry.sent.length).toBeGreaterThan(3);
  expect(reported).toHaveBeenCalledWith(expect.any(String), BROKEN);
});

test('calls of an extended client that throw something else are told as failures', async () => {
  class Extended extends RegistryClient {
    override register(): never {
      throw BROKEN;
    }
  }
  const time = new ManualTime();
  const client = new Extended('http://registry.test', { environment: time });
  const handle = client.startHeartbeat({ serverId: 'a', endpoint: 'wss://a.test', publicKey: 'k' });
  const failures: unknown[] = [];
  handle.addEventListener('failed', ({ detail }) => failures.push(detail.error.cause));
  await time.advance(150_000);
  expect(failures).toEqual([BROKEN, BROKEN, BROKEN]);
});
