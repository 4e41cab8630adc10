/** One run: bundles, starts the runtime, prepares, and goes through the scenarios. */
import { setTimeout as delay } from 'node:timers/promises';
import { randomStream } from '../lib/random.ts';
import { StalledError } from './http.ts';
import { describeMachine } from './machine.ts';
import type { BenchOptions } from './options.ts';
import { duration, startProgress } from './progress.ts';
import type { Figure, Results } from './results.ts';
import { makeBundles, startRuntime, type Runtime } from './runtime.ts';
import { PROFILES, type Bench, type Scenario } from './scenario.ts';
import { beside } from './scenarios/beside.ts';
import { cold } from './scenarios/cold.ts';
import { cost } from './scenarios/cost.ts';
import { files } from './scenarios/files.ts';
import { heartbeat } from './scenarios/heartbeat.ts';
import { independence } from './scenarios/independence.ts';
import { limits } from './scenarios/limits.ts';
import { list } from './scenarios/list.ts';
import { memory } from './scenarios/memory.ts';
import { polls } from './scenarios/polls.ts';
import { saves } from './scenarios/saves.ts';
import { scale } from './scenarios/scale.ts';
import { sessions } from './scenarios/sessions.ts';
import { storage } from './scenarios/storage.ts';
import { sweep } from './scenarios/sweep.ts';
import { watchers } from './scenarios/watchers.ts';
import { writes } from './scenarios/writes.ts';

/** All scenarios, in the order in which they run. */
export const SCENARIOS: readonly Scenario[] = [
  list,
  polls,
  heartbeat,
  writes,
  storage,
  saves,
  cost,
  cold,
  memory,
  limits,
  files,
  scale,
  beside,
  watchers,
  sessions,
  independence,
  sweep,
];

const START_SECONDS = 5;
const INTERRUPT_SEEN_MS = 200;

/** How often a scenario is begun anew because its runtime locked up. */
const ATTEMPTS = 3;

/**
 * Runs the scenarios, each in a runtime of its own, and resolves with what they found. Aborted, it resolves early with
 * what there is then, and `complete` is false; any other failure rejects.
 */
export async function runBenchmark(options: BenchOptions, signal: AbortSignal): Promise<Results> {
  const profile = PROFILES[options.quick === true ? 'quick' : 'full'];
  const scenarios = chosen(options.only);
  const seconds = scenarios.reduce((sum, scenario) => sum + scenario.seconds(profile), START_SECONDS);
  const machine = describeMachine();
  const startedAt = performance.now();
  const progress = startProgress(seconds, process.stderr);
  const figures: Figure[] = [];
  const running = new Set<Runtime>();
  let complete = false;
  try {
    progress.doing(`bundling; about ${duration(Math.round(seconds))} in all`);
    const bundles = await makeBundles();
    const shared = {
      bundles,
      list: options.list,
      ...(options.against !== undefined && { against: options.against }),
      profile,
      signal,
      random: randomStream(options.seed, 'order of contenders'),
      doing: (what: string) => {
        signal.throwIfAborted();
        progress.doing(what);
      },
    };
    const begin = async (scenario: Scenario): Promise<Run> => {
      const runtime = await startRuntime(bundles, scenario.workers(profile), options.list);
      running.add(runtime);
      const found: Figure[] = [];
      const bench = { ...shared, runtime, figures, record: (figure: Figure) => found.push(figure) };
      await scenario.prepare?.(bench);
      return { scenario, bench, found };
    };
    const end = async ({ bench: { runtime } }: Run) => {
      running.delete(runtime);
      await runtime.stop();
    };
    const prepared = new Map<Scenario, Run>();
    for (const scenario of scenarios) {
      if (scenario.prepare !== undefined) prepared.set(scenario, await begin(scenario));
    }
    progress.finished(START_SECONDS);
    for (const scenario of scenarios) {
      for (let attempt = 1; ; attempt += 1) {
        const run = (attempt === 1 ? prepared.get(scenario) : undefined) ?? (await begin(scenario));
        try {
          await scenario.run(run.bench);
          if (run.found.length === 0) throw new Error(`${scenario.title} recorded no figure`);
          figures.push(...run.found);
          break;
        } catch (error) {
          if (signal.aborted) figures.push(...run.found);
          if (!(error instanceof StalledError) || attempt === ATTEMPTS) throw error;
          progress.doing(`${scenario.title} once more, because ${error.message}`);
        } finally {
          await end(run);
        }
      }
      progress.finished(scenario.seconds(profile));
    }
    complete = true;
  } catch (error) {
    // Ctrl-C reaches the runtime as well, whose end may be seen before the signal is.
    await delay(INTERRUPT_SEEN_MS);
    if (!signal.aborted) throw error;
  } finally {
    await Promise.all(Array.from(running, (runtime) => runtime.stop()));
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

/** A scenario in its runtime, and what it has found so far. */
interface Run {
  readonly scenario: Scenario;
  readonly bench: Bench;
  readonly found: Figure[];
}

/** The scenarios asked for; the cost is worked out from what the storage scenario counts, so that comes with it. */
function chosen(only: BenchOptions['only']): readonly Scenario[] {
  if (only === undefined) return SCENARIOS.filter(({ isExtra = false }) => !isExtra);
  const names = new Set(only);
  if (names.has('cost')) names.add('storage');
  return SCENARIOS.filter(({ name }) => names.has(name));
}
