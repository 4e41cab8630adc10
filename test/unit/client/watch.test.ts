import { describe, expect, test } from 'vitest';
import { RegistryClient, type ListChange } from '../../../src/client/client.ts';
import type { DeltaAnswer } from '../../../src/protocol/protocol.ts';
import { FakeRegistry, ManualTime, settled, type Answer } from './fakes.ts';

const entry = (serverId: string) => ({
  serverId,
  endpoint: 'wss://x.example',
  publicKey: 'k',
  region: 'eu',
  registeredAt: 1,
  lastSeen: 1,
});

/** Answers each request with what changed since the revision it names. */
const answer =
  (delta: Partial<DeltaAnswer>): Answer =>
  ({ request }) =>
    Response.json({
      revision: '1',
      since: /since=(\d+)/.exec(request)?.[1] ?? '',
      changed: [],
      removed: [],
      timestamp: 1,
      ...delta,
    });

/** Watches in the background; `seen` fills as time is moved. */
function watching(everyMs = 1000) {
  const time = new ManualTime();
  const registry = new FakeRegistry(time);
  const client = new RegistryClient('http://registry.test', { fetch: registry.fetch, environment: time });
  const stop = new AbortController();
  const seen: { ids: string[]; change: ListChange }[] = [];
  const failures: { attempt: number; retryInMs: number }[] = [];
  const ended = (async () => {
    const changes = client.watchByPolling({
      everyMs,
      signal: stop.signal,
      onFailed: ({ attempt, retryInMs }) => failures.push({ attempt, retryInMs }),
    });
    for await (const change of changes) seen.push({ ids: [...change.servers.keys()], change });
  })();
  return { time, registry, stop, seen, failures, ended };
}

test('the whole list comes first, then only what changed, asked for from the revision it has', async () => {
  const { time, registry, stop, seen, ended } = watching();
  registry.answer = answer({ revision: '7', full: true, changed: [entry('a'), entry('b')] });
  await time.advance(1);
  registry.answer = answer({ revision: '7' });
  await time.advance(1000);
  registry.answer = answer({ revision: '9', changed: [entry('c')], removed: ['a'] });
  await time.advance(1000);
  stop.abort();
  await ended;
  expect(registry.sent.map(({ request }) => request)).toEqual([
    'GET /servers?since=0',
    'GET /servers?since=7',
    'GET /servers?since=7',
  ]);
  expect(seen.map(({ ids }) => ids)).toEqual([
    ['a', 'b'],
    ['b', 'c'],
  ]);
  expect(seen[1]?.change).toMatchObject({ removed: ['a'], revision: '9' });
});

test('an empty list is told once, so that its reader knows', async () => {
  const { time, registry, stop, seen, ended } = watching();
  registry.answer = answer({ full: true });
  await time.advance(5000);
  stop.abort();
  await ended;
  expect(seen.map(({ ids }) => ids)).toEqual([[]]);
});

test('after a restart of the registry, what is told is the difference', async () => {
  const { time, registry, stop, seen, ended } = watching();
  registry.answer = answer({ revision: '7', full: true, changed: [entry('a'), entry('b')] });
  await time.advance(1);
  registry.answer = answer({
    revision: '1000',
    full: true,
    changed: [{ ...entry('b'), lastSeen: 9 }, entry('c')],
  });
  await time.advance(1000);
  stop.abort();
  await ended;
  expect(seen[1]).toMatchObject({ ids: ['b', 'c'], change: { removed: ['a'], changed: [entry('c')] } });
});

describe('a failure', () => {
  test('ends nothing: it asks again, ever more slowly up to its pace, and is told of', async () => {
    const { time, registry, stop, seen, failures, ended } = watching(16_000);
    registry.answer = () => new Response('{"error":"down"}', { status: 503 });
    await time.advance(60_000);
    expect(failures.map(({ attempt }) => attempt).slice(0, 4)).toEqual([1, 2, 3, 4]);
    const waits = failures.map(({ retryInMs }) => retryInMs);
    expect(waits).toEqual([...waits].sort((a, b) => a - b));
    expect(Math.max(...waits)).toBeLessThanOrEqual(16_000);
    registry.answer = answer({ full: true, changed: [entry('a')] });
    await time.advance(16_000);
    stop.abort();
    await ended;
    expect(seen.map(({ ids }) => ids)).toEqual([['a']]);
  });

  test('of the arguments is thrown', async () => {
    const client = new RegistryClient('http://registry.test');
    await expect(client.watchByPolling({ everyMs: 0 }).next()).rejects.toThrow('everyMs must be above 0');
  });
});

