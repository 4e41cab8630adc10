/** What a scenario is, and what it gets to work with. */
import type { Random } from '../lib/random.ts';
import type { Figure, ScenarioName } from './results.ts';
import type { Bundles, ContenderName, Runtime, WorkerContender, WorkerPlan } from './runtime.ts';

/** How thorough a run is. */
export interface Profile {
  readonly name: 'quick' | 'full';
  /** Rounds that count; one more comes first and is thrown away. */
  readonly rounds: number;
  /** Rounds that may be measured beyond them, because others took the machine's time from some. */
  readonly spareRounds: number;
  /** How long one contender is loaded in one round, in milliseconds. */
  readonly sliceMs: number;
  /** Numbers of live entries. */
  readonly liveCounts: readonly number[];
  /** Numbers of stale keys that wait while lists are read; none first. */
  readonly staleCounts: readonly [0, ...number[]];
  /** The lease of the servers that shall become stale and wait, in milliseconds. */
  readonly waitingTtlMs: number;
  /** The lease of servers that run out and are revived in turns, in milliseconds; and in how many rounds. */
  readonly first: { readonly ttlMs: number; readonly rounds: number };
  /** Sweeps: how many keys, how many rounds, and how long the registry is told to let keys accumulate. */
  readonly sweeps: readonly { readonly keys: number; readonly rounds: number; readonly intervalMs: number }[];
}

export const PROFILES: Readonly<Record<'quick' | 'full', Profile>> = {
  full: {
    name: 'full',
    rounds: 9,
    spareRounds: 6,
    sliceMs: 250,
    liveCounts: [100, 1000, 10_000],
    staleCounts: [0, 128, 1000, 10_000],
    waitingTtlMs: 60_000,
    first: { ttlMs: 8000, rounds: 7 },
    sweeps: [
      { keys: 1000, rounds: 7, intervalMs: 3000 },
      { keys: 10_000, rounds: 5, intervalMs: 9000 },
      { keys: 50_000, rounds: 3, intervalMs: 30_000 },
    ],
  },
  quick: {
    name: 'quick',
    rounds: 2,
    spareRounds: 0,
    sliceMs: 60,
    liveCounts: [100, 1000],
    staleCounts: [0, 1000],
    waitingTtlMs: 8000,
    first: { ttlMs: 4000, rounds: 1 },
    // One that lists look at, and one that nobody does.
    sweeps: [{ keys: 1000, rounds: 2, intervalMs: 3000 }],
  },
};

/** What a scenario works with. */
export interface Bench {
  readonly runtime: Runtime;
  /** For scenarios that start runtimes of their own. */
  readonly bundles: Bundles;
  /** The list of the product that is measured. */
  readonly list: string;
  /** The bundle of another release to compare with, as a file. */
  readonly against?: string;
  readonly profile: Profile;
  readonly random: Random;
  /** Aborted by Ctrl-C: what was recorded so far is then reported. */
  readonly signal: AbortSignal;
  /** Shows what is being done. */
  readonly doing: (what: string) => void;
  readonly record: (figure: Figure) => void;
  /** Everything recorded so far, by all scenarios. */
  readonly figures: readonly Figure[];
}

/** One question that the benchmark answers. */
export interface Scenario {
  readonly name: ScenarioName;
  readonly title: string;
  /** Takes minutes, and so runs only where it is asked for by its name. */
  readonly isExtra?: boolean;
  /** Roughly how long it takes, for the time left. */
  readonly seconds: (profile: Profile) => number;
  readonly workers: (profile: Profile) => readonly WorkerPlan[];
  /** Work that needs time to take effect, done before any scenario runs. */
  readonly prepare?: (bench: Bench) => Promise<void>;
  readonly run: (bench: Bench) => Promise<void>;
}

/** The contenders that keep entries, and so can be put in a state. */
export const CLEANING: readonly WorkerContender[] = ['delete in the loop', 'batch in the read'];
export const CONTENDERS: readonly ['floor', ...WorkerContender[]] = ['floor', 'rollcall', ...CLEANING];
/**
 * Where lists are compared, there is a second floor, because they go another way than over RPC, and a Worker that asks no
 * object. nginx, where it is installed, is one more.
 */
export const LIST_CONTENDERS: readonly ['floor', ...WorkerContender[]] = [
  'floor',
  'streaming floor',
  'bare Worker',
  'rollcall',
  ...CLEANING,
];

/** All that tables and charts show, in their order. */
export const SHOWN_CONTENDERS: readonly ContenderName[] = ['nginx', ...LIST_CONTENDERS];

/** The name of the Worker that holds a contender in a state. */
export function workerName(contender: WorkerContender, state: string | number): string {
  return `${contender.replaceAll(' ', '-')}-${state}`;
}

/** A count as people read it: 10,000. */
export function counted(count: number): string {
  return count.toLocaleString('en-US');
}
