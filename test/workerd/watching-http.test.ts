/** Following the list through the Worker: who is refused, where a reader goes on, and whose place is free again. */
import { env, exports } from 'cloudflare:workers';
import { afterEach, describe, expect, test, vi } from 'vitest';
import { z } from 'zod';
import { reset } from 'cloudflare:test';
import { EventStream } from '../../src/http/event-stream.ts';
import { problem } from '../../src/protocol/protocol.ts';
import {
  evict,
  freshRegistry,
  inside,
  registerMany,
  registration,
  type RegistryStub,
} from './support/fleet.ts';
import { send } from './support/http.ts';
import { onlyObject } from './support/split.ts';

const change = z.object({
  revision: z.string(),
  since: z.string().optional(),
  full: z.boolean().optional(),
  changed: z.array(z.object({ serverId: z.string() })),
  removed: z.array(z.string()),
});
type Change = z.infer<typeof change>;

/** The object that the Worker asks. */
const registry = () => env.SERVER_REGISTRY.getByName('global');

async function open(stub: RegistryStub, since: string): Promise<WebSocket> {
  const url = `http://registry/watch?since=${encodeURIComponent(since)}`;
  const { webSocket } = await stub.fetch(url, { headers: { Upgrade: 'websocket' } });
  if (webSocket === null) throw new Error('no socket');
  return webSocket;
}

async function revision(stub: RegistryStub): Promise<string> {
  const answer = await stub.changesAfter('0');
  if (answer.kind !== 'listed') throw new Error(`expected a list, got ${answer.kind}`);
  return change.parse(await new Response(answer.body).json()).revision;
}

async function firstFrame(stub: RegistryStub, since: string): Promise<unknown> {
  const socket = await open(stub, since);
  const told = new Promise<unknown>((resolve) => {
    socket.addEventListener('message', ({ data }) => resolve(JSON.parse(String(data))), { once: true });
  });
  socket.accept();
  return told;
}

const watchersOf = (stub: RegistryStub) => inside(stub, (object) => object.stats().watchers);

/** Reads an event stream as `EventSource` does, and remembers the id of the last event. */
class Reader {
  lastEventId = '';
  readonly #reader: ReadableStreamDefaultReader<Uint8Array>;
  readonly #decoder = new TextDecoder();
  #text = '';

  constructor(body: ReadableStream<Uint8Array> | null) {
    if (body === null) throw new Error('no body');
    this.#reader = body.getReader();
  }

  static async open(headers: Record<string, string> = {}): Promise<Reader> {
    const response = await exports.default.fetch('https://registry.example/servers', {
      headers: { Accept: 'text/event-stream', ...headers },
    });
    expect(response.status).toBe(200);
    return new Reader(response.body);
  }

  /** The next change that says anything. */
  async next(): Promise<Change> {
    for (;;) {
      const end = this.#text.indexOf('\n\n');
      if (end < 0) {
        const { done, value } = await this.#reader.read();
        if (done) throw new Error('the stream ended');
        this.#text += this.#decoder.decode(value, { stream: true });
        continue;
      }
      const lines = this.#text.slice(0, end).split('\n');
      this.#text = this.#text.slice(end + 2);
      const of = (name: string) => lines.find((line) => line.startsWith(name))?.slice(name.length);
      this.lastEventId = of('id: ') ?? this.lastEventId;
      const data = of('data: ');
      if (data === undefined) continue;
      const told = change.parse(JSON.parse(data));
      if (told.changed.length + told.removed.length > 0) return told;
    }
  }

  async leave(): Promise<void> {
    await this.#reader.cancel();
  }
}

describe('a reader that follows the list', () => {
  afterEach(async () => {
    await registry().save();
    await reset();
  });

  test.each([
    ['an event stream', { Accept: 'text/event-stream' }],
    ['a WebSocket', { Upgrade: 'websocket' }],
  ])('beyond MAX_WATCHERS is refused %s with 503, and told when to come back', async (_, headers) => {
    const stub = registry();
    const since = await revision(stub);
    await Promise.all(Array.from({ length: 1000 }, () => open(stub, since)));
    const response = await send('GET', `/servers?since=${since}`, undefined, headers);
    expect(response.status).toBe(503);
    expect(response.headers.get('Content-Type')).toBe('application/problem+json');
    expect(response.headers.get('Retry-After')).toMatch(/^[1-9]\d*$/);
    expect(problem.parse(await response.json())).toMatchObject({
      type: expect.stringContaining('too-many-watchers'),
      detail: expect.stringContaining('1000'),
    });
    // Who only asks is answered as ever.
    expect((await send('GET', `/servers?since=${since}`)).status).toBe(200);
  });

  test('goes on with Last-Event-ID where it was, without a gap or a repeat', async () => {
    const stub = registry();
    await registerMany(stub, 2);
    const first = await Reader.open();
    expect(await first.next()).toMatchObject({ full: true, changed: [{}, {}] });
    await stub.register(registration('seen'));
    const seen = await first.next();
    expect(seen.changed).toMatchObject([{ serverId: 'seen' }]);
    await first.leave();
    await stub.register(registration('meanwhile'));
    await stub.deregister('server-0');

    const second = await Reader.open({ 'Last-Event-ID': first.lastEventId });
    const missed = await second.next();
    expect(missed).toMatchObject({
      since: seen.revision,
      changed: [{ serverId: 'meanwhile' }],
      removed: ['server-0'],
    });
    expect(missed.full).toBeUndefined();
    await stub.register(registration('later'));
    expect(await second.next()).toMatchObject({ since: missed.revision, changed: [{ serverId: 'later' }] });
    await second.leave();
  });
});

test('an event stream whose reader went away frees its place at the next comment', async () => {
  const stub = freshRegistry();
  const since = await revision(stub);
  const terms = { commentEveryMs: 100, endsAfterMs: 60_000 };
  const stream = new EventStream(onlyObject(stub), since, terms);
  const reader = new Reader(stream.begin(await open(stub, since)));
  await vi.waitFor(async () => expect(await watchersOf(stub)).toBe(1));
  await reader.leave();
  await vi.waitFor(async () => expect(await watchersOf(stub)).toBe(0), { timeout: 3000 });
});

test('a watcher that was told what a crash undid gets resync; one that has what was saved goes on', async () => {
  const stub = freshRegistry();
  await registerMany(stub, 1);
  await stub.save();
  const saved = await revision(stub);
  // A change of metadata is saved by and by.
  await stub.heartbeat('server-0', false, '{"players":1}');
  const undone = await revision(stub);
  const back = await evict(stub);
  expect(await firstFrame(back, undone)).toEqual({ type: 'resync', revision: saved });
  expect(await firstFrame(back, saved)).toMatchObject({ type: 'change', changed: [], revision: saved });
  // The same number never names another list.
  await back.heartbeat('server-0', false, '{"players":2}');
  expect(await firstFrame(back, undone)).toMatchObject({ type: 'resync' });
});

test('a watcher comes back after a crash that a registration survived, and gets resync', async () => {
  const stub = freshRegistry();
  await registerMany(stub, 1);
  await stub.save();
  const saved = await revision(stub);
  await stub.register(registration('behind'));
  const shown = await revision(stub);
  const back = await evict(stub);
  for (const since of [saved, shown]) {
    expect(await firstFrame(back, since)).toEqual({ type: 'resync', revision: await revision(back) });
  }
});
