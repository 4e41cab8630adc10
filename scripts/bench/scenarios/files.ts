/** What writing the list as a file takes of the object's memory, beside a list as long as it may be, and ten times that. */
import { cpSync, existsSync, mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { statsAnswer } from '../../../src/protocol/protocol.ts';
import { summarize } from '../../lib/statistics.ts';
import { Connection, makeRequest } from '../http.ts';
import { LimitedRuntime, type Peak } from '../limited-runtime.ts';
import { MEMORY_DISK } from '../runtime.ts';
import type { Bench, Profile, Scenario } from '../scenario.ts';
import { entriesOf, type LimitsEntry } from './limits-entries.ts';

const MEGABYTE = 1_000_000;
const HEAP_MEGABYTES = 1000;
const CONNECTIONS = 16;
const SETTLED_MS = 4000;
/** As long is changed and looked at: several files, each of which is under way for two seconds. */
const WATCHED_MS = 12_000;
const CHANGE_EVERY_MS = 500;
const ANY_SEED = '9d61b19deffd5a60ba844af492ec2cc44449c5697b326919703bac031cae7f60';
const LIST = makeRequest('GET', '/servers');

interface Size {
  readonly servers: number;
  readonly maxListBytes: number;
}

const SIZES: Readonly<Record<Profile['name'], readonly Size[]>> = {
  quick: [{ servers: 1000, maxListBytes: MEGABYTE }],
  full: [
    { servers: 10_000, maxListBytes: 10 * MEGABYTE },
    { servers: 100_000, maxListBytes: 100 * MEGABYTE },
  ],
};

export const files: Scenario = {
  name: 'files',
  title: 'Memory of the list as a file',
  isExtra: true,
  seconds: (profile) => (profile.name === 'full' ? 150 : 45),
  workers: () => [],
  run: async (bench) => {
    for (const size of SIZES[bench.profile.name]) {
      bench.signal.throwIfAborted();
      const folder = mkdtempSync(join(existsSync(MEMORY_DISK) ? MEMORY_DISK : tmpdir(), 'rollcall-files-'));
      try {
        await measure(bench, size, folder);
      } finally {
        rmSync(folder, { recursive: true, force: true });
      }
    }
  },
};

async function measure(bench: Bench, size: Size, folder: string): Promise<void> {
  const state = `MAX_LIST_BYTES of ${size.maxListBytes / MEGABYTE} MB`;
  const entries = entriesOf('ASCII', size.servers, size.maxListBytes);
  const filled = join(folder, 'filled');
  mkdirSync(filled);
  bench.doing(`${state}: ${entries.length} servers`);
  const filling = await start(bench, size, filled, false);
  await register(filling, entries);
  await delay(SETTLED_MS);
  await filling.stop();
  const record = (metric: string, bytes: number) => {
    bench.record({
      scenario: 'files',
      case: state,
      contender: 'rollcall',
      metric,
      unit: 'MB',
      summary: summarize([bytes / MEGABYTE]),
    });
  };
  for (const isWritten of [false, true]) {
    const how = isWritten ? 'with a file' : 'without';
    bench.doing(`${state}: ${how}`);
    const copy = join(folder, how.replaceAll(' ', '-'));
    cpSync(filled, copy, { recursive: true });
    const runtime = await start(bench, size, copy, isWritten);
    try {
      const { bodyBytes } = await runtime.target.send(LIST);
      const peak = await changing(runtime, entries);
      const { body } = await runtime.target.send(makeRequest('GET', '/stats'));
      const { listFile } = statsAnswer.parse(JSON.parse(body.toString()));
      if (isWritten && (listFile === undefined || listFile.written < 2 || listFile.failed > 0)) {
        throw new Error(`the file was not written as it should be: ${JSON.stringify(listFile)}`);
      }
      if (!isWritten) record('list', bodyBytes);
      record(`heap, ${how}`, peak.heapBytes);
      record(`beside it, ${how}`, peak.externalBytes);
    } finally {
      await runtime.stop();
      rmSync(copy, { recursive: true, force: true });
    }
  }
}

/** Most of what is alive while a server changes again and again, and lists are read. */
function changing(runtime: LimitedRuntime, entries: readonly LimitsEntry[]): Promise<Peak> {
  const untilMs = performance.now() + WATCHED_MS;
  const work = async () => {
    for (let turn = 0; performance.now() < untilMs; turn += 1) {
      const [entry] = entries;
      if (entry !== undefined) {
        const metadata = { ...entry.metadata, players: turn % 64 };
        await runtime.target.send(makeRequest('POST', '/servers', { ...entry, metadata }));
      }
      await runtime.target.send(LIST);
      await delay(CHANGE_EVERY_MS);
    }
  };
  return runtime.watch('a list that changes', work, true);
}

async function register(runtime: LimitedRuntime, entries: readonly LimitsEntry[]): Promise<void> {
  let next = 0;
  const writer = async () => {
    const connection = await Connection.open(runtime.target.url);
    try {
      for (let entry = entries[next]; entry !== undefined; entry = entries[next]) {
        next += 1;
        await connection.send(makeRequest('POST', '/servers', entry));
      }
    } finally {
      connection.close();
    }
  };
  await Promise.all(Array.from({ length: CONNECTIONS }, writer));
}

function start(
  { bundles, list }: Bench,
  { servers, maxListBytes }: Size,
  folder: string,
  isWritten: boolean,
): Promise<LimitedRuntime> {
  const vars = {
    WRITE_ACCESS: 'open',
    RATE_LIMIT: 'off',
    SERVER_TTL_MS: '3600000',
    MAX_SERVERS: String(servers),
    MAX_LIST_BYTES: String(maxListBytes),
    PUBLISH_INTERVAL_S: '1',
    BOOTSTRAP_SIGNING_KEY: ANY_SEED,
    SLOW_BUCKET: isWritten ? 'on' : 'off',
  };
  return LimitedRuntime.start({ script: bundles.bench, folder, vars, list, heapMegabytes: HEAP_MEGABYTES });
}
