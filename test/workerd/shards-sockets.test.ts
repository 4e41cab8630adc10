/** Sockets and a list of several objects: a session is held by the object of its id, and nobody watches one for them all. */
import { reset } from 'cloudflare:test';
import { env } from 'cloudflare:workers';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { EventStream } from '../../src/http/event-stream.ts';
import { statsAnswer } from '../../src/protocol/protocol.ts';
import { shardOf } from '../../src/protocol/shards/shard.ts';
import { readStats } from '../../src/rpc/list-reads.ts';
import { objectName } from '../../src/rpc/place.ts';
import { openWatch } from '../../src/rpc/watch-stub.ts';
import { inside, registration } from './support/fleet.ts';
import { held, post, Session, ticketOf } from './support/sessions.ts';
import { TestList } from './support/split.ts';
import { ask, environment } from './support/worker.ts';

const ORIGIN = 'https://registry.example';
const SHARDS = 3;
const SPLIT = environment({ WRITE_ACCESS: 'open', RATE_LIMIT: 'off', SHARDS: String(SHARDS) });
/** One of each object. */
const IDS = ['', '', ''].map((_, shard) => {
  for (let number = 0; ; number += 1) {
    if (shardOf(`server-${number}`, SHARDS) === shard) return `server-${number}`;
  }
});

const objectOf = (shard: number) => env.SERVER_REGISTRY.getByName(objectName({ list: 'default', shard }));

afterEach(async () => {
  for (let shard = 0; shard < SHARDS; shard += 1) await objectOf(shard).save();
  await reset();
});

async function jsonAt(path: string, init?: RequestInit): Promise<unknown> {
  const answer = await ask(new Request(ORIGIN + path, init), SPLIT);
  return answer.json();
}

describe('a session in a list of several objects', () => {
  it('is held by the object of its id, and counted by the list', async () => {
    const sessions = await Promise.all(
      IDS.map(async (serverId) => held(await ticketOf({ serverId }, SPLIT), SPLIT)),
    );
    for (const [shard] of IDS.entries()) {
      expect(await inside(objectOf(shard), (object) => object.stats().sessions)).toBe(1);
    }
    const stats = statsAnswer.parse(await jsonAt('/stats'));
    expect(stats).toMatchObject({ sessions: 3, live: 3, watchers: 0, shards: 3 });
    expect(sessions.map(({ closed }) => closed)).toEqual([null, null, null]);
  });

  it('is opened by the ticket of a heartbeat as well, changes metadata, closes as suspect, and deregisters', async () => {
    const serverId = IDS[2] ?? '';
    await ticketOf({ serverId }, SPLIT);
    const { session: offer } = await post('/servers/heartbeat', { serverId, session: true }, SPLIT);
    const first = await held(offer?.ticket ?? '', SPLIT);
    first.socket.send('{"type":"metadata","metadata":{"players":3}}');
    await first.until(() => first.frames.length === 2);
    expect(await jsonAt('/servers')).toMatchObject({ servers: [{ serverId, metadata: { players: 3 } }] });

    first.socket.close(1000);
    await vi.waitFor(async () =>
      expect(await jsonAt(`/servers/${serverId}`)).toMatchObject({ status: 'suspect' }),
    );
    const second = await held(await ticketOf({ serverId }, SPLIT), SPLIT);
    second.socket.send('{"type":"deregister"}');
    expect(await second.closeCode()).toBe(1000);
    expect(await jsonAt('/servers')).toMatchObject({ servers: [] });
  });

  it('ends where the id is deregistered by HTTP', async () => {
    const serverId = IDS[1] ?? '';
    const session = await held(await ticketOf({ serverId }, SPLIT), SPLIT);
    expect(await jsonAt(`/servers/${serverId}`, { method: 'DELETE' })).toEqual({ success: true });
    expect(await session.closeCode()).toBe(1000);
  });
});

describe('a watcher of a list that gets several objects', () => {
  /** A Worker that takes the list for one of a single object, as SHARDS says there; another one creates it with three. */
  function workersThatDiffer() {
    const watching = new TestList(1);
    return { watching, creating: new TestList(SHARDS, watching.name) };
  }

  async function watch(list: TestList) {
    const registry = await list.objects.only();
    if (registry === undefined) throw new Error('expected a single object');
    return { registry, reply: await openWatch(registry, '0') };
  }

  async function socketOf(list: TestList): Promise<WebSocket> {
    const { reply } = await watch(list);
    if (reply.kind !== 'watching') throw new Error(reply.kind);
    return reply.socket;
  }

  it('is closed by the first registration, and finds nothing to watch when it comes back', async () => {
    const { watching, creating } = workersThatDiffer();
    const watcher = new Session(await socketOf(watching));
    await creating.register(registration(IDS[2] ?? ''));
    expect(await watcher.closeCode()).toBe(1000);
    expect(await watching.objects.only()).toBeUndefined();
    expect((await readStats(watching.objects)).watchers).toBe(0);
  });

  it('is refused where its Worker asked how many there are just before', async () => {
    const { watching, creating } = workersThatDiffer();
    const registry = await watching.objects.only();
    if (registry === undefined) throw new Error('expected a single object');
    await creating.register(registration(IDS[2] ?? ''));
    expect(await openWatch(registry, '0')).toEqual({ kind: 'not-watchable' });
  });

  it('has an event stream that tells the whole list, never the part of one object, and then ends', async () => {
    const { watching, creating } = workersThatDiffer();
    const { reply } = await watch(watching);
    if (reply.kind !== 'watching') throw new Error(reply.kind);
    for (const serverId of IDS) await creating.register(registration(serverId));
    const terms = { commentEveryMs: 60_000, endsAfterMs: 60_000 };
    // Its first frame is a resync: the reader has no list.
    const body = new EventStream(watching.objects, '0', terms).begin(reply.socket);
    const text = await new Response(body).text();
    for (const serverId of IDS) expect(text).toContain(`"serverId":"${serverId}"`);
    expect(text).toMatch(/retry: \d+\n\n$/);
  });
});
