/** Readers that follow the list over connections that are cut: each goes on where it was, without a gap or a repeat. */
import { setMaxListeners } from 'node:events';
import { setTimeout as delay } from 'node:timers/promises';
import { afterAll, beforeAll, describe, it } from 'vitest';
import { WebSocket } from 'ws';
import { PushedFrames } from '../../scripts/lib/audit/pushed-frames.ts';
import { LocalRegistry } from '../../scripts/lib/registry/local-registry.ts';
import { isDeltaAnswer } from '../../src/client/answers.ts';
import { RegistryClient } from '../../src/client/client.ts';
import { realEnvironment } from '../../src/client/environment.ts';
import { textOf } from '../../src/client/socket.ts';
import { Cable } from './support/cable.ts';

const VARS = {
  WRITE_ACCESS: 'open',
  RATE_LIMIT: 'off',
  ALLOW_PRIVATE_ENDPOINTS: 'true',
  RECORD_LOCATION: 'false',
};
const CUTS = 4;
/** The client waits so much shorter here: for its pongs, its turn to come back, its next try. */
const FASTER = 20;

let registry: LocalRegistry;
let client: RegistryClient;
const cables: Cable[] = [];

beforeAll(async () => {
  registry = await LocalRegistry.embed(VARS);
  registry.spawn();
  client = new RegistryClient(registry.url);
  await registry.up(() => client.stats());
});

afterAll(async () => {
  for (const cable of cables) cable.close();
  await registry.end();
});

async function layCable(): Promise<Cable> {
  const cable = await Cable.before(registry.url);
  cables.push(cable);
  return cable;
}

/** Registers one after the other, a few each second, until it is told to stop. Gives their ids. */
function registering(prefix: string): () => Promise<string[]> {
  const ids: string[] = [];
  const over = new AbortController();
  const running = (async () => {
    while (!over.signal.aborted) {
      const serverId = `${prefix}-${ids.length}`;
      await client.register({ serverId, endpoint: 'wss://a.example', publicKey: 'k' });
      ids.push(serverId);
      await delay(40);
    }
  })();
  return async () => {
    over.abort();
    await running;
    return ids;
  };
}

/** What a reader was told: each change begins where the one before ended. */
class Told {
  revision: string;
  readonly ids: string[] = [];
  readonly gaps: string[] = [];
  /** Whole lists, which a reader that goes on needs none of. */
  wholes = 0;

  constructor(revision: string) {
    this.revision = revision;
  }

  hear(text: string): void {
    const answer: unknown = JSON.parse(text);
    if (!isDeltaAnswer(answer)) {
      this.gaps.push(`no change: ${text}`);
      return;
    }
    const { since, revision, full, changed } = answer;
    if (full === true) this.wholes += 1;
    else if (since !== this.revision) this.gaps.push(`${since} behind ${this.revision}`);
    this.revision = revision;
    this.ids.push(...changed.map(({ serverId }) => serverId));
  }
}

/** One event stream, as browsers read it; resolves when it ends. */
async function stream(url: string, told: Told): Promise<void> {
  const headers = { Accept: 'text/event-stream', 'Last-Event-ID': told.revision };
  const { body } = await fetch(`${url}/servers`, { headers });
  let [rest, data, id] = ['', '', ''];
  for await (const chunk of body?.pipeThrough(new TextDecoderStream()) ?? []) {
    const lines = (rest + chunk).split('\n');
    rest = lines.pop() ?? '';
    for (const line of lines) {
      if (line.startsWith('data: ')) data = line.slice('data: '.length);
      if (line.startsWith('id: ')) id = line.slice('id: '.length);
      if (line !== '' || data === '') continue;
      told.hear(data);
      if (id !== told.revision) told.gaps.push(`the id ${id} of ${told.revision}`);
      data = '';
    }
  }
}

/** One socket; resolves when it ends. */
function socket(url: string, told: Told): Promise<void> {
  return new Promise((resolve) => {
    const open = new WebSocket(`${url.replace('http', 'ws')}/servers?since=${told.revision}`, []);
    open.addEventListener('message', (event) => {
      told.hear(textOf(event) ?? '');
    });
    open.addEventListener('error', () => undefined);
    open.addEventListener('close', () => {
      resolve();
    });
  });
}

describe.concurrent('a reader whose connection is cut', () => {
  it.for([
    { way: 'an event stream with Last-Event-ID', follow: stream, prefix: 'stream' },
    { way: 'a WebSocket with since', follow: socket, prefix: 'socket' },
  ])('goes on over $way', async ({ follow, prefix }, { expect }) => {
    const cable = await layCable();
    const { revision } = (await client.watchByPolling().next()).value ?? { revision: '' };
    const told = new Told(revision);
    const stop = registering(prefix);
    for (let cut = 0; cut < CUTS; cut += 1) {
      const following = follow(cable.url, told).catch(() => undefined);
      // At another moment between two pushes each time.
      await delay(400 + cut * 130);
      cable.break(cut % 2 === 0 ? 'reset' : 'end');
      await following;
      await delay(60);
    }
    const ids = await stop();
    const last = follow(cable.url, told).catch(() => undefined);
    await expect.poll(() => told.ids.filter((id) => id.startsWith(prefix)), { timeout: 5000 }).toEqual(ids);
    cable.break('end');
    await last;
    expect(told).toMatchObject({ gaps: [], wholes: 0 });
  });

  it.for([
    { way: 'socket', listened: (pushed: PushedFrames) => ({ WebSocket: pushed.socketClass }) },
    { way: 'stream', listened: (pushed: PushedFrames) => ({ fetch: pushed.fetch }) },
  ])(
    'goes on with the client that follows by $way, also where it is cut without a word',
    async ({ way, listened }, { expect }) => {
      const cable = await layCable();
      const stopped = new AbortController();
      setMaxListeners(0, stopped.signal);
      const environment = {
        ...realEnvironment,
        after: (delayMs: number, run: () => void, keepsAlive?: boolean) =>
          realEnvironment.after(delayMs / FASTER, run, keepsAlive),
      };
      const gaps: string[] = [];
      const pushed = new PushedFrames((what) => gaps.push(what));
      const follower = new RegistryClient(cable.url, { ...listened(pushed), environment });
      const came: string[] = [];
      const watching = (async () => {
        for await (const { changed } of follower.watch({ signal: stopped.signal, everyMs: 20_000 })) {
          came.push(...changed.map(({ serverId }) => serverId));
        }
      })();
      const own = () => came.filter((id) => id.startsWith(`client-${way}`));
      const stop = registering(`client-${way}`);
      await expect.poll(() => pushed.changes).toBeGreaterThan(1);
      for (const cut of ['reset', 'end', 'silence', 'cut'] as const) {
        if (cut === 'silence') cable.silence();
        else if (cut === 'cut') cable.cut();
        else cable.break(cut);
        await delay(300);
        cable.mend();
        const { changes } = pushed;
        await expect.poll(() => pushed.changes, { timeout: 10_000 }).toBeGreaterThan(changes + 1);
      }
      const ids = await stop();
      await expect.poll(own, { timeout: 5000 }).toEqual(ids);
      expect(gaps).toEqual([]);
      stopped.abort();
      await watching;
    },
  );
});
