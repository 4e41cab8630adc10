/** One run: bundles, starts the runtime, prepares, and goes through the scenarios. */
import { setTimeout as delay } from 'node:timers/promises';
import { seededRandom } from '../report/random.ts';
import { describeMachine } from './machine.ts';
import type { BenchOptions } from './options.ts';
import { duration, startProgress } from './progress.ts';
import type { Figure, Results } from './results.ts';
import { makeBundles, startRuntime } from './runtime.ts';
import { PROFILES, type Bench, type Scenario } from './scenario.ts';
import { cold } from './scenarios/cold.ts';
import { cost } from './scenarios/cost.ts';
import { heartbeat } from './scenarios/heartbeat.ts';
import { independence } from './scenarios/independence.ts';
import { list } from './scenarios/list.ts';
import { memory } from './scenarios/memory.ts';
import { polls } from './scenarios/polls.ts';
import { storage } from './scenarios/storage.ts';
import { sweep } from './scenarios/sweep.ts';
import { writes } from './scenarios/writes.ts';

/** All scenarios, in the order in which they run. */
export const SCENARIOS: readonly Scenario[] = [
  list,
  polls,
  heartbeat,
  writes,
  storage,
  cost,
  cold,
  memory,
  independence,
  sweep,
];

const START_SECONDS = 5;
const INTERRUPT_SEEN_MS = 200;

/**
 * Runs the scenarios and resolves with what they found. Aborted, it resolves early with what there is then, and
 * `complete` is false; any other failure rejects.
 */
export async function runBenchmark(options: BenchOptions, signal: AbortSignal): Promise<Results> {
  const profile = PROFILES[options.quick ? 'quick' : 'full'];
  const scenarios = chosen(options.only);
  const seconds = scenarios.reduce((sum, scenario) => sum + scenario.seconds(profile), START_SECONDS);
  const machine = describeMachine();
  const startedAt = performance.now();
  const progress = startProgress(seconds, process.stderr);
  const figures: Figure[] = [];
  let complete = false;
  try {
    progress.doing(`bundling; about ${duration(Math.round(seconds))} in all`);
    const runtime = await startRuntime(
      await makeBundles(),
      scenarios.flatMap((scenario) => scenario.workers(profile)),
    );
    progress.finished(START_SECONDS);
    try {
      const bench: Bench = {
        runtime,
        profile,
        signal,
        figures,
        random: seededRandom(options.seed),
        doing: (what) => {
          signal.throwIfAborted();
          progress.doing(what);
        },
        record: (figure) => figures.push(figure),
      };
      for (const scenario of scenarios) await scenario.prepare?.(bench);
      for (const scenario of scenarios) {
        await scenario.run(bench);
        progress.finished(scenario.seconds(profile));
      }
      complete = true;
    } finally {
      await runtime.stop();
    }
  } catch (error) {
    // Ctrl-C reaches the runtime as well, whose end may be seen before the signal is.
    await delay(INTERRUPT_SEEN_MS);
    if (!signal.aborted) throw error;
  } finally {
    progress.end();
  }
  return {
    at: new Date().toISOString(),
    profile: profile.name,
    seed: options.seed,
    complete,
    tookSeconds: Math.round((performance.now() - startedAt) / 1000),
    machine,
    figures,
  };
}

/** The scenarios asked for; the cost is worked out from what the storage scenario counts, so that comes with it. */
function chosen(only: BenchOptions['only']): readonly Scenario[] {
  if (only.length === 0) return SCENARIOS;
  const names = new Set(only);
  if (names.has('cost')) names.add('storage');
  return SCENARIOS.filter(({ name }) => names.has(name));
}
