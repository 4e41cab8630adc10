/** What a run finds out: a flat list of figures, each with its spread and its ratio to what it is compared with. */
import type { Summary } from '../lib/statistics.ts';
import type { ContenderName } from './runtime.ts';

export type ScenarioName =
  | 'list'
  | 'polls'
  | 'heartbeat'
  | 'writes'
  | 'independence'
  | 'sweep'
  | 'storage'
  | 'cold'
  | 'memory'
  | 'limits'
  | 'files'
  | 'scale'
  | 'saves'
  | 'beside'
  | 'watchers'
  | 'sessions'
  | 'cost';

export type Unit =
  'per second' | 'ms' | 'µs' | 'calls' | 'rows' | 'bytes' | 'KiB' | 'MB' | 'dollars' | 'servers';

/** One figure. Scenario, case, contender and metric together name it, once in a run. */
export interface Figure {
  readonly scenario: ScenarioName;
  /** Which state or operation, such as "1,000 live". */
  readonly case: string;
  readonly contender: ContenderName;
  /** Such as "throughput" or "p99". */
  readonly metric: string;
  readonly unit: Unit;
  readonly summary: Summary;
  readonly ratio?: Ratio;
}

/** A figure over what it is compared with, taken round by round, so that a slow moment of the machine hits both. */
export interface Ratio {
  readonly to: string;
  readonly summary: Summary;
}

/** Everything that `--json` writes. */
export interface Results {
  readonly at: string;
  readonly profile: 'quick' | 'full';
  readonly seed: number;
  readonly complete: boolean;
  readonly tookSeconds: number;
  readonly machine: Readonly<Record<string, string>>;
  readonly figures: readonly Figure[];
}

/** Finds a figure by its name. */
export function findFigure(
  figures: readonly Figure[],
  name: Pick<Figure, 'scenario' | 'case' | 'contender' | 'metric'>,
): Figure | undefined {
  return figures.find(
    (figure) =>
      figure.scenario === name.scenario &&
      figure.case === name.case &&
      figure.contender === name.contender &&
      figure.metric === name.metric,
  );
}
