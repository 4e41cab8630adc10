/** Long answers are streamed by reference: readers who take their time hold memory, so much of it and so long. */
import { env } from 'cloudflare:workers';
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { listAnswer } from '../../src/protocol/protocol.ts';
import type { ListOutcome } from '../../src/rpc/contract.ts';
import { StreamBudget } from '../../src/registry/stream-budget.ts';
import { freshRegistry, holdTime, inside, registerMany, registration, releaseTime } from './support/fleet.ts';
import { list, send } from './support/http.ts';

beforeEach(() => holdTime());
afterEach(releaseTime);

const LONG = 200_000;
const MAX = 1_000_000;

/** Distinct bytes, long enough to be streamed. */
const bytesOf = (fill: number) => new Uint8Array(LONG).fill(fill);

function streamOf(body: Uint8Array | ReadableStream<Uint8Array>): ReadableStream<Uint8Array> {
  if (body instanceof Uint8Array) throw new Error('expected a stream');
  return body;
}

/** Whether a body arrives whole. */
async function arrives(stream: ReadableStream<Uint8Array>): Promise<boolean> {
  return new Response(stream).arrayBuffer().then(
    ({ byteLength }) => byteLength === LONG,
    () => false,
  );
}

const read = async (body: BodyInit) => new Uint8Array(await new Response(body).arrayBuffer());

describe('a long body', () => {
  test('is its parts one behind the other, empty ones included', async () => {
    const streams = new StreamBudget(MAX);
    const part = bytesOf(1);
    const parts = [new Uint8Array([9]), part.subarray(0, 0), part, part.subarray(LONG), new Uint8Array([8])];
    const body = await read(streamOf(streams.send(parts)));
    expect(body.byteLength).toBe(LONG + 2);
    expect([body[0], body[1], body[LONG], body[LONG + 1]]).toEqual([9, 1, 1, 8]);
    expect(streams.heldBytes).toBe(0);
  });

  test('is held once, however many read it, until the last has read it', async () => {
    const streams = new StreamBudget(MAX);
    const shared = bytesOf(1);
    const first = streamOf(streams.send([shared]));
    const second = streamOf(streams.send([shared]));
    expect(streams.heldBytes).toBe(LONG);
    await read(first);
    expect(streams.heldBytes).toBe(LONG);
    await read(second);
    expect(streams.heldBytes).toBe(0);
  });

  test('is let go of when its reader goes away, before the first byte or behind it', async () => {
    const streams = new StreamBudget(MAX);
    await streamOf(streams.send([bytesOf(1)])).cancel();
    const reader = streamOf(streams.send([bytesOf(2), bytesOf(3)])).getReader();
    await reader.read();
    await reader.cancel();
    await expect.poll(() => streams.heldBytes).toBe(0);
  });

  test('always gets through: past the budget, the oldest readers are cut off', async () => {
    const streams = new StreamBudget(MAX);
    const slow = Array.from({ length: 5 }, (_, index) => streamOf(streams.send([bytesOf(index)])));
    expect([streams.heldBytes, streams.cutCount]).toEqual([MAX, 0]);
    const next = streamOf(streams.send([bytesOf(6)]));
    expect([streams.heldBytes, streams.cutCount]).toEqual([MAX, 1]);
    expect(await Promise.all([...slow, next].map(arrives))).toEqual([false, true, true, true, true, true]);
    expect(streams.heldBytes).toBe(0);
  });

  test('is cut off where its reader takes longer than its deadline, read from or not', async () => {
    vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] });
    try {
      const streams = new StreamBudget(MAX);
      const untouched = streamOf(streams.send([bytesOf(1)]));
      const begun = streamOf(streams.send([bytesOf(2)])).getReader({ mode: 'byob' });
      await begun.read(new Uint8Array(100));
      vi.advanceTimersByTime(33_000);
      expect(streams.heldBytes).toBe(2 * LONG);
      vi.advanceTimersByTime(200);
      expect([streams.heldBytes, streams.cutCount]).toEqual([0, 2]);
      await expect(begun.read(new Uint8Array(100))).rejects.toThrow('took too long');
      expect(await arrives(untouched)).toBe(false);
    } finally {
      vi.useRealTimers();
    }
  });
});

