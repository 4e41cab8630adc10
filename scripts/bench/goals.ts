/** The goals of docs/performance.md, and whether a run met them. */
import { PROCESSOR_TIME } from './compare.ts';
import { findFigure, type Figure } from './results.ts';

type Name = Pick<Figure, 'scenario' | 'case' | 'metric'>;

/** One goal for the product. */
export interface Goal {
  readonly what: string;
  readonly name: Name;
  /** Which number of the figure is judged. */
  readonly of: 'value' | 'ratio';
  readonly bound: 'at least' | 'at most';
  readonly limit: number;
}

export interface Verdict {
  readonly goal: Goal;
  /** Undefined where the run has no such figure. */
  readonly value: number | undefined;
  /** The same as processor time tells it, which a busy machine disturbs less; undefined where it wasn't taken. */
  readonly byProcessorTime: number | undefined;
  readonly met: boolean | undefined;
}

const listGoal = (live: string, limit: number): Goal => ({
  what: `list throughput of the floor's, ${live} live`,
  name: { scenario: 'list', case: `${live} live`, metric: 'throughput' },
  of: 'ratio',
  bound: 'at least',
  limit,
});
const beatGoal = (what: string, state: string, limit: number): Goal => ({
  what,
  name: { scenario: 'heartbeat', case: state, metric: 'throughput' },
  of: 'ratio',
  bound: 'at least',
  limit,
});
const pollGoal = (what: string, state: string, limit: number): Goal => ({
  what: `${what} in the object of no-op calls, 10,000 live`,
  name: { scenario: 'polls', case: `10,000 live, ${state}`, metric: 'throughput' },
  of: 'ratio',
  bound: 'at least',
  limit,
});
const callGoal = (operation: string): Goal => ({
  what: `storage calls in a ${operation}`,
  name: { scenario: 'storage', case: operation, metric: 'storage calls' },
  of: 'value',
  bound: 'at most',
  limit: 0,
});
const sliceGoal = (keys: string): Goal => ({
  what: `longest slice (ms) in a sweep of ${keys}`,
  name: { scenario: 'sweep', case: `${keys} keys`, metric: 'longest slice' },
  of: 'value',
  bound: 'at most',
  limit: 15,
});

export const GOALS: readonly Goal[] = [
  listGoal('100', 0.85),
  listGoal('1,000', 0.9),
  listGoal('10,000', 0.95),
  {
    what: 'list p50 with 10,000 stale waiting, of that with none',
    name: { scenario: 'independence', case: '10,000 waiting', metric: 'p50' },
    of: 'ratio',
    bound: 'at most',
    limit: 1.05,
  },
  {
    what: 'list p99 with 10,000 stale waiting, of that with none',
    name: { scenario: 'independence', case: '10,000 waiting', metric: 'p99' },
    of: 'ratio',
    bound: 'at most',
    limit: 1.2,
  },
  pollGoal('304s', 'unchanged', 0.9),
  pollGoal('deltas of 10 changes', 'delta of 10', 0.8),
  pollGoal('filtered first pages, kept,', 'kept page', 0.5),
  {
    what: 'a filtered first page built (ms), 10,000 live',
    name: { scenario: 'polls', case: '10,000 live, fresh page', metric: 'build' },
    of: 'value',
    bound: 'at most',
    limit: 3,
  },
  beatGoal("heartbeats end to end of the floor's, 100 live", '100 live, without peers', 0.8),
  beatGoal("heartbeats end to end of the floor's, 10,000 live", '10,000 live, without peers', 0.8),
  beatGoal('heartbeats in the object of no-op calls, 100 live', '100 live, inside the object', 0.9),
  beatGoal('heartbeats in the object of no-op calls, 10,000 live', '10,000 live, inside the object', 0.9),
  callGoal('list'),
  callGoal('heartbeat'),
  callGoal('heartbeat with peers'),
  sliceGoal('1,000'),
  sliceGoal('10,000'),
  sliceGoal('50,000'),
  {
    what: 'first list (ms) of a cold start with 10,000 entries',
    name: { scenario: 'cold', case: '10,000 entries', metric: 'first list' },
    of: 'value',
    bound: 'at most',
    limit: 150,
  },
];

/** Sets the product's figures beside the goals. */
export function judge(figures: readonly Figure[], goals: readonly Goal[] = GOALS): Verdict[] {
  return goals.map((goal) => {
    const figure = findFigure(figures, { ...goal.name, contender: 'rollcall' });
    const value = goal.of === 'value' ? figure?.summary.median : figure?.ratio?.summary.median;
    const byProcessorTime = byProcessorTimeOf(figures, goal);
    if (value === undefined || Number.isNaN(value)) {
      return { goal, value: undefined, byProcessorTime, met: undefined };
    }
    return {
      goal,
      value,
      byProcessorTime,
      met: goal.bound === 'at least' ? value >= goal.limit : value <= goal.limit,
    };
  });
}

function byProcessorTimeOf(figures: readonly Figure[], { name }: Goal): number | undefined {
  const find = (metric: string) => findFigure(figures, { ...name, contender: 'rollcall', metric });
  const told =
    name.metric === 'throughput'
      ? 1 / (find(PROCESSOR_TIME)?.ratio?.summary.median ?? Number.NaN)
      : find(`${name.metric}, ${PROCESSOR_TIME}`)?.summary.median;
  return told === undefined || Number.isNaN(told) ? undefined : told;
}
