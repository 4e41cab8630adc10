/** What a sweep costs those who call meanwhile: its length, its longest slice, and lists and heartbeats all through it. */
import { setTimeout as delay } from 'node:timers/promises';
import { summarize, summarizeLatencies } from '../../lib/statistics.ts';
import { recordAll, type Metric } from '../compare.ts';
import { makeRequest } from '../http.ts';
import { longest, sampleUntil, type Sample } from '../sampling.ts';
import { CLEANING, counted, workerName, type Bench, type Scenario } from '../scenario.ts';
import { idAt, register, stats, type Stats } from '../state.ts';

const TTL_MS = 1500;
/** Servers that stay live through the sweep, by heartbeats. */
const LIVE = 200;
/** Numbers of those that stay, beyond those that fall silent. */
const LIVE_FROM = 500_000;
const LIST = makeRequest('GET', '/servers');
const POLL_EVERY_MS = 20;
/** Room for all that a sweep is to take. */
const LIST_BYTES = 20_000_000;
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
      vars: { SERVER_TTL_MS: TTL_MS, SWEEP_INTERVAL_MS: intervalMs, MAX_LIST_BYTES: LIST_BYTES },
    })),
    ...CLEANING.map((contender) => ({ name: workerName(contender, 'sweep'), contender })),
  ],
  run: async (bench) => {
    for (const { keys, rounds, intervalMs } of bench.profile.sweeps) {
      const sweeps: Sweep[] = [];
      let deleted = 0;
      // The first sweep takes what has run out when it starts: it sets the time of the next, and isn't counted.
      for (let round = -1; round < rounds; round += 1) {
        bench.doing(`a sweep of ${counted(keys)}, round ${Math.max(1, round + 1)} of ${rounds}`);
        const found = await oneSweep(bench, keys, intervalMs, round % 2 === 0 ? 'nobody looks' : 'lists');
        deleted = Math.max(deleted, found.deleted);
        if (round >= 0 && found.deleted >= keys * 0.9) sweeps.push(found);
      }
      if (sweeps.length === 0) throw new Error(`no sweep took ${keys} servers, but ${deleted} at most`);
      recordSweeps(bench, keys, sweeps);
      await cleaningReads(bench, keys, rounds);
    }
  },
};

/**
 * What else is called beside heartbeats. With `lists`, these have found who ran out before the sweep begins, as on a busy
 * registry. When `nobody looks`, the alarm itself must, which makes its first slice the longest of all.
 */
type Company = 'lists' | 'nobody looks';

interface Sweep {
  readonly deleted: number;
  readonly tookMs: number;
  readonly during: Waits;
  /** As long a time just before it. */
  readonly before: Waits;
  readonly heartbeatsMs: readonly number[];
  readonly longestProcessorMs: number;
}

interface Waits {
  /** Of lists; empty where nobody looked. */
  readonly listsMs: readonly number[];
  /** Of heartbeats and lists. */
  readonly longestMs: number;
}

/** Registers servers that fall silent, and some that don't, and calls the registry until the sweep is over. */
async function oneSweep(bench: Bench, keys: number, intervalMs: number, company: Company): Promise<Sweep> {
  const { runtime, signal } = bench;
  const worker = workerName('rollcall', `sweep-${keys}`);
  const before = await stats(runtime, worker);
  await register(runtime, worker, 0, keys);
  await register(runtime, worker, LIVE_FROM, LIVE);
  const ended = new AbortController();
  const beats = Array.from({ length: LIVE }, (_, index) =>
    makeRequest('POST', '/servers/heartbeat', { serverId: idAt(LIVE_FROM + index), peers: false }),
  );
  const url = runtime.target(worker).url;
  const heartbeats = sampleUntil(runtime, url, (sent) => beats[sent % LIVE] ?? LIST, ended.signal);
  let lists: Promise<Sample[]> = Promise.resolve([]);
  try {
    if (company === 'lists') {
      // A list of everybody would be the longest wait, and none of the sweep's.
      await until(async () => (await stats(runtime, worker)).live <= LIVE, signal);
      lists = sampleUntil(runtime, url, () => LIST, ended.signal);
    } else {
      const sweepAt = (before.lastSweep?.at ?? 0) + intervalMs;
      await until(() => Promise.resolve(Date.now() > sweepAt), signal);
    }
    await until(async () => isOver(before, await stats(runtime, worker)), signal);
  } finally {
    ended.abort();
  }
  const { lastSweep } = await stats(runtime, worker);
  const { at, tookMs, deleted } = lastSweep ?? { at: 0, tookMs: 0, deleted: 0 };
  const during = (sample: Sample) => sample.at >= at && sample.at - sample.ms <= at + tookMs;
  const quietFrom = at - Math.max(QUIET_MS, tookMs);
  const justBefore = (sample: Sample) => sample.at < at && sample.at >= quietFrom;
  const listSamples = await lists;
  const heartbeatSamples = await heartbeats;
  const undisturbed = [...listSamples, ...heartbeatSamples].filter(({ isDisturbed }) => !isDisturbed);
  const waits = (isThen: (sample: Sample) => boolean): Waits => ({
    listsMs: listSamples.filter(isThen).map(({ ms }) => ms),
    longestMs: longest(undisturbed.filter(isThen).map(({ ms }) => ms)),
  });
  return {
    deleted,
    tookMs,
    during: waits(during),
    before: waits(justBefore),
    heartbeatsMs: heartbeatSamples.filter(during).map(({ ms }) => ms),
    longestProcessorMs: longest(undisturbed.filter(during).map(({ processorMs }) => processorMs)),
  };
}

/** Resolves once it holds. */
async function until(holds: () => Promise<boolean>, signal: AbortSignal): Promise<void> {
  while (!(await holds())) await delay(POLL_EVERY_MS, undefined, { signal });
}

/** A sweep that began after `before` has left nothing in the queue. */
function isOver(before: Stats, after: Stats): boolean {
  return after.stale === 0 && after.lastSweep !== null && after.lastSweep.at > (before.lastSweep?.at ?? 0);
}

const ALONE: readonly Metric<Sweep>[] = [
  ['total', 'ms', ({ tookMs }) => tookMs],
  ['longest slice, processor time', 'ms', ({ longestProcessorMs }) => longestProcessorMs],
  ['heartbeat p99', 'ms', ({ heartbeatsMs }) => summarizeLatencies(heartbeatsMs).p99],
];
const SLICE: readonly Metric<Waits>[] = [['longest slice', 'ms', ({ longestMs }) => longestMs]];
const LISTS: readonly Metric<Waits>[] = [
  ['list p50', 'ms', ({ listsMs }) => summarizeLatencies(listsMs).p50],
  ['list p99', 'ms', ({ listsMs }) => summarizeLatencies(listsMs).p99],
];

function recordSweeps(bench: Bench, keys: number, sweeps: readonly Sweep[]): void {
  const name = { scenario: 'sweep', case: `${counted(keys)} keys`, contender: 'rollcall' } as const;
  const compare = (metrics: readonly Metric<Waits>[], of: readonly Sweep[]) => {
    const [during, before] = [of.map((sweep) => sweep.during), of.map((sweep) => sweep.before)];
    recordAll(bench, name, metrics, during, before, 'just before');
  };
  recordAll(bench, name, ALONE, sweeps, [], undefined);
  compare(SLICE, sweeps);
  compare(
    LISTS,
    sweeps.filter(({ during }) => during.listsMs.length > 0),
  );
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
