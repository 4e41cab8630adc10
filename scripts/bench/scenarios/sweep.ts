/** What a sweep costs those who call meanwhile: its length, its longest slice, and lists and heartbeats all through it. */
import { setTimeout as delay } from 'node:timers/promises';
import { percentile, summarize } from '../../report/statistics.ts';
import { recordRounds } from '../compare.ts';
import { encodeRequest, HttpConnection, type EncodedRequest } from '../http-connection.ts';
import type { Runtime } from '../runtime.ts';
import { CLEANING, counted, workerName, type Bench, type Scenario } from '../scenario.ts';
import { idAt, register, stats, type Stats } from '../state.ts';

const TTL_MS = 1500;
/** Servers that stay live through the sweep, by heartbeats. */
const LIVE = 200;
/** Numbers of those that stay, beyond those that fall silent. */
const LIVE_FROM = 500_000;
const LIST = encodeRequest('GET', '/servers');
const POLL_EVERY_MS = 20;
/** The comparison is with as long a time just before the sweep, but with this at least. */
const QUIET_MS = 400;

export const sweep: Scenario = {
  name: 'sweep',
  title: 'Sweeps',
  seconds: (profile) =>
    profile.sweeps.reduce((sum, { rounds, intervalMs }) => sum + ((rounds + 1) * intervalMs) / 1000, 5),
  workers: (profile) => [
    ...profile.sweeps.map(({ keys, intervalMs }) => ({
      name: workerName('rollcall', `sweep-${keys}`),
      contender: 'rollcall' as const,
      vars: { SERVER_TTL_MS: TTL_MS, SWEEP_INTERVAL_MS: intervalMs },
    })),
    ...CLEANING.map((contender) => ({ name: workerName(contender, 'sweep'), contender })),
  ],
  run: async (bench) => {
    for (const { keys, rounds } of bench.profile.sweeps) {
      const sweeps: Sweep[] = [];
      // The first sweep takes what has run out when it starts: it sets the time of the next, and isn't counted.
      for (let round = -1; round < rounds; round += 1) {
        bench.doing(`a sweep of ${counted(keys)}, round ${Math.max(1, round + 1)} of ${rounds}`);
        const found = await oneSweep(bench, keys);
        if (round >= 0 && found.deleted >= keys * 0.9) sweeps.push(found);
      }
      recordSweeps(bench, keys, sweeps);
      await cleaningReads(bench, keys, rounds);
    }
  },
};

/** An answer's time of arrival (epoch milliseconds), and how long it took. */
interface Sample {
  readonly at: number;
  readonly ms: number;
  /** Processor time that the runtime used meanwhile: what the wait would have been on a machine of its own. */
  readonly processorMs: number;
}

interface Sweep {
  readonly deleted: number;
  readonly tookMs: number;
  readonly duringMs: readonly number[];
  readonly quietMs: readonly number[];
  readonly heartbeatsMs: readonly number[];
  readonly longestProcessorMs: number;
}

/** Registers servers that fall silent, and some that don't, and calls the registry until the sweep is over. */
async function oneSweep(bench: Bench, keys: number): Promise<Sweep> {
  const { runtime, signal } = bench;
  const worker = workerName('rollcall', `sweep-${keys}`);
  const before = await stats(runtime, worker);
  await register(runtime, worker, 0, keys);
  await register(runtime, worker, LIVE_FROM, LIVE);
  const ended = new AbortController();
  const beats = Array.from({ length: LIVE }, (_, index) =>
    encodeRequest('POST', '/servers/heartbeat', { serverId: idAt(LIVE_FROM + index), peers: false }),
  );
  const url = runtime.target(worker).url;
  const lists = sampleUntil(runtime, url, () => LIST, ended.signal);
  const heartbeats = sampleUntil(runtime, url, (sent) => beats[sent % LIVE] ?? LIST, ended.signal);
  let after: Stats;
  try {
    do {
      await delay(POLL_EVERY_MS, undefined, { signal });
      after = await stats(runtime, worker);
    } while (!isOver(before, after));
  } finally {
    ended.abort();
  }
  const { at, tookMs, deleted } = after.lastSweep ?? { at: 0, tookMs: 0, deleted: 0 };
  const during = (sample: Sample) => sample.at >= at && sample.at - sample.ms <= at + tookMs;
  const quietFrom = at - Math.max(QUIET_MS, tookMs);
  const listSamples = await lists;
  return {
    deleted,
    tookMs,
    duringMs: listSamples.filter(during).map(({ ms }) => ms),
    quietMs: listSamples.filter((sample) => sample.at < at && sample.at >= quietFrom).map(({ ms }) => ms),
    heartbeatsMs: (await heartbeats).filter(during).map(({ ms }) => ms),
    longestProcessorMs: Math.max(0, ...listSamples.filter(during).map(({ processorMs }) => processorMs)),
  };
}

