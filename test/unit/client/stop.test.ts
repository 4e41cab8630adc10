import { describe, expect, test } from 'vitest';
import { RegistryClient, type StartOptions } from '../../../src/client/client.ts';
import { accept, FakeRegistry, hang, ManualTime, refuse, settled, type Answer } from './fakes.ts';

const REGISTRATION = { serverId: 'a/b', endpoint: 'wss://a.test', publicKey: 'k' };

function setUp(options: StartOptions = {}, answer: Answer = accept()) {
  const time = new ManualTime();
  const registry = new FakeRegistry(time, answer);
  const client = new RegistryClient('http://registry.test', { fetch: registry.fetch, environment: time });
  const handle = client.startHeartbeat(REGISTRATION, options);
  const events: string[] = [];
  for (const name of ['registered', 'heartbeat', 'failed', 'stopped'] as const) {
    handle.addEventListener(name, () => events.push(name));
  }
  return { time, registry, handle, events };
}

describe('stop', () => {
  test('ends it: no request, no event and no timer is left', async () => {
    const { time, registry, handle, events } = setUp();
    await time.advance(16_000);
    await handle.stop();
    expect(time.pending).toBe(0);
    await time.advance(1e6);
    expect(events).toEqual(['registered', 'heartbeat', 'stopped']);
    expect(registry.requests).toHaveLength(2);
  });

  test('aborts a request in flight, and tells no failure of it', async () => {
    const { time, registry, handle, events } = setUp();
    await time.advance(0);
    registry.answer = hang;
    await time.advance(16_000);
    await handle.stop();
    expect(time.pending).toBe(0);
    expect(events).toEqual(['registered', 'stopped']);
  });

  test('before anything was sent sends nothing', async () => {
    const { time, registry, handle, events } = setUp();
    await handle.stop();
    await time.advance(1e6);
    expect(registry.requests).toEqual([]);
    expect(events).toEqual(['stopped']);
  });

  test('during a wait after a failure ends the wait', async () => {
    const { time, handle, events } = setUp({}, refuse(500, 'broken'));
    await time.advance(0);
    await handle.stop();
    expect(time.pending).toBe(0);
    expect(events).toEqual(['failed', 'stopped']);
  });

  test('from within a listener ends it before the next heartbeat', async () => {
    const { time, registry, handle, events } = setUp();
    handle.addEventListener('heartbeat', () => void handle.stop());
    await time.advance(1e6);
    expect(registry.requests).toEqual(['POST /servers', 'POST /servers/heartbeat']);
    expect(events).toEqual(['registered', 'heartbeat', 'stopped']);
    expect(time.pending).toBe(0);
  });

  test('twice resolves twice and tells it once', async () => {
    const { handle, events } = setUp();
    await Promise.all([handle.stop(), handle.stop()]);
    await handle.stop();
    expect(events).toEqual(['stopped']);
  });
});

describe('stop with deregister', () => {
  test('deregisters the server, by its encoded id', async () => {
    const { time, registry, handle, events } = setUp();
    await time.advance(0);
    await handle.stop({ deregister: true });
    expect(registry.requests).toEqual(['POST /servers', 'DELETE /servers/a%2Fb']);
    expect(events).toEqual(['registered', 'stopped']);
  });

  test('waits for a registration in flight, which would otherwise outlive the deregistration', async () => {
    const waiting: (() => void)[] = [];
    const late: Answer = (sent, signal) =>
      new Promise((resolve) => {
        waiting.push(() => {
          resolve(accept()(sent, signal));
        });
      });
    const { registry, handle, events } = setUp({}, late);
    await settled();
    registry.answer = accept();
    const stopped = handle.stop({ deregister: true });
    await settled();
    expect(registry.requests).toEqual(['POST /servers']);
    for (const answerNow of waiting) answerNow();
    await stopped;
    expect(registry.requests).toEqual(['POST /servers', 'DELETE /servers/a%2Fb']);
    expect(events).toEqual(['stopped']);
  });

  test('aborts a heartbeat that hangs, and does not wait for it', async () => {
    const { time, registry, handle, events } = setUp();
    await time.advance(0);
    registry.answer = (sent, signal) =>
      (sent.request === 'POST /servers/heartbeat' ? hang : accept())(sent, signal);
    await time.advance(16_000);
    await handle.stop({ deregister: true });
    expect(registry.requests).toEqual(['POST /servers', 'POST /servers/heartbeat', 'DELETE /servers/a%2Fb']);
    expect(registry.sent.at(-1)?.atMs).toBe(16_000);
    expect(events).toEqual(['registered', 'stopped']);
    expect(time.pending).toBe(0);
  });

  test('sends the deregistration before it returns, and so that it outlives a page', async () => {
    const sent: [string | undefined, boolean | undefined][] = [];
    const client = new RegistryClient('http://registry.test', {
      environment: new ManualTime(),
      fetch: async (url, { method, keepalive }) => {
        sent.push([method, keepalive]);
        return accept()(
          { request: `${method} ${new URL(url).pathname}`, body: {}, headers: new Headers(), atMs: 0 },
          new AbortController().signal,
        );
      },
    });
    const handle = client.startHeartbeat(REGISTRATION);
    await settled();
    void handle.stop({ deregister: true });
    expect(sent).toEqual([
      ['POST', false],
      ['DELETE', true],
    ]);
  });

  test('rejects with a RegistryError where the id can not be sent in a URL', async () => {
    const time = new ManualTime();
    const { fetch } = new FakeRegistry(time);
    const client = new RegistryClient('http://registry.test', { fetch, environment: time });
    const handle = client.startHeartbeat({ ...REGISTRATION, serverId: '..' });
    await expect(handle.stop({ deregister: true })).rejects.toMatchObject({ kind: 'unsendable' });
  });

  test('rejects where the deregistration fails, and may be called again', async () => {
    const { time, registry, handle } = setUp();
    await time.advance(0);
    registry.answer = refuse(503, 'Away');
    await expect(handle.stop({ deregister: true })).rejects.toThrow('refused with 503');
    registry.answer = accept();
    await expect(handle.stop({ deregister: true })).resolves.toBeUndefined();
  });
});

describe('the signal', () => {
  test('ends it as stop does', async () => {
    const controller = new AbortController();
    const { time, registry, events } = setUp({ signal: controller.signal });
    await time.advance(0);
    registry.answer = hang;
    await time.advance(16_000);
    controller.abort();
    await time.advance(1e6);
    expect(registry.requests).toEqual(['POST /servers', 'POST /servers/heartbeat']);
    expect(events).toEqual(['registered', 'stopped']);
    expect(time.pending).toBe(0);
  });

  test('aborted before the start sends nothing, and still tells that it stopped', async () => {
    const { time, registry, events } = setUp({ signal: AbortSignal.abort() });
    await time.advance(1e6);
    expect(registry.requests).toEqual([]);
    expect(events).toEqual(['stopped']);
  });
});
