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
import { makeRequest, type BenchRequest, type HttpTarget } from '../http.ts';
import { LimitedRuntime } from '../limited-runtime.ts';
import type { Ratio, Unit } from '../results.ts';
import { MEMORY_DISK } from '../runtime.ts';
import { counted, type Bench, type Profile, type Scenario } from '../scenario.ts';
import { measureBefore } from './scale-before.ts';
import { measureDeath } from './scale-death.ts';
import { freshPage, heartbeatOf, keepAll, PAGE, registerAll, WRITERS, type Rung } from './scale-traffic.ts';

/** What an object of the largest list has, in one object: the others are compared with it. */
const REFERENCE: Readonly<Record<Profile['name'], Rung>> = {
  quick: { servers: 1000, shards: 1 },
  full: { servers: 15_625, shards: 1 },
};
const LADDERS: Readonly<Record<Profile['name'], readonly Rung[]>> = {
  quick: [REFERENCE.quick, { servers: 3000, shards: 3 }],
  full: [
    { servers: 1000, shards: 1 },
    { servers: 10_000, shards: 1 },
    REFERENCE.full,
    { servers: 100_000, shards: 16 },
    { servers: 1_000_000, shards: 64 },
  ],
};
/** Cases and metrics that have goals. */
export const WITH_DEATH = '100,000 in 16';
export const MILLION = '1,000,000 in 64';
export const LIST_BYTES = 'megabytes of lists';
export const PAGE_SIDE_BY_SIDE = 'page of 50 were they side by side, p50';

const SLICE_MS: Readonly<Record<Profile['name'], number>> = { quick: 500, full: 5000 };

/** A tenth dies in each step but the last of a million: to keep its others alive alone would take three minutes. */
const DIES_UP_TO = 100_000;

/** All that is measured before a tenth dies takes less, also beside others, and so long for each server more. */
const LEAST_TTL_MS = 20_000;
const MS_A_SERVER = 2;

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
  seconds: (profile) => (profile.name === 'full' ? 900 : 40),
  workers: () => [],
  run: async (bench) => {
    const one = new Map<string, number>();
    for (const rung of LADDERS[bench.profile.name]) {
      bench.signal.throwIfAborted();
      await inFolder((folder) => measure(bench, rung, folder, one));
    }
    await inFolder((folder) => measureBefore(bench, folder));
  },
};

async function inFolder(work: (folder: string) => Promise<void>): Promise<void> {
  const folder = mkdtempSync(join(existsSync(MEMORY_DISK) ? MEMORY_DISK : tmpdir(), 'rollcall-scale-'));
  try {
    await work(folder);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

/** `one`: the figures of the reference by their metric, once they are there. */
async function measure(bench: Bench, rung: Rung, folder: string, one: Map<string, number>): Promise<void> {
  const { servers, shards } = rung;
  const { name: profile } = bench.profile;
  const state = `${counted(servers)} in ${shards}`;
  const record = (metric: string, unit: Unit, value: number) => {
    if (rung === REFERENCE[profile]) one.set(metric, value);
    const reference = one.get(metric);
    const ratio: Ratio | undefined =
      shards === 1 || reference === undefined
        ? undefined
        : { to: `${counted(REFERENCE[profile].servers)} in 1`, summary: summarize([value / reference]) };
    const summary = summarize([value]);
    bench.record({
      scenario: 'scale',
      case: state,
      contender: 'rollcall',
      metric,
      unit,
      summary,
      ...(ratio && { ratio }),
    });
  };
  const durationMs = SLICE_MS[profile];
  const dies = servers <= DIES_UP_TO;
  const ttlMs = Math.max(LEAST_TTL_MS, 10 * durationMs) + MS_A_SERVER * servers;
  mkdirSync(folder, { recursive: true });
  const runtime = await LimitedRuntime.start({
    script: bench.bundles.bench,
    folder,
    list: bench.list,
    heapMegabytes: HEAP_MEGABYTES,
    vars: {
      SHARDS: String(shards),
      MAX_SERVERS: String(2 * servers),
      MAX_LIST_BYTES: String(2 * servers * BYTES_A_SERVER),
      SERVER_TTL_MS: String(dies ? ttlMs : 3_600_000),
      HEARTBEAT_INTERVAL_MS: String(Math.floor(ttlMs / 3)),
      SWEEP_INTERVAL_MS: String(4 * durationMs),
      WRITE_ACCESS: 'open',
      RATE_LIMIT: 'off',
    },
  });
  try {
    const { target } = runtime;
    bench.doing(`${state}: registrations`);
    const before = await runtime.atRest();
    const registered = await registerAll(target, rung, bench.signal);
    record('registrations', 'per second', registered.perSecond);
    const after = await runtime.atRest();
    record('heap a server', 'bytes', (after.heapBytes - before.heapBytes) / servers);

    bench.doing(`${state}: lists`);
    const { bodyBytes } = await target.send(LIST);
    const lists = await target.loop({ connections: 1, durationMs, next: () => LIST });
    record('list', 'MB', bodyBytes / MEGABYTE);
    record(LIST_BYTES, 'per second', (lists.perSecond * bodyBytes) / MEGABYTE);

    bench.doing(`${state}: pages`);
    await measurePages(target, shards, durationMs, record);
    bench.doing(`${state}: deltas`);
    record('delta of 10, p50', 'ms', summarizeLatencies(await deltas(target, durationMs)).p50);

    bench.doing(`${state}: heartbeats`);
    if (dies) {
      record('heartbeats', 'per second', await keepAll(target, rung, durationMs, bench.signal));
      await measureDeath(bench, state, target, rung, registered.doomedFrom, ttlMs, durationMs);
    } else {
      const next = (sent: number) => heartbeatOf(sent % servers);
      const beats = await target.loop({ connections: WRITERS, durationMs, next });
      record('heartbeats', 'per second', beats.perSecond);
    }
  } finally {
    await runtime.stop();
  }
}

async function measurePages(
  target: HttpTarget,
  shards: number,
  durationMs: number,
  record: (metric: string, unit: Unit, value: number) => void,
): Promise<void> {
  const loopOf = async (next: (sent: number) => BenchRequest) =>
    summarizeLatencies((await target.loop({ connections: 1, durationMs, next })).latenciesMs);
  // Each asks what nobody asked before, so that no object has kept its part.
  const fresh = await loopOf(freshPage);
  record(PAGE, 'ms', fresh.p50);
  record('page of 50, p99', 'ms', fresh.p99);
  // All have kept their parts, but once a second: what is left are the calls and the merge.
  const kept = (await loopOf(() => freshPage(-1))).p50;
  record('page of 50 kept, p50', 'ms', kept);
  // Of what the objects do one after the other here, one alone lies in the way of an answer at Cloudflare.
  record(PAGE_SIDE_BY_SIDE, 'ms', kept + (fresh.p50 - kept) / shards);
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
