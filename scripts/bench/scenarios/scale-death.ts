/** A tenth of a list dies while pages of it are read: how long its sweep takes, and what the readers see of it. */
import { setTimeout as delay } from 'node:timers/promises';
import { z } from 'zod';
import { summarize, summarizeLatencies } from '../../lib/statistics.ts';
import { recordAll, type Metric } from '../compare.ts';
import { Connection, type HttpTarget } from '../http.ts';
import type { Bench } from '../scenario.ts';
import { doomedOf, freshPage, type Rung } from './scale-traffic.ts';

const POLL_EVERY_MS = 250;
/** Pages of their own: no other measurement asked these. */
const PAGES_FROM = 10_000_000;

const sweep = z.object({ at: z.number(), tookMs: z.number(), deleted: z.number() });
const ofObject = z.object({
  live: z.number(),
  stale: z.number(),
  swept: z.number(),
  lastSweep: sweep.nullable(),
});
const stats = ofObject.extend({ perShard: z.array(ofObject).optional() });
type Stats = z.infer<typeof stats>;

/** Epoch milliseconds at which an answer was asked for and there. */
interface Sample {
  readonly from: number;
  readonly until: number;
}

/** `doomedFrom`: when the first of those that die was heard last. All others were heard since. */
export async function measureDeath(
  bench: Bench,
  state: string,
  target: HttpTarget,
  rung: Rung,
  doomedFrom: number,
  ttlMs: number,
  quietMs: number,
): Promise<void> {
  const { signal } = bench;
  const doomed = doomedOf(rung);
  const before = await statsOf(target);
  bench.doing(`${state}: waits for the death of ${doomed}`);
  const diesAt = doomedFrom + ttlMs;
  const quietUntil = diesAt - 1000;
  if (before.live !== rung.servers || Date.now() > quietUntil - quietMs / 2) {
    bench.doing(`${state}: no mass death, because this machine was too slow for it`);
    return;
  }
  await delay(Math.max(0, quietUntil - quietMs - Date.now()), undefined, { signal });
  const over = new AbortController();
  const reading = readPages(target, over.signal);
  let after = before;
  try {
    while (after.stale > 0 || after.swept - before.swept < doomed) {
      await delay(POLL_EVERY_MS, undefined, { signal });
      after = await statsOf(target);
    }
  } finally {
    over.abort();
  }
  const samples = await reading;
  const sweeps = (after.perShard ?? [after]).flatMap(({ lastSweep }) => lastSweep ?? []);
  const isBeside = (sample: Sample) =>
    sweeps.some(({ at, tookMs }) => sample.until >= at && sample.from <= at + tookMs);
  const beforehand = samples.filter(({ until }) => until < diesAt);
  const during = samples.filter(isBeside);
  const name = { scenario: 'scale', case: state, contender: 'rollcall' } as const;
  recordAll(bench, name, PAGES, [latencyOf(during)], [latencyOf(beforehand)], 'just before');
  const swept = sweeps.reduce((sum, { deleted }) => sum + deleted, 0);
  const busyMs = sweeps.reduce((sum, { tookMs }) => sum + tookMs, 0) / sweeps.length;
  bench.record({ ...name, metric: 'swept at once', unit: 'servers', summary: summarize([swept]) });
  bench.record({ ...name, metric: 'sweep of an object', unit: 'ms', summary: summarize([busyMs]) });
}

type Latency = ReturnType<typeof summarizeLatencies>;

export const PAGE_BESIDE_SWEEP = 'page beside the sweep, p99';

const PAGES: readonly Metric<Latency>[] = [
  ['page beside the sweep, p50', 'ms', ({ p50 }) => p50],
  [PAGE_BESIDE_SWEEP, 'ms', ({ p99 }) => p99],
];

function latencyOf(samples: readonly Sample[]): Latency {
  return summarizeLatencies(samples.map(({ from, until }) => until - from));
}

async function readPages(target: HttpTarget, over: AbortSignal): Promise<Sample[]> {
  const connection = await Connection.open(target.url);
  const samples: Sample[] = [];
  while (!over.aborted) {
    const from = performance.timeOrigin + performance.now();
    await connection.send(freshPage(PAGES_FROM + samples.length));
    samples.push({ from, until: performance.timeOrigin + performance.now() });
  }
  connection.close();
  return samples;
}

async function statsOf(target: HttpTarget): Promise<Stats> {
  const { body } = await target.send({ method: 'GET', path: '/stats' });
  return stats.parse(JSON.parse(body.toString()));
}
