/** The list as it changes: what sockets and event streams are told, and who is told nothing more. */
import { describe, expect, test, vi } from 'vitest';
import { z } from 'zod';
import { deltaAnswer } from '../../src/protocol/protocol.ts';
import { READ, wordOfCheck } from '../../src/protocol/watching.ts';
import { EventStream } from '../../src/http/event-stream.ts';
import {
  freshRegistry,
  inside,
  parseBody,
  registerMany,
  registration,
  type RegistryStub,
} from './support/fleet.ts';
import { countCalls } from './support/calls.ts';
import { onlyObject } from './support/split.ts';

const frame = z.object({
  type: z.enum(['change', 'resync']),
  since: z.string().optional(),
  revision: z.string(),
  changed: z.array(z.object({ serverId: z.string() })).optional(),
  removed: z.array(z.string()).optional(),
});
type Frame = z.infer<typeof frame>;

/** A watcher of the object, which leaves it to the test to say that it read, unless it `says` so itself. */
class Watcher {
  readonly frames: Frame[] = [];
  /** Those that it was asked for. */
  readonly words: string[] = [];
  closedWith: number | undefined;
  readonly socket: WebSocket;

  constructor(socket: WebSocket, { says = false } = {}) {
    this.socket = socket;
    socket.addEventListener('message', ({ data }) => {
      if (typeof data !== 'string' || data === 'pong') return;
      const word = wordOfCheck(data);
      if (word === undefined) this.frames.push(frame.parse(JSON.parse(data)));
      else if (says) socket.send(READ + word);
      else this.words.push(word);
    });
    socket.addEventListener('close', ({ code }) => {
      this.closedWith = code;
    });
    socket.accept();
  }

  async told(frames: number): Promise<readonly Frame[]> {
    await vi.waitFor(() => expect(this.frames.length).toBeGreaterThanOrEqual(frames), { timeout: 5000 });
    return this.frames;
  }
}

async function watch(stub: RegistryStub, since: string, terms = {}): Promise<Watcher> {
  const url = `http://registry/watch?since=${encodeURIComponent(since)}`;
  const { webSocket } = await stub.fetch(url, { headers: { Upgrade: 'websocket' } });
  if (webSocket === null) throw new Error('no socket');
  return new Watcher(webSocket, terms);
}

async function revisionOf(stub: RegistryStub): Promise<string> {
  return deltaAnswer.parse(await parseBody(await stub.changesAfter('0'))).revision;
}

