/** How long the first list takes when the object has to be loaded from disk. */
import { PROCESSOR_TIME, recordAll, type Metric } from '../compare.ts';
import { makeRequest } from '../http.ts';
import { inRounds } from '../rounds.ts';
import { counted, workerName, type Bench, type Scenario } from '../scenario.ts';
import { heartbeats, register } from '../state.ts';

const LIST = makeRequest('GET', '/servers');
const ENTRIES = [0, 1000, 10_000] as const;

export const cold: Scenario = {
  name: 'cold',
  title: 'Cold start',
  seconds: (profile) => (profile.name === 'full' ? 15 : 4),
  workers: (profile) =>
    entries(profile.name).map((count) => ({
      name: workerName('rollcall', `cold-${count}`),
      contender: 'rollcall',
      counted: true,
      // A checkpoint soon, so that there is one to be read.
      vars: { CHECKPOINT_INTERVAL_MS: 1000 },
    })),
  run: async (bench) => {
    const counts = entries(bench.profile.name);
    for (const count of counts) {
      bench.doing(`${counted(count)} entries for a cold start`);
      const worker = workerName('rollcall', `cold-${count}`);
      await register(bench.runtime, worker, 0, count);
      await heartbeats(bench.runtime, worker, 0, count);
    }
    bench.doing('cold starts');
    const results = await inRounds(counts, (count) => coldStart(bench, count), {
      ...bench,
      ...bench.profile,
    });
    const references = results.get(0) ?? [];
    for (const [count, values] of results) {
      const name = { scenario: 'cold', case: `${counted(count)} entries`, contender: 'rollcall' } as const;
      const to = count === 0 ? undefined : 'no entries';
      recordAll(bench, name, METRICS, values, references, to);
    }
  },
};

function entries(profile: 'quick' | 'full'): readonly number[] {
  return profile === 'full' ? ENTRIES : ENTRIES.slice(0, 2);
}

interface ColdStart {
  readonly ms: number;
  readonly processorMs: number;
}

const METRICS: readonly Metric<ColdStart>[] = [
  ['first list', 'ms', (start) => start.ms],
  [`first list, ${PROCESSOR_TIME}`, 'ms', (start) => start.processorMs],
];

async function coldStart({ runtime }: Bench, count: number): Promise<ColdStart> {
  const worker = workerName('rollcall', `cold-${count}`);
  // The call that throws the object away can't be answered by it.
  await runtime.call({ binding: worker, method: 'crash', args: [] }).catch(() => undefined);
  const processorBefore = runtime.processorTimeUs();
  const [ms = Number.NaN] = await runtime.target(worker).time(LIST);
  return { ms, processorMs: (runtime.processorTimeUs() - processorBefore) / 1000 };
}
