/** Measurements of several contenders in turns, turned into figures: each with its spread and its ratio to one of them. */
import { summarize, summarizeLatencies, type LatencySummary } from '../lib/statistics.ts';
import type { BenchRequest, LoadedServer } from './http.ts';
import type { Figure, ScenarioName, Unit } from './results.ts';
import { inRounds, roundRatios } from './rounds.ts';
import type { ContenderName, Runtime } from './runtime.ts';
import type { Bench } from './scenario.ts';
import type { DrivePlan } from './worker/contract.ts';

/** The metric that is processor time of the whole runtime for each answer. */
export const PROCESSOR_TIME = 'processor time';

/** The metric that is the throughput once more, compared with another contender than the first. */
export function throughputOf(contender: ContenderName): string {
  return `throughput, of ${contender}`;
}

/** One contender to load. */
export interface Entrant {
  readonly contender: ContenderName;
  readonly case: string;
  /** Its Worker's name, or a server beside the runtime. */
  readonly server: string | LoadedServer;
  readonly next: (sent: number) => BenchRequest;
}

export interface Comparison {
  readonly scenario: ScenarioName;
  /** The others are compared with the first. */
  readonly entrants: readonly [Entrant, ...Entrant[]];
  /** What the first is called in the figures. */
  readonly referenceName: string;
  readonly connections: number;
  /** A contender that throughputs are compared with beside the first; nothing where it takes no part. */
  readonly alsoTo?: ContenderName;
}

interface MeasuredLoop {
  readonly perSecond: number;
  readonly processorUs: number;
  readonly latenciesMs: readonly number[];
  readonly latency: LatencySummary;
}

type FigureName = Pick<Figure, 'scenario' | 'case' | 'contender'>;

/** One number of a measurement, and what it is called. */
export type Metric<Measured> = readonly [metric: string, unit: Unit, of: (measured: Measured) => number];

/** Loads all entrants in rounds and records throughput, processor time and p50, p90, p99, p99.9 of each, with their ratios. */
export async function compareLoops(bench: Bench, comparison: Comparison): Promise<void> {
  const { runtime, profile } = bench;
  const { entrants, scenario, connections, referenceName, alsoTo } = comparison;
  const results = await inRounds(
    entrants,
    async ({ server, next }): Promise<MeasuredLoop> => {
      const target = typeof server === 'string' ? runtime.target(server) : server.target;
      const clock = typeof server === 'string' ? runtime : server;
      const processorBefore = clock.processorTimeUs();
      const loop = await target.loop({ connections, durationMs: profile.sliceMs, next });
      const processorUs = (clock.processorTimeUs() - processorBefore) / loop.latenciesMs.length;
      return { ...loop, processorUs, latency: summarizeLatencies(loop.latenciesMs) };
    },
    { ...bench, ...profile },
  );
  const [reference] = entrants;
  const references = results.get(reference) ?? [];
  for (const [entrant, loops] of results) {
    const name = { scenario, case: entrant.case, contender: entrant.contender };
    const to = entrant === reference ? undefined : referenceName;
    recordAll(
      bench,
      name,
      [
        ['throughput', 'per second', (loop) => loop.perSecond],
        [PROCESSOR_TIME, 'µs', (loop) => loop.processorUs],
        ['p50', 'ms', ({ latency }) => latency.p50],
        ['p90', 'ms', ({ latency }) => latency.p90],
      ],
      loops,
      references,
      to,
    );
    for (const tail of ['p99', 'p99.9'] as const) recordTail(bench, name, tail, loops, references, to);
  }
  const [, others] = [...results].find(([{ contender }]) => contender === alsoTo) ?? [];
  if (alsoTo === undefined || others === undefined) return;
  for (const [{ contender, case: state }, loops] of results) {
    if (contender === alsoTo) continue;
    const throughput: Metric<MeasuredLoop> = [
      throughputOf(alsoTo),
      'per second',
      ({ perSecond }) => perSecond,
    ];
    recordAll(bench, { scenario, case: state, contender }, [throughput], loops, others, alsoTo);
  }
}

/** Records metrics of what was measured once a round; `to` names what it is compared with, if anything. */
export function recordAll<Measured>(
  bench: Pick<Bench, 'record'>,
  name: FigureName,
  metrics: readonly Metric<Measured>[],
  measured: readonly Measured[],
  references: readonly Measured[],
  to: string | undefined,
): void {
  for (const [metric, unit, of] of metrics) {
    const values = measured.map(of);
    bench.record({
      ...name,
      metric,
      unit,
      summary: summarize(values),
      ...(to !== undefined && { ratio: { to, summary: summarize(roundRatios(values, references.map(of))) } }),
    });
  }
}

/** Records a percentile over all rounds' answers, of which one round has too few; its spread is that of the rounds. */
function recordTail(
  bench: Bench,
  name: FigureName,
  tail: 'p99' | 'p99.9',
  loops: readonly MeasuredLoop[],
  references: readonly MeasuredLoop[],
  to: string | undefined,
): void {
  const pooled = (results: readonly MeasuredLoop[]) =>
    summarizeLatencies(results.flatMap(({ latenciesMs }) => latenciesMs))[tail];
  const median = pooled(loops);
  const record = ({ summary, ratio, ...figure }: Figure) => {
    const ratioMedian = median / pooled(references);
    bench.record({
      ...figure,
      summary: { ...summary, median },
      ...(ratio !== undefined && { ratio: { ...ratio, summary: { ...ratio.summary, median: ratioMedian } } }),
    });
  };
  recordAll({ record }, name, [[tail, 'ms', ({ latency }) => latency[tail]]], loops, references, to);
}

/** What calls on an object took, from a Worker beside it: what they cost the one thread that can't be scaled out. */
export interface Driven {
  readonly perSecond: number;
  readonly msPerCall: number;
  readonly processorUs: number;
}

/** The metrics of calls inside the runtime. */
export const DRIVEN: readonly Metric<Driven>[] = [
  ['throughput', 'per second', (each) => each.perSecond],
  [PROCESSOR_TIME, 'µs', (each) => each.processorUs],
];

/** Repeats calls from inside the runtime, and times them as one. */
export async function timeDriven(runtime: Runtime, plan: DrivePlan): Promise<Driven> {
  const processorBefore = runtime.processorTimeUs();
  const start = performance.now();
  await runtime.drive(plan);
  const elapsedMs = performance.now() - start;
  return {
    perSecond: (plan.calls * 1000) / elapsedMs,
    msPerCall: elapsedMs / plan.calls,
    processorUs: (runtime.processorTimeUs() - processorBefore) / plan.calls,
  };
}
