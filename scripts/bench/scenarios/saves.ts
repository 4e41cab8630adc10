/** What a save costs: how long the object answers nobody while it writes, and how much it writes. */
import { setTimeout as delay } from 'node:timers/promises';
import { summarize } from '../../lib/statistics.ts';
import { recordAll, type Metric } from '../compare.ts';
import { makeRequest } from '../http.ts';
import { longest, sampleUntil, type Sample } from '../sampling.ts';
import { counted, workerName, type Bench, type Scenario } from '../scenario.ts';
import { heartbeats, idAt, register, stats } from '../state.ts';
import type { StorageCount } from '../worker/contract.ts';

const HELD = { full: 10_000, quick: 1000 } as const;
/** Saves go to the journal, and once a minute into the checkpoint. */
const JOURNAL = workerName('rollcall', 'saves');
/** What is saved is folded into the checkpoint at once. */
const FOLDED = workerName('rollcall', 'saves-folded');
const COUNTED = workerName('rollcall', 'saves-counted');
const FOLD_EVERY_MS = 1500;
/** The comparison is with a time in which nothing is saved. */
const QUIET_MS = 300;
const POLL_EVERY_MS = 10;
const ROUNDS = { full: 7, quick: 2 } as const;

export const saves: Scenario = {
  name: 'saves',
  title: 'Saves',
  seconds: (profile) => (profile.name === 'full' ? 45 : 10),
  workers: () => [
    { name: JOURNAL, contender: 'rollcall' },
    { name: FOLDED, contender: 'rollcall', vars: { CHECKPOINT_INTERVAL_MS: FOLD_EVERY_MS } },
    { name: COUNTED, contender: 'rollcall', counted: true },
  ],
  run: async (bench) => {
    const held = HELD[bench.profile.name];
    for (const worker of [JOURNAL, FOLDED, COUNTED]) await register(bench.runtime, worker, 0, held);
    await standstills(bench, JOURNAL, `${counted(held)} moved, to the journal`, () => save(bench, JOURNAL));
    await standstills(bench, FOLDED, `${counted(held)} moved, to the checkpoint`, async () => {
      const { checkpoints } = await stats(bench.runtime, FOLDED);
      await save(bench, FOLDED);
      while ((await stats(bench.runtime, FOLDED)).checkpoints === checkpoints) {
        await delay(POLL_EVERY_MS, undefined, { signal: bench.signal });
      }
    });
    await countWrites(bench, `one moved of ${counted(held)}`, 1);
    await countWrites(bench, `${counted(held)} moved`, held);
  },
};

/** Longest waits of paced heartbeats. */
interface Standstill {
  readonly duringMs: number;
  readonly duringProcessorMs: number;
  readonly tookMs: number;
  readonly quietMs: number;
}

const METRICS: readonly Metric<Standstill>[] = [
  ['longest step, all rounds', 'ms', ({ duringMs }) => duringMs],
  ['longest step, processor time', 'ms', ({ duringProcessorMs }) => duringProcessorMs],
  ['in all', 'ms', ({ tookMs }) => tookMs],
  ['longest wait without a save', 'ms', ({ quietMs }) => quietMs],
];

async function standstills(
  bench: Bench,
  worker: string,
  state: string,
  work: () => Promise<unknown>,
): Promise<void> {
  const { runtime, profile, signal } = bench;
  const url = runtime.target(worker).url;
  const beat = makeRequest('POST', '/servers/heartbeat', { serverId: idAt(0), peers: false });
  const sampled = async (meanwhile: () => Promise<unknown>): Promise<Sample[]> => {
    const ended = new AbortController();
    const samples = sampleUntil(runtime, url, () => beat, ended.signal);
    await meanwhile().finally(() => {
      ended.abort();
    });
    return (await samples).filter(({ isDisturbed }) => !isDisturbed);
  };
  const found: Standstill[] = [];
  for (let round = -1; round < ROUNDS[profile.name]; round += 1) {
    signal.throwIfAborted();
    bench.doing(`a save of ${state}, round ${Math.max(1, round + 1)} of ${ROUNDS[profile.name]}`);
    await save(bench, worker);
    const quiet = await sampled(() => delay(QUIET_MS));
    await heartbeats(runtime, worker, 0, HELD[profile.name]);
    const start = performance.now();
    const during = await sampled(work);
    const tookMs = performance.now() - start;
    if (round < 0) continue;
    found.push({
      duringMs: longest(during.map(({ ms }) => ms)),
      duringProcessorMs: longest(during.map(({ processorMs }) => processorMs)),
      tookMs,
      quietMs: longest(quiet.map(({ ms }) => ms)),
    });
  }
  const name = { scenario: 'saves', case: state, contender: 'rollcall' } as const;
  // Every round does the same work, and whoever else uses the machine can only add to it: the best round counts.
  const best = (of: (one: Standstill) => number) => summarize([Math.min(...found.map(of))]);
  bench.record({ ...name, metric: 'longest step', unit: 'ms', summary: best(({ duringMs }) => duringMs) });
  bench.record({
    ...name,
    metric: 'longest wait without a save, best round',
    unit: 'ms',
    summary: best(({ quietMs }) => quietMs),
  });
  recordAll(bench, name, METRICS, found, [], undefined);
}

/** All that moved is on disk afterwards. */
function save({ runtime }: Bench, worker: string): Promise<unknown> {
  return runtime.call({ binding: worker, method: 'save', args: [] });
}

async function countWrites(bench: Bench, state: string, moved: number): Promise<void> {
  const take = async (): Promise<StorageCount> => {
    const count = await bench.runtime.call({ binding: COUNTED, method: 'takeStorageCount', args: [] });
    if (!isStorageCount(count)) throw new Error(`${COUNTED} counted ${JSON.stringify(count)}`);
    return count;
  };
  // The open row of the journal holds what moved before: a full save closes it.
  await save(bench, COUNTED);
  await delay(QUIET_MS);
  await take();
  await heartbeats(bench.runtime, COUNTED, 0, moved);
  await save(bench, COUNTED);
  const { rowsWritten, bytesWritten } = await take();
  const name = { scenario: 'saves', case: state, contender: 'rollcall' } as const;
  bench.record({ ...name, metric: 'rows', unit: 'rows', summary: summarize([rowsWritten]) });
  bench.record({ ...name, metric: 'bytes', unit: 'bytes', summary: summarize([bytesWritten]) });
}

function isStorageCount(value: unknown): value is StorageCount {
  return typeof value === 'object' && value !== null && 'rowsWritten' in value && 'bytesWritten' in value;
}
