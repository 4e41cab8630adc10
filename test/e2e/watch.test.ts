/** Readers that follow the list, over real sleeps of the object and while the registry is killed under them. */
import { setMaxListeners } from 'node:events';
import { setTimeout as delay } from 'node:timers/promises';
import { describe, it } from 'vitest';
import { WebSocket } from 'ws';
import { LocalRegistry } from '../../scripts/lib/registry/local-registry.ts';
import { RegistryClient, type ListChange } from '../../src/client/client.ts';

/** The alarm rings every quarter of it, so the object falls asleep in between. */
const VARS = {
  SERVER_TTL_MS: '50000',
  SWEEP_INTERVAL_MS: '5000',
  WRITE_ACCESS: 'open',
  RATE_LIMIT: 'off',
  ALLOW_PRIVATE_ENDPOINTS: 'true',
  RECORD_LOCATION: 'false',
};
const ASLEEP_MS = 13_500;

/** Clients of each kind, and which way the list comes to them at the moment. */
class Ways {
  readonly #open = { sockets: 0, streams: 0 };
  readonly #url: string;

  constructor(url: string) {
    this.#url = url;
  }

  get open(): { readonly sockets: number; readonly streams: number } {
    return { ...this.#open };
  }

  /** Follows over a WebSocket: that of the package, since not every Node has one. A stream of it would be counted. */
  bySocket(): RegistryClient {
    const open = this.#open;
    class Counted extends WebSocket {
      constructor(url: string, protocols: string[]) {
        super(url, protocols);
        this.addEventListener('open', () => {
          open.sockets += 1;
          this.addEventListener('close', () => (open.sockets -= 1));
        });
      }
    }
    return new RegistryClient(this.#url, { WebSocket: Counted, fetch: this.#fetch });
  }

  /** Without a WebSocket, a client takes the event stream. */
  byStream(): RegistryClient {
    return new RegistryClient(this.#url, { fetch: this.#fetch });
  }

  readonly #fetch = async (url: string, init: RequestInit): Promise<Response> => {
    const response = await fetch(url, init);
    if (response.body === null || response.headers.get('Content-Type') !== 'text/event-stream')
      return response;
    this.#open.streams += 1;
    const ended = () => (this.#open.streams -= 1);
    const counted = new TransformStream<Uint8Array, Uint8Array>();
    void response.body.pipeTo(counted.writable).then(ended, ended);
    return new Response(counted.readable, response);
  };
}

async function started(): Promise<LocalRegistry> {
  const registry = await LocalRegistry.embed(VARS);
  registry.spawn();
  await registry.up(() => fetch(`${registry.url}/health`));
  return registry;
}

/** Follows the list, and keeps each step. */
class Follower {
  readonly steps: { revision: string; changed: number; removed: readonly string[] }[] = [];
  ids: string[] = [];
  failures = 0;

  constructor(client: RegistryClient, signal: AbortSignal) {
    void this.#follow(client.watch({ signal, everyMs: 300_000, onFailed: () => (this.failures += 1) }));
  }

  async #follow(changes: AsyncGenerator<ListChange, void, void>): Promise<void> {
    for await (const { servers, changed, removed, revision } of changes) {
      this.steps.push({ revision, changed: changed.length, removed });
      this.ids = [...servers.keys()].toSorted();
    }
  }
}

const register = (client: RegistryClient, serverId: string) =>
  client.register({ serverId, endpoint: 'wss://a.example', publicKey: 'k' });

describe.concurrent('a reader that follows the list', () => {
  it('goes on over real sleeps without a whole list, and learns of a server that died while nobody asked', async ({
    expect,
  }) => {
    const registry = await started();
    const stop = new AbortController();
    setMaxListeners(0, stop.signal);
    try {
      const client = new RegistryClient(registry.url);
      await register(client, 'a');
      await register(client, 'b');
      const ways = new Ways(registry.url);
      const followers = [
        new Follower(ways.bySocket(), stop.signal),
        new Follower(ways.byStream(), stop.signal),
      ];
      await expect
        .poll(() => followers.map(({ ids }) => ids))
        .toEqual([
          ['a', 'b'],
          ['a', 'b'],
        ]);
      const { loads, watchers } = await client.stats();
      expect(watchers).toBe(2);
      expect(ways.open).toEqual({ sockets: 1, streams: 1 });
      const polled = client.watchByPolling({ everyMs: 100, signal: stop.signal });
      const before = (await polled.next()).value?.revision ?? '';

      await delay(ASLEEP_MS);
      await client.heartbeat('a', { metadata: { players: 1 } });
      await expect.poll(() => followers.map(({ steps }) => steps.at(-1)?.changed)).toEqual([1, 1]);
      const answer: unknown = await (await fetch(`${registry.url}/servers?since=${before}`)).json();
      expect(answer).toMatchObject({ since: before, changed: [{ serverId: 'a' }], removed: [] });
      expect((await client.stats()).loads).toBeGreaterThan(loads);

      // Nobody asks: `b` runs out of its lease 50 s after its registration.
      await expect
        .poll(() => followers.map(({ ids }) => ids), { timeout: 55_000, interval: 100 })
        .toEqual([['a'], ['a']]);
      const { revision } = followers[0]?.steps.at(-1) ?? { revision: '' };
      await client.heartbeat('a');
      await delay(ASLEEP_MS);
      await register(client, 'c');
      await expect
        .poll(() => followers.map(({ ids }) => ids))
        .toEqual([
          ['a', 'c'],
          ['a', 'c'],
        ]);
      const after: unknown = await (await fetch(`${registry.url}/servers?since=${revision}`)).json();
      expect(after).toMatchObject({ since: revision, changed: [{ serverId: 'c' }] });
      // The list at first, then one step for each thing that happened.
      expect(followers.map(({ steps }) => steps.length)).toEqual([4, 4]);
      expect(followers.map(({ failures }) => failures)).toEqual([0, 0]);
      expect(ways.open).toEqual({ sockets: 1, streams: 1 });
    } finally {
      stop.abort();
      await registry.end();
    }
  }, 120_000);

  it('holds exactly the list, as 200 do, while servers come, change and go and the registry is killed', async ({
    expect,
  }) => {
    const registry = await started();
    const stop = new AbortController();
    setMaxListeners(0, stop.signal);
    try {
      const client = new RegistryClient(registry.url);
      const ways = new Ways(registry.url);
      const followers = Array.from(
        { length: 200 },
        (_, index) => new Follower(index % 4 === 0 ? ways.byStream() : ways.bySocket(), stop.signal),
      );
      await expect.poll(async () => (await client.stats()).watchers, { timeout: 20_000 }).toBe(200);
      expect(ways.open).toEqual({ sockets: 150, streams: 50 });
      const allHold = async (timeout: number) => {
        const listed = async () => (await client.list()).servers.map(({ serverId }) => serverId).toSorted();
        await expect
          .poll(
            async () => {
              const now = JSON.stringify(await listed());
              return followers.filter(({ ids }) => JSON.stringify(ids) !== now).length;
            },
            { timeout, interval: 200 },
          )
          .toBe(0);
      };
      for (let round = 0; round < 3; round += 1) {
        await Promise.all(
          Array.from({ length: 20 }, (_, index) => register(client, `server-${round}-${index}`)),
        );
        await allHold(5000);
        await client.heartbeat(`server-${round}-1`, { metadata: { round } });
        await client.deregister(`server-${round}-0`);
        await allHold(5000);
        if (round === 2) break;
        await registry.kill();
        registry.spawn();
        await registry.up(() => fetch(`${registry.url}/health`));
        await allHold(30_000);
        await expect.poll(async () => (await client.stats()).watchers, { timeout: 30_000 }).toBe(200);
        expect(ways.open).toEqual({ sockets: 150, streams: 50 });
      }
    } finally {
      stop.abort();
      await registry.end();
    }
  }, 120_000);
});
