/**
 * What the object takes at most of its 128 MB: a registry filled to MAX_SERVERS and MAX_LIST_BYTES as they are by
 * default, at rest, at the worst reads, while it saves, and while it is loaded.
 *
 * What V8 says of its heap has garbage in it. So the heap is held to ever less, until the object does not live through
 * all of it any more: what it lived with is enough.
 */
import { cpSync, existsSync, mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { connect, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { parseConfig } from '../../../src/config.ts';
import { statsAnswer } from '../../../src/protocol/protocol.ts';
import { summarize } from '../../lib/statistics.ts';
import { Connection, makeRequest, prefixOf, type BenchRequest } from '../http.ts';
import { LimitedRuntime, OutOfMemoryError, type Peak } from '../limited-runtime.ts';
import { MEMORY_DISK } from '../runtime.ts';
import type { Bench, Scenario } from '../scenario.ts';
import { entriesOf, IN_ALL, TEXTS, type LimitsEntry, type Texts } from './limits-entries.ts';

const MEGABYTE = 1_000_000;
/** V8's limit on the heap, in its megabytes: one that is surely enough, and those between which the least is sought. */
const ROOMY_HEAP = 400;
const HEAPS = { from: 16, to: 160, step: 8 } as const;
const V8_MEGABYTE = 2 ** 20;

const WRITE_CONNECTIONS = 16;
const READ_CONNECTIONS = 4;
const LISTS_MS = 1000;
const CUT_PAUSE_MS = 20;
/** Different lists that readers hold who take nothing: more than HELD_MAX_BYTES lets them. */
const STALLED_READERS = 6;
const DELTAS = 6;
/** Servers that change at once before deltas are asked for. */
const CHANGED = 2500;
const SAVES_SETTLED_MS = 4000;
const ANY_SEED = '9d61b19deffd5a60ba844af492ec2cc44449c5697b326919703bac031cae7f60';
const VARS = {
  WRITE_ACCESS: 'open',
  RATE_LIMIT: 'off',
  SERVER_TTL_MS: '3600000',
  CHECKPOINT_INTERVAL_MS: '3000',
  // Signed lists cost most.
  BOOTSTRAP_SIGNING_KEY: ANY_SEED,
};

const LIST = makeRequest('GET', '/servers');
const QUERIES = [
  'q=zz&limit=1',
  'q=x',
  'q=dust-1',
  'sort=lastSeen',
  'sort=registeredAt',
  'metadata.players>=1',
  'metadata.map=dust-1',
  'metadata.text!=a',
  'near=1,1',
  'fields=metadata',
].map((query) => makeRequest('GET', `/servers?${query}`));

export const limits: Scenario = {
  name: 'limits',
  title: 'Memory at the limits',
  isExtra: true,
  seconds: (profile) => (profile.name === 'full' ? 300 : 40),
  workers: () => [],
  run: async (bench) => {
    for (const texts of TEXTS) {
      const folder = mkdtempSync(join(existsSync(MEMORY_DISK) ? MEMORY_DISK : tmpdir(), 'rollcall-limits-'));
      try {
        await measure(bench, texts, folder);
      } finally {
        rmSync(folder, { recursive: true, force: true });
      }
    }
  },
};

async function measure(bench: Bench, texts: Texts, folder: string): Promise<void> {
  const { maxServers, maxListBytes } = parseConfig({});
  const entries = entriesOf(texts, maxServers, maxListBytes);
  const filled = join(folder, 'filled');
  mkdirSync(filled);
  bench.doing(`${entries.length} servers with ${texts} texts`);
  const filling = await start(bench, filled, ROOMY_HEAP);
  const { listBytes, live } = await fill(filling, entries);
  await filling.stop();
  const lives = async (
    heapMegabytes: number,
    note: (phase: string, peak: Peak) => void = () => undefined,
    collects = false,
  ) => {
    bench.signal.throwIfAborted();
    bench.doing(`${texts} texts with a heap of ${heapMegabytes} MB`);
    const copy = join(folder, `heap-${heapMegabytes}`);
    cpSync(filled, copy, { recursive: true });
    let runtime: LimitedRuntime | undefined;
    try {
      runtime = await start(bench, copy, heapMegabytes);
      await goThroughAll(runtime, entries, note, collects);
      return true;
    } catch (error) {
      if (error instanceof OutOfMemoryError && heapMegabytes !== ROOMY_HEAP) return false;
      throw error;
    } finally {
      await runtime?.stop();
      rmSync(copy, { recursive: true, force: true });
    }
  };
  const name = { scenario: 'limits', case: texts, contender: 'rollcall' } as const;
  const record = (metric: string, bytes: number) => {
    bench.record({ ...name, metric, unit: 'MB', summary: summarize([bytes / MEGABYTE]) });
  };
  record('list', listBytes);
  bench.record({ ...name, metric: 'servers', unit: 'servers', summary: summarize([live]) });
  await lives(ROOMY_HEAP, (phase, peak) => {
    record(`${phase}: heap${phase === AT_REST ? '' : ', garbage included'}`, peak.heapBytes);
    record(`${phase}: beside it`, peak.externalBytes);
  });
  const noteIn =
    (peak: { bytes: number }) =>
    (_: string, { externalBytes }: Peak) => {
      peak.bytes = Math.max(peak.bytes, externalBytes);
    };
  const boundsBytes: number[] = [];
  let [dies, enough]: [number, number] = [HEAPS.from, HEAPS.to];
  while (enough - dies > HEAPS.step) {
    const middle = dies + HEAPS.step * Math.floor((enough - dies) / 2 / HEAPS.step);
    const peak = { bytes: 0 };
    if (await lives(middle, noteIn(peak))) {
      enough = middle;
      boundsBytes.push(peak.bytes);
    } else dies = middle;
  }
  const collected = { bytes: 0 };
  await lives(ROOMY_HEAP, noteIn(collected), true);
  // Each run does the same work, and what it saw has garbage in it, more or less: the least of them is enough. Readings
  // between two pieces of work may not see the next list while it is made beside the last one.
  const buffers = Math.min(collected.bytes, ...boundsBytes) + listBytes;
  record('least heap to live with', enough * V8_MEGABYTE);
  record('most buffers alive, and one list', buffers);
  record(IN_ALL, enough * V8_MEGABYTE + buffers);
}

const AT_REST = 'at rest';

function start(bench: Bench, folder: string, heapMegabytes: number): Promise<LimitedRuntime> {
  const { bundles, list } = bench;
  return LimitedRuntime.start({ script: bundles.bench, folder, vars: VARS, list, heapMegabytes });
}

/** Registers all that fit, and waits until they are saved. */
async function fill(runtime: LimitedRuntime, entries: readonly LimitsEntry[]) {
  await sendAll(
    runtime,
    entries.map((entry) => makeRequest('POST', '/servers', entry)),
  );
  await delay(SAVES_SETTLED_MS);
  return statsOf(runtime);
}

/** Everything that costs memory, each watched by itself, and at last at once. */
async function goThroughAll(
  runtime: LimitedRuntime,
  entries: readonly LimitsEntry[],
  note: (phase: string, peak: Peak) => void,
  collects: boolean,
): Promise<void> {
  const { url } = runtime.target;
  const watch = async (phase: string, work: () => Promise<unknown>) => {
    note(phase, await runtime.watch(phase, work, collects));
  };
  const reads = async () => {
    await loop(runtime, [LIST]);
    await loop(runtime, QUERIES);
  };
  let turn = 0;
  const change = async (count: number) => {
    turn += 1;
    const players = 64 + turn;
    const changed = entries
      .slice(0, count)
      .map((entry) => Object.assign({}, entry, { metadata: { ...entry.metadata, players } }));
    await sendAll(
      runtime,
      changed.map((entry) => makeRequest('POST', '/servers', entry)),
    );
  };
  const deltas = async () => {
    const { revision } = await statsOf(runtime);
    await change(CHANGED);
    const since = (back: number) => makeRequest('GET', `/servers?since=${revision - back}`);
    await sendAll(
      runtime,
      Array.from({ length: DELTAS }, (_, back) => since(back)),
    );
  };
  const save = async () => {
    turn += 1;
    const beats = entries.map(({ serverId, metadata }) =>
      makeRequest('POST', '/servers/heartbeat', {
        serverId,
        peers: false,
        metadata: { ...metadata, players: 64 + turn },
      }),
    );
    await sendAll(runtime, beats);
    await delay(SAVES_SETTLED_MS);
  };
  const stalled: Socket[] = [];
  const stall = async () => {
    for (let reader = 0; reader < STALLED_READERS; reader += 1) {
      stalled.push(await askAndTakeNothing(url));
      // A change makes the next list another one.
      await change(1);
    }
  };
  try {
    await watch('loaded, first list', () => runtime.target.send(LIST));
    note(AT_REST, await runtime.atRest());
    await watch('lists', () => loop(runtime, [LIST]));
    for (const query of QUERIES)
      await watch(query.path.replace('/servers?', ''), () => sendAll(runtime, [query]));
    await watch('deltas', deltas);
    await watch('saving', save);
    await watch('readers who take nothing', stall);
    await watch('all at once', () => Promise.all([reads(), deltas(), save(), stall()]));
  } finally {
    for (const socket of stalled) socket.destroy();
  }
}

async function statsOf(runtime: LimitedRuntime) {
  const { body } = await runtime.target.send(makeRequest('GET', '/stats'));
  return statsAnswer.parse(JSON.parse(body.toString()));
}

/** Sends each request once. */
async function sendAll(runtime: LimitedRuntime, requests: readonly BenchRequest[]): Promise<void> {
  let next = 0;
  const worker = async () => {
    const connection = await Connection.open(runtime.target.url);
    try {
      for (let request = requests[next]; request !== undefined; request = requests[next]) {
        next += 1;
        await connection.send(request);
      }
    } finally {
      connection.close();
    }
  };
  await Promise.all(Array.from({ length: Math.min(WRITE_CONNECTIONS, requests.length) }, worker));
}

/** Readers who begin anew where they are cut off, as the slowest are while many lists are held. */
async function loop(runtime: LimitedRuntime, requests: readonly BenchRequest[]): Promise<void> {
  const untilMs = performance.now() + LISTS_MS;
  let sent = 0;
  const reader = async () => {
    while (performance.now() < untilMs) {
      const request = requests[sent % requests.length] ?? LIST;
      sent += 1;
      // A runtime that has ended is seen by whoever watches it.
      await runtime.target.send(request).catch(() => delay(CUT_PAUSE_MS));
    }
  };
  await Promise.all(Array.from({ length: READ_CONNECTIONS }, reader));
}

function askAndTakeNothing(url: URL): Promise<Socket> {
  return new Promise((resolve, reject) => {
    const socket = connect({ host: url.hostname, port: Number(url.port) }, () => {
      socket.pause();
      socket.write(`GET ${prefixOf(url)}/servers HTTP/1.1\r\nHost: limits.example\r\n\r\n`, () => {
        resolve(socket);
      });
    });
    socket.on('error', reject);
  });
}