describe('a watcher', () => {
  test('is told at once what it misses, then each change, from revision to revision', async () => {
    const stub = freshRegistry();
    await registerMany(stub, 1);
    const from = await revisionOf(stub);
    await stub.register(registration('b'));
    const watcher = await watch(stub, from);
    expect(await watcher.told(1)).toMatchObject([
      { type: 'change', since: from, changed: [{ serverId: 'b' }] },
    ]);
    await stub.heartbeat('b', false, '{"players":1}');
    await watcher.told(2);
    await stub.deregister('b');
    const frames = await watcher.told(3);
    expect(frames[2]).toMatchObject({ changed: [], removed: ['b'], revision: await revisionOf(stub) });
    expect(frames.slice(1).map(({ since }) => since)).toEqual(
      frames.slice(0, -1).map(({ revision }) => revision),
    );
  });

  test('is told many changes in one, half a second behind the last', async () => {
    const stub = freshRegistry();
    const watcher = await watch(stub, await revisionOf(stub));
    await stub.register(registration('first'));
    await watcher.told(2);
    await registerMany(stub, 50);
    const frames = await watcher.told(3);
    expect(frames[2]?.changed).toHaveLength(50);
  });

  test.each(['0', 'other.1'])(
    'without a usable revision (%s) is sent to HTTP, and its socket closed',
    async (since) => {
      const stub = freshRegistry();
      await registerMany(stub, 1);
      const watcher = await watch(stub, since);
      expect(await watcher.told(1)).toEqual([{ type: 'resync', revision: await revisionOf(stub) }]);
      await vi.waitFor(() => expect(watcher.closedWith).toBe(1000));
    },
  );

  test('is sent to HTTP for a change of more than a frame', async () => {
    const stub = freshRegistry();
    const watcher = await watch(stub, await revisionOf(stub));
    await watcher.told(1);
    await registerMany(stub, 600);
    await vi.waitFor(() => expect(watcher.closedWith).toBe(1000), { timeout: 5000 });
    expect(watcher.frames.at(-1)?.type).toBe('resync');
  });

  test('that pings and does not say that it read is told no more than its share, and then all in one', async () => {
    const stub = freshRegistry();
    await registerMany(stub, 60);
    const from = await revisionOf(stub);
    const watcher = await watch(stub, from);
    // Told behind it by the same pushes.
    const reader = await watch(stub, from, { says: true });
    // 40 kB, in one turn of the object, and so in one frame.
    const change = (mark: string) =>
      inside(stub, (registry) => {
        for (let index = 0; index < 20; index += 1)
          void registry.heartbeat(`server-${index}`, false, `{"note":"${mark.repeat(1900)}"}`);
      });
    await watcher.told(1);
    await change('a');
    await watcher.told(2);
    await change('b');
    await change('c');
    watcher.socket.send('ping');
    const revision = await revisionOf(stub);
    await vi.waitFor(() => expect(reader.frames.at(-1)?.revision).toBe(revision), { timeout: 5000 });
    expect(watcher.frames).toHaveLength(2);
    expect(watcher.words).toHaveLength(1);
    watcher.socket.send(READ + String(watcher.words[0]));
    const frames = await watcher.told(3);
    expect(frames[2]).toMatchObject({ since: frames[1]?.revision, revision });
    expect(watcher.closedWith).toBeUndefined();
  });

  test.each(['read', 'read 12345678', 'read ', 'pong'])(
    'that says %j, which it was not asked for, is closed',
    async (text) => {
      const stub = freshRegistry();
      const watcher = await watch(stub, await revisionOf(stub));
      watcher.socket.send(text);
      await vi.waitFor(() => expect(watcher.closedWith).toBe(4400));
    },
  );

  test('that is closed takes room until it answers: of those there are as many as may follow', async () => {
    const stub = freshRegistry();
    // Nothing reads these, so they stay closed by the registry alone, behind their resync.
    const closing = await Promise.all(
      Array.from({ length: 2000 }, () =>
        stub.fetch('http://registry/watch?since=0', { headers: { Upgrade: 'websocket' } }),
      ),
    );
    expect(closing.every(({ status }) => status === 101)).toBe(true);
    expect(await inside(stub, (registry) => registry.stats().watchers)).toBe(0);
    const refused = await stub.fetch('http://registry/watch?since=0', { headers: { Upgrade: 'websocket' } });
    expect(refused.status).toBe(503);
  });

  test('that sends anything but ping is closed', async () => {
    const watcher = await watch(freshRegistry(), '0.0');
    const other = await watch(freshRegistry(), await revisionOf(freshRegistry()));
    expect(watcher).toBeDefined();
    other.socket.send('{}');
    await vi.waitFor(() => expect(other.closedWith).toBeDefined());
  });

  test('is closed where it never pinged for a minute, and its place is free', async () => {
    const stub = freshRegistry();
    const watcher = await watch(stub, await revisionOf(stub));
    await watcher.told(1);
    expect(await inside(stub, (registry) => registry.stats().watchers)).toBe(1);
    vi.useFakeTimers({ toFake: ['Date'], now: Date.now() + 61_000 });
    try {
      await inside(stub, (registry) => registry.alarm());
      expect(await inside(stub, (registry) => registry.stats().watchers)).toBe(0);
      await vi.waitFor(() => expect(watcher.closedWith).toBe(4408));
    } finally {
      vi.useRealTimers();
    }
  });

  test('costs the storage nothing: a change is pushed without a call', async () => {
    const stub = freshRegistry();
    await registerMany(stub, 1);
    const watcher = await watch(stub, await revisionOf(stub));
    await watcher.told(1);
    await stub.save();
    const calls = await inside(stub, (_, { storage }) => countCalls(storage));
    await stub.heartbeat('server-0', false, '{"players":1}');
    await watcher.told(2);
    expect(calls.made()).toEqual([]);
  });

  test('has the alarm ring at the next expiry, which nobody else may find', async () => {
    const stub = freshRegistry();
    await registerMany(stub, 1);
    const start = Date.now();
    await watch(stub, await revisionOf(stub));
    vi.useFakeTimers({ toFake: ['Date'], now: start + 270_000 });
    try {
      // A place of its own: the first has been silent for too long.
      await watch(stub, await revisionOf(stub));
      await inside(stub, (registry) => registry.alarm());
      const { nextAlarmAt } = await inside(stub, (registry) => registry.stats());
      expect(Math.abs((nextAlarmAt ?? 0) - (start + 300_000))).toBeLessThan(1500);
    } finally {
      vi.useRealTimers();
    }
  });

  test('beyond MAX_WATCHERS is refused', async () => {
    const stub = freshRegistry();
    const since = await revisionOf(stub);
    await Promise.all(Array.from({ length: 1000 }, () => watch(stub, since)));
    const response = await stub.fetch(`http://registry/watch?since=${since}`, {
      headers: { Upgrade: 'websocket' },
    });
    expect(response.status).toBe(503);
    expect(await response.json()).toMatchObject({ kind: 'too-many-watchers', maxWatchers: 1000 });
  });
});

describe('an event stream', () => {
  test('gives the whole list to one that has none, then what changes, comments, and ends with retry', async () => {
    const stub = freshRegistry();
    await registerMany(stub, 2);
    const { webSocket } = await stub.fetch('http://registry/watch?since=0', {
      headers: { Upgrade: 'websocket' },
    });
    if (webSocket === null) throw new Error('no socket');
    const terms = { commentEveryMs: 300, endsAfterMs: 2000 };
    const body = new EventStream(onlyObject(stub), '0', terms).begin(webSocket);
    const text = new Response(body).text();
    // It has the whole list, and follows from there by a socket of its own.
    await vi.waitFor(async () => expect(await inside(stub, (registry) => registry.stats().watchers)).toBe(1));
    await stub.deregister('server-0');
    const events = (await text).split('\n\n');
    const changes = events.filter((event) => event.startsWith('event: change'));
    expect(changes).toHaveLength(2);
    expect(changes[0]).toContain('"full":true');
    expect(changes[1]).toContain('"removed":["server-0"]');
    expect(events.filter((event) => event === ':').length).toBeGreaterThan(2);
    expect(events.at(-2)).toMatch(/^retry: \d+$/);
    await vi.waitFor(async () => expect(await inside(stub, (registry) => registry.stats().watchers)).toBe(0));
  });
});
