/**
 * Ever more servers in ever more objects: what a list of several costs, beside one object of their size. All objects share
 * one isolate and so one thread here, as they do not at Cloudflare: what all of them do for one answer takes them one
 * after the other, and its times are the sum of theirs.
 */
import { existsSync, mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { z } from 'zod';
import { summarize, summarizeLatencies } from '../../lib/statistics.ts';
import { makeRequest, type BenchRequest, type HttpTarget, type LoopResult } from '../http.ts';
import { LimitedRuntime } from '../limited-runtime.ts';
import type { Unit } from '../results.ts';
import { MEMORY_DISK } from '../runtime.ts';
import { counted, type Bench, type Profile, type Scenario } from '../scenario.ts';
import { entryAt } from '../worker/contract.ts';

interface Rung {
  readonly servers: number;
  readonly shards: number;
}

/** The last but one of one object is what an object of the largest list has. */
const LADDERS: Readonly<Record<Profile['name'], readonly Rung[]>> = {
  quick: [
    { servers: 1000, shards: 1 },
    { servers: 3000, shards: 3 },
  ],
  full: [
    { servers: 1000, shards: 1 },
    { servers: 10_000, shards: 1 },
    { servers: 15_625, shards: 1 },
    { servers: 100_000, shards: 16 },
    { servers: 1_000_000, shards: 64 },
  ],
};
const SLICE_MS: Readonly<Record<Profile['name'], number>> = { quick: 500, full: 5000 };

const WRITERS = 16;
const HEAP_MEGABYTES = 8192;
const BYTES_A_SERVER = 1000;
const MEGABYTE = 1_000_000;
const CHANGED = 10;
const LIST = makeRequest('GET', '/servers');
const delta = z.object({ revision: z.string(), changed: z.array(z.unknown()) });

export const scale: Scenario = {
  name: 'scale',
  title: 'Lists in several objects',
  isExtra: true,
  seconds: (profile) => (profile.name === 'full' ? 900 : 15),
  workers: () => [],
  run: async (bench) => {
    for (const rung of LADDERS[bench.profile.name]) {
      bench.signal.throwIfAborted();
      const folder = mkdtempSync(join(existsSync(MEMORY_DISK) ? MEMORY_DISK : tmpdir(), 'rollcall-scale-'));
      try {
        await measure(bench, rung, folder);
      } finally {
        rmSync(folder, { recursive: true, force: true });
      }
    }
  },
};

async function measure(bench: Bench, { servers, shards }: Rung, folder: string): Promise<void> {
  const state = `${counted(servers)} in ${shards}`;
  const record = (metric: string, unit: Unit, values: readonly number[]) => {
    const summary = summarize(values);
    bench.record({ scenario: 'scale', case: state, contender: 'rollcall', metric, unit, summary });
  };
  mkdirSync(folder, { recursive: true });
  const runtime = await LimitedRuntime.start({
    script: bench.bundles.bench,
    folder,
    heapMegabytes: HEAP_MEGABYTES,
    vars: {
      SHARDS: String(shards),
      MAX_SERVERS: String(2 * servers),
      MAX_LIST_BYTES: String(2 * servers * BYTES_A_SERVER),
      SERVER_TTL_MS: '3600000',
      WRITE_ACCESS: 'open',
      RATE_LIMIT: 'off',
    },
  });
  try {
    const { target } = runtime;
    const durationMs = SLICE_MS[bench.profile.name];
    bench.doing(`${state}: registrations`);
    const before = await runtime.atRest();
    record('registrations', 'per second', [await registerAll(target, servers, bench.signal)]);
    const after = await runtime.atRest();
    record('heap a server', 'bytes', [(after.heapBytes - before.heapBytes) / servers]);

    bench.doing(`${state}: heartbeats`);
    const beats = await loop(target, WRITERS, durationMs, (sent) => heartbeatOf(sent % servers));
    record('heartbeats', 'per second', [beats.perSecond]);

    bench.doing(`${state}: lists`);
    const { bodyBytes } = await target.send(LIST);
    const lists = await loop(target, 1, durationMs, () => LIST);
    record('list', 'MB', [bodyBytes / MEGABYTE]);
    record('megabytes of lists', 'per second', [(lists.perSecond * bodyBytes) / MEGABYTE]);

    bench.doing(`${state}: pages`);
    // Each asks what nobody asked before, so that none is kept.
    const fresh = await loop(target, 1, durationMs, (sent) =>
      makeRequest('GET', `/servers?region=region-3&metadata.players%3E=-${sent + 1}&limit=50`),
    );
    const pages = summarizeLatencies(fresh.latenciesMs);
    record('page of 50, p50', 'ms', [pages.p50]);
    record('page of 50, p99', 'ms', [pages.p99]);

    bench.doing(`${state}: deltas`);
    record('delta of 10, p50', 'ms', [summarizeLatencies(await deltas(target, durationMs)).p50]);
  } finally {
    await runtime.stop();
  }
}

/** Registrations a second. */
async function registerAll(target: HttpTarget, servers: number, signal: AbortSignal): Promise<number> {
  const startedAtMs = performance.now();
  const sent = { registrations: 0 };
  while (sent.registrations < servers) {
    signal.throwIfAborted();
    await target.loop({
      connections: WRITERS,
      durationMs: 1000,
      next: () => {
        const index = Math.min(sent.registrations, servers - 1);
        sent.registrations += 1;
        return makeRequest('POST', '/servers', { ...entryAt(index), metadata: { players: index % 64 } });
      },
    });
  }
  return (1000 * sent.registrations) / (performance.now() - startedAtMs);
}

function heartbeatOf(index: number, players?: number): BenchRequest {
  const metadata = players === undefined ? {} : { metadata: { players } };
  return makeRequest('POST', '/servers/heartbeat', {
    serverId: entryAt(index).serverId,
    peers: false,
    ...metadata,
  });
}

function loop(
  target: HttpTarget,
  connections: number,
  durationMs: number,
  next: (sent: number) => BenchRequest,
): Promise<LoopResult> {
  return target.loop({ connections, durationMs, next });
}

/** Milliseconds of each answer to what ten servers changed. */
async function deltas(target: HttpTarget, durationMs: number): Promise<number[]> {
  const latenciesMs: number[] = [];
  let revision = await revisionOf(target);
  const untilMs = performance.now() + durationMs;
  for (let round = 0; performance.now() < untilMs; round += 1) {
    for (let index = 0; index < CHANGED; index += 1) {
      await target.send(heartbeatOf(index, 100 + (round % 100)));
    }
    const startedAtMs = performance.now();
    const answer = await target.send(makeRequest('GET', `/servers?since=${revision}`));
    latenciesMs.push(performance.now() - startedAtMs);
    const { revision: next, changed } = delta.parse(JSON.parse(answer.body.toString()));
    if (changed.length !== CHANGED) throw new Error(`a delta of ${CHANGED} has ${changed.length} entries`);
    revision = next;
  }
  return latenciesMs;
}

/** Of the list as it is now, read off the beginning of all of it: that is up to hundreds of megabytes. */
async function revisionOf(target: HttpTarget): Promise<string> {
  const { body } = await target.send(makeRequest('GET', '/servers?since=0'));
  const [, revision] = /^\{"revision":"([^"]+)"/.exec(body.toString('utf8', 0, 4000)) ?? [];
  if (revision === undefined) throw new Error('the list has no revision');
  return revision;
}