test('a part of a list has longer, for the parts before it are read first', () => {
  vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] });
  try {
    const streams = new StreamBudget(MAX);
    streams.send([bytesOf(1)], 3 * LONG);
    vi.advanceTimersByTime(42_400);
    expect(streams.cutCount).toBe(0);
    vi.advanceTimersByTime(200);
    expect(streams.cutCount).toBe(1);
  } finally {
    vi.useRealTimers();
  }
});

test('a short body is sent as it is, and copied only where it has parts', () => {
  const streams = new StreamBudget(MAX);
  const short = new Uint8Array([1, 2]);
  expect(streams.send([short])).toBe(short);
  expect(streams.send([short, short])).toEqual(new Uint8Array([1, 2, 1, 2]));
  expect(streams.heldBytes).toBe(0);
});

test('lists of different moments that nobody reads hold 24 MB at the most, and a reader gets its own all the same', async () => {
  const stub = freshRegistry();
  const metadata = JSON.stringify({ text: 'x'.repeat(2000) });
  await inside(stub, async (registry) => {
    for (let index = 0; index < 2000; index += 1) {
      await registry.register(registration(`server-${index}`, { metadata }));
    }
    // Each is a generation of its own, of more than 4 MB.
    const ask = async (index: number) => {
      await registry.heartbeat('server-0', false, JSON.stringify({ index }));
      return registry.fetch(new Request('http://registry/servers'));
    };
    const slow: Response[] = [];
    for (let index = 0; index < 12; index += 1) slow.push(await ask(index));
    const { heldBytes, cut } = registry.stats().streams;
    expect(heldBytes).toBeGreaterThan(16_000_000);
    expect(heldBytes).toBeLessThanOrEqual(24_000_000);
    expect(cut).toBeGreaterThan(0);

    const { servers } = listAnswer.parse(await (await ask(12)).json());
    expect(servers).toHaveLength(2000);
    expect(servers[0]).toMatchObject({ metadata: { index: 12 } });

    for (const response of slow) await response.body?.cancel().catch(() => undefined);
    await expect.poll(() => registry.stats().streams.heldBytes).toBe(0);
  });
});

test('readers of any revision that is not known share one body with each other, and with the list', async () => {
  const stub = freshRegistry();
  await registerMany(stub, 2000);
  await inside(stub, async (registry) => {
    const answers: ListOutcome[] = [];
    for (let since = 0; since < 40; since += 1) answers.push(await registry.changesAfter(String(since)));
    const { heldBytes } = registry.stats().streams;
    expect(heldBytes).toBeGreaterThan(200_000);
    expect(heldBytes).toBeLessThan(1_000_000);
    for (const answer of answers) {
      if (answer.kind !== 'listed') throw new Error('expected a list');
      const delta = await new Response(answer.body).json<{ since: string; full: true; changed: unknown[] }>();
      expect({ ...delta, changed: delta.changed.length }).toMatchObject({
        since: '0',
        full: true,
        changed: 2000,
      });
    }
  });
});

test('a heartbeat with many peers streams them, without the caller', async () => {
  const stub = freshRegistry();
  await registerMany(stub, 2000);
  for (const serverId of ['server-0', 'server-1000', 'server-1999']) {
    const outcome = await stub.heartbeat(serverId, true);
    if (!(outcome instanceof ReadableStream)) throw new Error('expected a stream');
    const answer = await new Response(outcome).json<{ success: true; peers: { serverId: string }[] }>();
    expect(answer.success).toBe(true);
    expect(answer.peers).toHaveLength(1999);
    expect(answer.peers.map((peer) => peer.serverId)).not.toContain(serverId);
  }
});

test('a long list comes whole to one who knows another tag, and not at all to one who knows its own', async () => {
  const ids = await registerMany(env.SERVER_REGISTRY.getByName('global'), 1500);
  const outdated = await send('GET', '/servers', undefined, { 'If-None-Match': 'W/"1-1"' });
  const { servers } = listAnswer.parse(await outdated.json());
  expect(servers.map((server) => server.serverId)).toEqual(ids);
  const tag = outdated.headers.get('ETag') ?? '';
  expect((await send('GET', '/servers', undefined, { 'If-None-Match': tag })).status).toBe(304);
});

test('a long list arrives whole through the Worker', async () => {
  const ids = await registerMany(env.SERVER_REGISTRY.getByName('global'), 1500);
  const { servers } = await list();
  expect(servers.map((server) => server.serverId)).toEqual(ids);
});
