/**
 * Do readers wait for registrations? Lists beside 200 registrations a second, and beside none, of this code, and of
 * another release's bundle where one is given.
 *
 * On files in memory this is what registrations take of the object's time. On a disk it is more than on Cloudflare: this
 * runtime waits for every sync on the one thread that answers everybody, so all lists wait for all syncs, whatever the
 * object lets wait for them. Two releases can be compared there, but no goal can be set.
 */
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { summarizeLatencies } from '../../lib/statistics.ts';
import { recordAll, type Metric } from '../compare.ts';
import { Connection, makeRequest } from '../http.ts';
import { LimitedRuntime } from '../limited-runtime.ts';
import { MEMORY_DISK, type ContenderName } from '../runtime.ts';
import { counted, type Bench, type Scenario } from '../scenario.ts';
import { NO_DISK, slowDiskEnvironment, SYNC_MS } from '../slow-disk.ts';
import { entryAt } from '../worker/contract.ts';

const HELD = 1000;
const PER_SECOND = 200;
const WRITERS = 8;
const READERS = 2;
const SLICE_MS = 1500;
const READ_EVERY_MS = 5;
const ROUNDS = { full: 6, quick: 1 } as const;
const LIST = makeRequest('GET', '/servers');
const VARS = { WRITE_ACCESS: 'open', RATE_LIMIT: 'off', SERVER_TTL_MS: '3600000', MAX_SERVERS: '100000' };

export const beside: Scenario = {
  name: 'beside',
  title: 'Lists beside registrations',
  isExtra: true,
  seconds: (profile) => (profile.name === 'full' ? 100 : 20),
  workers: () => [],
  run: async (bench) => {
    const folder = mkdtempSync(join(tmpdir(), 'rollcall-beside-'));
    const inMemory = existsSync(MEMORY_DISK) ? mkdtempSync(join(MEMORY_DISK, 'rollcall-beside-')) : undefined;
    try {
      if (inMemory !== undefined) await measure(bench, inMemory, NO_DISK, {});
      await measure(bench, folder, 'disk as it is', {});
      const slow = slowDiskEnvironment(folder);
      if (slow === undefined) bench.doing('no slow disk: gcc, which would make one, is not here');
      else await measure(bench, folder, `disk that takes ${SYNC_MS} ms to sync`, slow);
    } finally {
      for (const used of [folder, inMemory ?? folder]) rmSync(used, { recursive: true, force: true });
    }
  },
};

interface Subject {
  readonly contender: ContenderName;
  readonly runtime: LimitedRuntime;
}

async function measure(
  bench: Bench,
  folder: string,
  disk: string,
  environment: Readonly<Record<string, string>>,
): Promise<void> {
  const { against, bundles, list, profile, signal } = bench;
  const subjects: Subject[] = [];
  try {
    const scripts: [ContenderName, string][] = [['rollcall', bundles.product]];
    if (against !== undefined) scripts.push(['release before', readFileSync(against, 'utf8')]);
    for (const [contender, script] of scripts) {
      bench.doing(`${counted(HELD)} servers of ${contender}, ${disk}`);
      const home = mkdtempSync(join(folder, 'home-'));
      const runtime = await LimitedRuntime.start({ script, folder: home, vars: VARS, list, environment });
      subjects.push({ contender, runtime });
      await writeAt(runtime, Infinity, HELD);
    }
    const found = new Map<Subject, Slice[]>(subjects.map((subject) => [subject, []]));
    for (let round = -1; round < ROUNDS[profile.name]; round += 1) {
      bench.doing(`lists beside registrations, ${disk}, round ${Math.max(1, round + 1)}`);
      for (const [subject, slices] of found) {
        signal.throwIfAborted();
        const without = await readFor(subject.runtime, SLICE_MS);
        const [withMs] = await Promise.all([
          readFor(subject.runtime, SLICE_MS),
          writeAt(subject.runtime, PER_SECOND, (PER_SECOND * SLICE_MS) / 1000),
        ]);
        if (round >= 0)
          slices.push({ without: summarizeLatencies(without), with: summarizeLatencies(withMs) });
      }
    }
    for (const [{ contender }, slices] of found) {
      const name = { scenario: 'beside', case: disk, contender } as const;
      recordAll(
        bench,
        name,
        METRICS,
        slices.map((slice) => slice.with),
        slices.map((slice) => slice.without),
        'none',
      );
    }
  } finally {
    for (const { runtime } of subjects) await runtime.stop();
  }
}

type Latencies = ReturnType<typeof summarizeLatencies>;

interface Slice {
  readonly without: Latencies;
  readonly with: Latencies;
}

const METRICS: readonly Metric<Latencies>[] = [
  ['list p50', 'ms', ({ p50 }) => p50],
  ['list p99', 'ms', ({ p99 }) => p99],
];

/** Lists at a steady pace, so that both sides are asked the same. */
async function readFor(runtime: LimitedRuntime, durationMs: number): Promise<number[]> {
  const latenciesMs: number[] = [];
  const untilMs = performance.now() + durationMs;
  const reader = async () => {
    const connection = await Connection.open(runtime.target.url);
    while (performance.now() < untilMs) {
      const start = performance.now();
      await connection.send(LIST);
      latenciesMs.push(performance.now() - start);
      await delay(READ_EVERY_MS);
    }
    connection.close();
  };
  await Promise.all(Array.from({ length: READERS }, reader));
  return latenciesMs;
}

/** Registers servers at a rate, each known one anew: membership stays, and every write goes to the disk. */
async function writeAt(runtime: LimitedRuntime, perSecond: number, count: number): Promise<void> {
  const start = performance.now();
  let next = 0;
  const writer = async () => {
    const connection = await Connection.open(runtime.target.url);
    while (next < count) {
      const index = next;
      next += 1;
      await delay(Math.max(0, start + (1000 * index) / perSecond - performance.now()));
      await connection.send(makeRequest('POST', '/servers', entryAt(index % HELD)));
    }
    connection.close();
  };
  await Promise.all(Array.from({ length: WRITERS }, writer));
}
