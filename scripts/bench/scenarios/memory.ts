/**
 * How much memory entries take in the object's isolate. The runtime ends the connection when its inspector is asked
 * for a garbage collection, so garbage is made until V8 collects by itself, and the lowest reading counts.
 */
import { summarize } from '../../report/statistics.ts';
import { encodeRequest } from '../http-connection.ts';
import { Inspector } from '../inspector.ts';
import { counted, workerName, type Bench, type Scenario } from '../scenario.ts';
import { register } from '../state.ts';

const WORKER = workerName('rollcall', 'memory');
const STEP = 1000;
const READINGS = { quick: 6, full: 24 } as const;
const LIST = encodeRequest('GET', '/servers');

export const memory: Scenario = {
  name: 'memory',
  title: 'Memory',
  seconds: (profile) => (profile.name === 'full' ? 12 : 3),
  // Every list is a new picture, and the last one garbage.
  workers: () => [{ name: WORKER, contender: 'rollcall', vars: { SNAPSHOT_MAX_AGE_MS: 1 } }],
  run: async (bench) => {
    const held = bench.profile.name === 'full' ? [STEP, 10 * STEP] : [STEP];
    // The first calls compile and cache what stays; it isn't the entries'.
    await register(bench.runtime, WORKER, 0, 50);
    const inspector = await Inspector.open(bench.runtime.inspectorUrl, WORKER);
    try {
      const before = await lowest(bench, inspector);
      for (const count of held) {
        bench.doing(`memory of ${counted(count)} entries`);
        await register(bench.runtime, WORKER, 0, count);
        const after = await lowest(bench, inspector);
        const kibPerStep = ((after - before) / 1024 / (count - 50)) * STEP;
        bench.record({
          scenario: 'memory',
          case: `${counted(count)} entries, with their list`,
          contender: 'rollcall',
          metric: 'per 1,000 entries',
          unit: 'KiB',
          summary: summarize([kibPerStep]),
        });
      }
    } finally {
      inspector.close();
    }
  },
};

async function lowest({ runtime, signal, profile }: Bench, inspector: Inspector): Promise<number> {
  let bytes = Infinity;
  for (let reading = 0; reading < READINGS[profile.name]; reading += 1) {
    signal.throwIfAborted();
    await runtime.target(WORKER).loop({ connections: 2, durationMs: 100, next: () => LIST });
    bytes = Math.min(bytes, await inspector.usedBytes());
  }
  return bytes;
}
