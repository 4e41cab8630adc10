/**
 * How much memory entries take in the object's isolate: on the JavaScript heap, and as encoded bytes beside it.
 *
 * The runtime ends the connection when its inspector is asked for a garbage collection, so garbage is made until V8
 * collects by itself, and the lowest reading counts. The garbage is lists, whose buffers are not on the heap: what
 * is kept of those is known without a reading, each entry encoded once by itself and once in the list.
 */
import { summarize } from '../../lib/statistics.ts';
import { makeRequest } from '../http.ts';
import { Inspector } from '../../lib/registry/inspector.ts';
import { counted, workerName, type Bench, type Scenario } from '../scenario.ts';
import { register } from '../state.ts';

const WORKER = workerName('rollcall', 'memory');
const READINGS = { quick: 6, full: 40 } as const;
const READING_EVERY_MS = 100;
const LIST = makeRequest('GET', '/servers');
/** Registered before the first reading: what the first calls compile and cache isn't the entries'. */
const BEFORE = 50;
const KIB = 1024;

export const memory: Scenario = {
  name: 'memory',
  title: 'Memory',
  seconds: (profile) => (profile.name === 'full' ? 13 : 3),
  // Every list is a new picture, and the last one garbage.
  workers: () => [{ name: WORKER, contender: 'rollcall', vars: { SNAPSHOT_MAX_AGE_MS: 1 } }],
  run: async (bench) => {
    const held = bench.profile.name === 'full' ? 10_000 : 1000;
    await register(bench.runtime, WORKER, 0, BEFORE);
    const inspector = await Inspector.open(bench.runtime.inspectorUrl, `core:user:${WORKER}`);
    try {
      const heapBefore = await lowestHeap(bench, inspector);
      bench.doing(`memory of ${counted(held)} entries`);
      await register(bench.runtime, WORKER, 0, held);
      const heap = (await lowestHeap(bench, inspector)) - heapBefore;
      const { bodyBytes } = await bench.runtime.target(WORKER).send(LIST);
      const name = { scenario: 'memory', case: `${counted(held)} entries`, contender: 'rollcall' } as const;
      const record = (metric: string, bytes: number) => {
        const summary = summarize([(bytes / KIB / held) * 1000]);
        bench.record({ ...name, metric: `${metric} per 1,000 entries`, unit: 'KiB', summary });
      };
      record('heap', (heap * held) / (held - BEFORE));
      record('encoded', 2 * bodyBytes);
    } finally {
      inspector.close();
    }
  },
};

async function lowestHeap({ runtime, signal, profile }: Bench, inspector: Inspector): Promise<number> {
  let bytes = Infinity;
  for (let reading = 0; reading < READINGS[profile.name]; reading += 1) {
    signal.throwIfAborted();
    await runtime.target(WORKER).loop({ connections: 2, durationMs: READING_EVERY_MS, next: () => LIST });
    bytes = Math.min(bytes, (await inspector.usage()).heapBytes);
  }
  return bytes;
}
