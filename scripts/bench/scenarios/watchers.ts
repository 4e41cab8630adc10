/** How long a change is on its way to all who follow the list, and what pushing it asks of the storage. */
import { setTimeout as delay } from 'node:timers/promises';
import { RegistryClient } from '../../../src/client/client.ts';
import { summarize, summarizeLatencies } from '../../lib/statistics.ts';
import { workerName, type Bench, type Scenario } from '../scenario.ts';
import { idAt, register } from '../state.ts';
import { storageCalls } from '../storage-calls.ts';
import { WatchingCrowd } from '../watching-crowd.ts';

const LIVE = 1000;
export const WATCHERS = 1000;
/** So long after a push the next change is told at once. */
const BETWEEN_MS = 700;

const TIMED = workerName('rollcall', 'watched');
const COUNTED = workerName('rollcall', 'watched-counted');
export const CHANGE_TO_ALL = '1,000 watchers, a change to all';

export const watchers: Scenario = {
  name: 'watchers',
  title: 'Pushes',
  seconds: (profile) => (profile.name === 'full' ? 60 : 20),
  workers: () => [
    { name: TIMED, contender: 'rollcall', vars: { MAX_WATCHERS: WATCHERS } },
    { name: COUNTED, contender: 'rollcall', counted: true, vars: { MAX_WATCHERS: WATCHERS } },
  ],
  run: async (bench) => {
    const changes = bench.profile.name === 'full' ? 60 : 15;
    bench.doing('changes pushed to 1,000 watchers');
    const lasts = await pushed(bench, TIMED, WATCHERS, changes);
    const name = { scenario: 'watchers', case: CHANGE_TO_ALL, contender: 'rollcall' } as const;
    const { p50, p99 } = summarizeLatencies(lasts);
    const spread = summarize(lasts);
    bench.record({ ...name, metric: 'p50', unit: 'ms', summary: { ...spread, median: p50 } });
    bench.record({ ...name, metric: 'p99', unit: 'ms', summary: { ...spread, median: p99 } });

    bench.doing('storage calls of a push');
    const calls: number[] = [];
    await pushed(bench, COUNTED, 20, 3, calls);
    bench.record({
      ...name,
      case: 'a push',
      metric: 'storage calls',
      unit: 'calls',
      summary: summarize(calls),
    });
  },
};

/** For each change, milliseconds until the last watcher has it; `calls` takes the storage calls of each. */
async function pushed(
  { runtime, signal }: Bench,
  worker: string,
  count: number,
  changes: number,
  calls?: number[],
): Promise<number[]> {
  await register(runtime, worker, 0, LIVE);
  const { url } = runtime.target(worker);
  const client = new RegistryClient(url);
  const { value: first } = await client.watchByPolling().next();
  if (first === undefined) throw new Error('the registry gave no list');
  const crowd = new WatchingCrowd(url);
  try {
    await crowd.connect(count, first.revision);
    const lasts: number[] = [];
    for (let change = 0; change < changes; change += 1) {
      await delay(BETWEEN_MS, undefined, { signal });
      if (calls !== undefined) {
        await runtime.call({ binding: worker, method: 'save', args: [] });
        await storageCalls(runtime, worker);
      }
      const told = crowd.nextToAll();
      const start = performance.now();
      await client.heartbeat(idAt(0), { metadata: { change } });
      lasts.push((await told) - start);
      crowd.ping();
      if (calls !== undefined) calls.push(await storageCalls(runtime, worker));
    }
    return lasts;
  } finally {
    await crowd.close();
  }
}
