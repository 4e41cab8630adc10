/** Closed loops against several targets in turns, turned into figures: throughput, latencies, and ratios to one of them. */
import { LATENCY_SHARES, percentile, summarize } from '../report/statistics.ts';
import type { EncodedRequest } from './http-connection.ts';
import type { LoopResult } from './http-target.ts';
import type { Figure, ScenarioName, Unit } from './results.ts';
import { inRounds, roundRatios } from './rounds.ts';
import type { ContenderName } from './runtime.ts';
import type { Bench } from './scenario.ts';

/** One contender to load. */
export interface Entrant {
  readonly contender: ContenderName;
  readonly case: string;
  /** Its Worker's name. */
  readonly worker: string;
  readonly next: (sent: number) => EncodedRequest;
}

export interface Comparison {
  readonly scenario: ScenarioName;
  readonly entrants: readonly Entrant[];
  /** Whom the others are compared with. */
  readonly reference: Entrant;
  /** What the reference is called in the figures. */
  readonly referenceName: string;
  readonly connections: number;
}

interface MeasuredLoop extends LoopResult {
  readonly processorUsPerAnswer: number;
}

/** The metric that is processor time of the whole runtime for each answer. */
export const PROCESSOR_TIME = 'processor time';

/** Loads all entrants in rounds and records throughput, processor time and p50, p90, p99, p99.9 of each, with their ratios. */
export async function compareLoops(bench: Bench, comparison: Comparison): Promise<void> {
  const { runtime, profile } = bench;
  const results = await inRounds(
    comparison.entrants,
    async (entrant) => {
      const processorBefore = runtime.processorTimeUs();
      const loop = await runtime.target(entrant.worker).loop({
        connections: comparison.connections,
        durationMs: profile.sliceMs,
        next: entrant.next,
      });
      const processorUs = runtime.processorTimeUs() - processorBefore;
      return { ...loop, processorUsPerAnswer: processorUs / loop.latenciesMs.length };
    },
    { ...bench, ...profile },
  );
  const referenceResults = results.get(comparison.reference) ?? [];
  for (const [entrant, loops] of results) {
    const name = { scenario: comparison.scenario, case: entrant.case, contender: entrant.contender };
    const to = entrant === comparison.reference ? undefined : comparison.referenceName;
    const record = (metric: string, unit: Unit, of: (loop: MeasuredLoop) => number) => {
      recordRounds(bench, { ...name, metric, unit }, loops.map(of), referenceResults.map(of), to);
    };
    record('throughput', 'per second', (loop) => loop.perSecond);
    record(PROCESSOR_TIME, 'µs', (loop) => loop.processorUsPerAnswer);
    for (const [metric, share] of Object.entries(LATENCY_SHARES)) {
      // A round has too few answers for its tail, so the tails are those of all rounds together.
      if (share >= 0.99) recordPooled(bench, { ...name, metric }, loops, referenceResults, share, to);
      else record(metric, 'ms', (loop) => percentile(loop.latenciesMs, share));
    }
  }
}

type FigureName = Pick<Figure, 'scenario' | 'case' | 'contender' | 'metric'>;

/** Records a figure measured once a round; `to` names what it is compared with, if anything. */
export function recordRounds(
  bench: Pick<Bench, 'record'>,
  name: FigureName & Pick<Figure, 'unit'>,
  values: readonly number[],
  references: readonly number[],
  to: string | undefined,
): void {
  bench.record({
    ...name,
    summary: summarize(values),
    ...(to !== undefined && { ratio: { to, summary: summarize(roundRatios(values, references)) } }),
  });
}

/** Records a percentile over all rounds' answers; its spread is that of the rounds. */
function recordPooled(
  bench: Bench,
  name: FigureName,
  loops: readonly LoopResult[],
  references: readonly LoopResult[],
  share: number,
  to: string | undefined,
): void {
  const pooled = (results: readonly LoopResult[]) =>
    percentile(
      results.flatMap((result) => result.latenciesMs),
      share,
    );
  const perRound = loops.map((loop) => percentile(loop.latenciesMs, share));
  const referencePerRound = references.map((loop) => percentile(loop.latenciesMs, share));
  const value = pooled(loops);
  bench.record({
    ...name,
    unit: 'ms',
    summary: { ...summarize(perRound), median: value },
    ...(to !== undefined && {
      ratio: {
        to,
        summary: {
          ...summarize(roundRatios(perRound, referencePerRound)),
          median: value / pooled(references),
        },
      },
    }),
  });
}