/** A sweep that began after `before` has left nothing in the queue. */
function isOver(before: Stats, after: Stats): boolean {
  return after.stale === 0 && after.lastSweep !== null && after.lastSweep.at > (before.lastSweep?.at ?? 0);
}

async function sampleUntil(
  runtime: Runtime,
  url: URL,
  next: (sent: number) => EncodedRequest,
  ended: AbortSignal,
): Promise<Sample[]> {
  const connection = await HttpConnection.open(url);
  const samples: Sample[] = [];
  while (!ended.aborted) {
    const processorBefore = runtime.processorTimeUs();
    const start = performance.now();
    await connection.send(next(samples.length));
    const ms = performance.now() - start;
    samples.push({ at: Date.now(), ms, processorMs: (runtime.processorTimeUs() - processorBefore) / 1000 });
  }
  connection.close();
  return samples;
}

function recordSweeps(bench: Bench, keys: number, sweeps: readonly Sweep[]): void {
  const name = {
    scenario: 'sweep',
    case: `${counted(keys)} keys`,
    contender: 'rollcall',
    unit: 'ms',
  } as const;
  const longest = (values: readonly number[]) => Math.max(0, ...values);
  bench.record({ ...name, metric: 'total', summary: summarize(sweeps.map(({ tookMs }) => tookMs)) });
  recordRounds(
    bench,
    { ...name, metric: 'longest slice' },
    sweeps.map(({ duringMs, heartbeatsMs }) => longest([...duringMs, ...heartbeatsMs])),
    sweeps.map(({ quietMs }) => longest(quietMs)),
    'just before',
  );
  bench.record({
    ...name,
    metric: 'longest slice, processor time',
    summary: summarize(sweeps.map(({ longestProcessorMs }) => longestProcessorMs)),
  });
  for (const [metric, share] of [
    ['list p50', 0.5],
    ['list p99', 0.99],
  ] as const) {
    recordRounds(
      bench,
      { ...name, metric },
      sweeps.map(({ duringMs }) => percentile(duringMs, share)),
      sweeps.map(({ quietMs }) => percentile(quietMs, share)),
      'just before',
    );
  }
  bench.record({
    ...name,
    metric: 'heartbeat p99',
    summary: summarize(sweeps.map(({ heartbeatsMs }) => percentile(heartbeatsMs, 0.99))),
  });
}

/** The same cleanup by those who do it in a read: the read takes as long as the sweep. */
async function cleaningReads(bench: Bench, keys: number, rounds: number): Promise<void> {
  for (const contender of CLEANING) {
    const worker = workerName(contender, 'sweep');
    const tookMs: number[] = [];
    for (let round = 0; round < rounds; round += 1) {
      bench.signal.throwIfAborted();
      await bench.runtime.target(worker).post('/seed', { live: LIVE, stale: keys });
      tookMs.push(...(await bench.runtime.target(worker).time(LIST)));
    }
    const name = { scenario: 'sweep', case: `${counted(keys)} keys`, contender, unit: 'ms' } as const;
    const summary = summarize(tookMs);
    bench.record({ ...name, metric: 'total', summary });
    bench.record({ ...name, metric: 'longest slice', summary });
  }
}
