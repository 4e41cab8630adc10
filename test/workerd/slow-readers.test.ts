/** Long answers are streamed by reference: readers who take their time hold memory, and only so much of it. */
import { env } from 'cloudflare:workers';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { askForList } from '../../src/http/ask-for-list.ts';
import { LIST_HEADERS } from '../../src/protocol/list-call.ts';
import { listAnswer } from '../../src/protocol/protocol.ts';
import { Outflow } from '../../src/registry/outflow.ts';
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

const read = async (body: BodyInit) => new Uint8Array(await new Response(body).arrayBuffer());

describe('a long body', () => {
  test('is its parts one behind the other, empty ones included', async () => {
    const outflow = new Outflow(MAX);
    const part = bytesOf(1);
    const parts = [new Uint8Array([9]), part.subarray(0, 0), part, part.subarray(LONG), new Uint8Array([8])];
    const body = await read(streamOf(outflow.send(parts)));
    expect(body.byteLength).toBe(LONG + 2);
    expect([body[0], body[1], body[LONG], body[LONG + 1]]).toEqual([9, 1, 1, 8]);
    expect(outflow.heldBytes).toBe(0);
  });

  test('is held once, however many read it, until the last has read it', async () => {
    const outflow = new Outflow(MAX);
    const shared = bytesOf(1);
    const first = streamOf(outflow.send([shared]));
    const second = streamOf(outflow.send([shared]));
    expect(outflow.heldBytes).toBe(LONG);
    await read(first);
    expect(outflow.heldBytes).toBe(LONG);
    await read(second);
    expect(outflow.heldBytes).toBe(0);
  });

  test('is let go of when its reader goes away, before the first byte or behind it', async () => {
    const outflow = new Outflow(MAX);
    await streamOf(outflow.send([bytesOf(1)])).cancel();
    const reader = streamOf(outflow.send([bytesOf(2), bytesOf(3)])).getReader();
    await reader.read();
    await reader.cancel();
    await expect.poll(() => outflow.heldBytes).toBe(0);
  });

  test('is bytes and no stream as long as slow readers hold too much', async () => {
    const outflow = new Outflow(MAX);
    const slow = Array.from({ length: 6 }, (_, index) => streamOf(outflow.send([bytesOf(index)])));
    expect(outflow.isFull).toBe(true);
    expect(outflow.send([bytesOf(7)])).toBeInstanceOf(Uint8Array);
    expect(outflow.heldBytes).toBe(6 * LONG);
    for (const stream of slow) await read(stream);
    expect(outflow.isFull).toBe(false);
    expect(outflow.send([bytesOf(8)])).toBeInstanceOf(ReadableStream);
  });
});

test('a short body is sent as it is, and copied only where it has parts', () => {
  const outflow = new Outflow(MAX);
  const short = new Uint8Array([1, 2]);
  expect(outflow.send([short])).toBe(short);
  expect(outflow.send([short, short])).toEqual(new Uint8Array([1, 2, 1, 2]));
  expect(outflow.heldBytes).toBe(0);
});

test('lists of different moments that nobody reads are told to be taken at once, and are whole all the same', async () => {
  const stub = freshRegistry();
  const metadata = JSON.stringify({ text: 'x'.repeat(2000) });
  await inside(stub, async (registry) => {
    for (let index = 0; index < 2000; index += 1) {
      await registry.register(registration(`server-${index}`, { metadata }));
    }
    // Each is a picture of its own, of more than 4 MB.
    const ask = async (index: number) => {
      await registry.heartbeat('server-0', false, JSON.stringify({ index }));
      return registry.fetch();
    };
    const slow: Response[] = [];
    for (let index = 0; index < 8; index += 1) slow.push(await ask(index));
    expect(slow.map(({ headers }) => headers.has(LIST_HEADERS.atOnce))).toEqual(Array(8).fill(false));

    const next = await ask(8);
    expect(next.headers.has(LIST_HEADERS.atOnce)).toBe(true);
    const { servers } = listAnswer.parse(await next.json());
    expect(servers).toHaveLength(2000);
    expect(servers[0]).toMatchObject({ metadata: { index: 8 } });

    for (const response of slow) await response.body?.cancel();
    await expect.poll(async () => (await ask(9)).headers.has(LIST_HEADERS.atOnce)).toBe(false);
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

test('the Worker streams what it is told nothing of, and takes at once what it is told to', async () => {
  const stub = freshRegistry();
  const answering = (headers: Record<string, string>) => ({
    fetch: () => Promise.resolve(new Response('{}', { headers })),
    listServers: stub.listServers,
  });
  const streamed = await askForList(answering({ ETag: 'W/"1"' }), null);
  expect(streamed).toMatchObject({ etag: 'W/"1"', signature: null });
  expect(streamed.body).toBeInstanceOf(ReadableStream);
  const taken = await askForList(answering({ [LIST_HEADERS.atOnce]: '1' }), null);
  expect(taken.body).toBeInstanceOf(ArrayBuffer);
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