test('an answer to another request, however well signed, is not taken', async () => {
  const { time, registry, stop, seen, failures, ended } = watching();
  registry.answer = answer({ since: '5', changed: [entry('a')] });
  await time.advance(1);
  stop.abort();
  await ended;
  expect(seen).toEqual([]);
  expect(failures).toHaveLength(1);
});

test.each(['\uD800', '', 'a b', 'x'.repeat(5000)])(
  'a revision that could not go back in a URL is not taken, and the watch goes on: %j',
  async (revision) => {
    const { time, registry, stop, seen, failures, ended } = watching();
    registry.answer = answer({ revision, full: true, changed: [entry('a')] });
    await time.advance(1);
    expect(seen).toEqual([]);
    expect(failures).toHaveLength(1);
    registry.answer = answer({ full: true, changed: [entry('a')] });
    await time.advance(1000);
    stop.abort();
    await ended;
    expect(seen.map(({ ids }) => ids)).toEqual([['a']]);
  },
);

test('an abort while it waits ends it, and no timer is left', async () => {
  const { time, registry, stop, ended } = watching();
  registry.answer = answer({ full: true });
  await time.advance(1);
  stop.abort();
  await ended;
  await settled();
  expect(time.pending).toBe(0);
});

describe('whatever the registry answers', () => {
  test('metadata nested 20,000 deep, or any answer that can not be used, does not end it', async () => {
    const { time, registry, stop, seen, failures, ended } = watching();
    const deep = `${'['.repeat(20_000)}${']'.repeat(20_000)}`;
    const delta = JSON.stringify({
      revision: '7',
      since: '0',
      changed: [entry('a')],
      removed: [],
      timestamp: 1,
    });
    registry.answer = () => new Response(delta.replace('"region":"eu"', `"region":"eu","x":${deep}`));
    await time.advance(1);
    registry.answer = () => new Response('{"changed":');
    await time.advance(3000);
    registry.answer = answer({ full: true, changed: [entry('a')] });
    await time.advance(3000);
    stop.abort();
    await ended;
    expect(failures.length).toBeGreaterThan(2);
    expect(seen.map(({ ids }) => ids)).toEqual([['a']]);
  });

  test.each(['3600', '99999999999999999999'])(
    'a Retry-After of %s puts it off by five minutes at most',
    async (header) => {
      const { time, registry, stop, failures, ended } = watching();
      registry.answer = () => new Response('{}', { status: 503, headers: { 'Retry-After': header } });
      await time.advance(600_000);
      stop.abort();
      await ended;
      expect(failures.length).toBeGreaterThanOrEqual(2);
      expect(Math.max(...failures.map(({ retryInMs }) => retryInMs))).toBeLessThanOrEqual(300_000);
    },
  );

  test('changes that add servers for ever can not grow the list for ever', async () => {
    const time = new ManualTime();
    let revision = 0;
    const registry = new FakeRegistry(time, (sent, signal) => {
      revision += 1;
      const changed = Array.from({ length: 100 }, (_, index) => entry(`${revision}-${index}`));
      return answer({ revision: String(revision), changed })(sent, signal);
    });
    const client = new RegistryClient('http://registry.test', {
      fetch: registry.fetch,
      environment: time,
      maxListBytes: 100_000,
    });
    const stop = new AbortController();
    const sizes: number[] = [];
    const ended = (async () => {
      const changes = client.watchByPolling({ everyMs: 1000, signal: stop.signal });
      for await (const { servers } of changes) sizes.push(servers.size);
    })();
    await time.advance(100_000);
    stop.abort();
    await ended;
    expect(sizes.length).toBeGreaterThan(90);
    expect(Math.max(...sizes)).toBeLessThan(3000);
  });
});
