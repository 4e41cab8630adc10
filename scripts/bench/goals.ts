/** The goals of docs/performance.md, and whether a run met them. */
import { PROCESSOR_TIME, throughputOf } from './compare.ts';
import type { ContenderName } from './runtime.ts';
import { NO_DISK } from './slow-disk.ts';
import { IN_ALL, TEXTS as LIMITS_CASES } from './scenarios/limits-entries.ts';
import { LIST_BYTES, MILLION, PAGE_SIDE_BY_SIDE, WITH_DEATH } from './scenarios/scale.ts';
import { ONE_OBJECT } from './scenarios/scale-before.ts';
import { PAGE_BESIDE_SWEEP } from './scenarios/scale-death.ts';
import { PAGE } from './scenarios/scale-traffic.ts';
import { DYING, PING, READ_AND_PING, WITH_SESSIONS } from './scenarios/sessions.ts';
import { CHANGE_TO_ALL } from './scenarios/watchers.ts';
import { findFigure, type Figure, type ScenarioName } from './results.ts';

type Name = Pick<Figure, 'scenario' | 'case' | 'metric'>;

/** One goal for the product. */
export interface Goal {
  readonly what: string;
  readonly name: Name;
  /** Which number of the figure is judged. */
  readonly of: 'value' | 'ratio';
  readonly bound: 'at least' | 'at most';
  readonly limit: number;
  /** Where the platform alone leaves less than `limit`: this share of what this contender reaches in the same run. */
  readonly orOf?: { readonly contender: ContenderName; readonly share: number };
}

export interface Verdict {
  readonly goal: Goal;
  /** The goal's, or what the platform leaves. */
  readonly limit: number;
  /** Undefined where the run has no such figure. */
  readonly value: number | undefined;
  /** The same as processor time tells it, which a busy machine disturbs less; undefined where it wasn't taken. */
  readonly byProcessorTime: number | undefined;
  readonly met: boolean | undefined;
}

const goal =
  (of: Goal['of'], bound: Goal['bound']) =>
  (limit: number, what: string, scenario: ScenarioName, state: string, metric = 'throughput'): Goal => ({
    what,
    name: { scenario, case: state, metric },
    of,
    bound,
    limit,
  });
const OF_NGINX = throughputOf('nginx');
const ratioAtLeast = goal('ratio', 'at least');
/** Lists beside nginx: `share` is what is asked of a registry beside a bare Worker and object, where that is less. */
const ofNginx = (limit: number, live: string, share: number): Goal => ({
  ...ratioAtLeast(
    limit,
    `list throughput relative to nginx, ${live} servers`,
    'list',
    `${live} live`,
    OF_NGINX,
  ),
  orOf: { contender: 'streaming floor', share },
});
const ratioAtMost = goal('ratio', 'at most');
const atMost = goal('value', 'at most');

export const GOALS: readonly Goal[] = [
  ratioAtLeast(0.85, 'list throughput relative to the floor, 100 servers', 'list', '100 live'),
  ratioAtLeast(0.9, 'list throughput relative to the floor, 1,000 servers', 'list', '1,000 live'),
  ratioAtLeast(0.95, 'list throughput relative to the floor, 10,000 servers', 'list', '10,000 live'),
  ofNginx(0.5, '1,000', 0.9),
  ofNginx(0.95, '10,000', 0.95),
  ratioAtMost(
    1.05,
    'list p50, 10,000 stale waiting relative to none',
    'independence',
    '10,000 waiting',
    'p50',
  ),
  ratioAtMost(
    1.2,
    'list p99, 10,000 stale waiting relative to none',
    'independence',
    '10,000 waiting',
    'p99',
  ),
  ratioAtLeast(0.9, '304s relative to no-op calls, 10,000 servers', 'polls', '10,000 live, unchanged'),
  ratioAtLeast(0.8, 'deltas of 10 changes relative to no-op calls', 'polls', '10,000 live, delta of 10'),
  ratioAtLeast(0.5, 'cached filtered pages relative to no-op calls', 'polls', '10,000 live, kept page'),
  atMost(3, 'a filtered page built (ms), 10,000 servers', 'polls', '10,000 live, fresh page', 'build'),
  ratioAtLeast(0.8, 'heartbeats relative to the floor, 100 servers', 'heartbeat', '100 live, without peers'),
  ratioAtLeast(
    0.8,
    'heartbeats relative to the floor, 10,000 servers',
    'heartbeat',
    '10,000 live, without peers',
  ),
  ratioAtLeast(
    0.9,
    'heartbeats relative to no-op calls, 100 servers',
    'heartbeat',
    '100 live, inside the object',
  ),
  ratioAtLeast(
    0.9,
    'heartbeats relative to no-op calls, 10,000 servers',
    'heartbeat',
    '10,000 live, inside the object',
  ),
  ...['list', 'heartbeat', 'heartbeat with peers'].map((operation) =>
    atMost(0, `storage calls in a ${operation}`, 'storage', operation, 'storage calls'),
  ),
  ...['journal', 'checkpoint'].map((where) =>
    atMost(
      3,
      `longest step (ms) of saving 10,000 moved leases to the ${where}`,
      'saves',
      `10,000 moved, to the ${where}`,
      'longest step',
    ),
  ),
  ratioAtMost(
    1.1,
    'list p50 beside 200 registrations a second relative to none',
    'beside',
    NO_DISK,
    'list p50',
  ),
  ratioAtMost(
    1.2,
    'list p99 beside 200 registrations a second relative to none',
    'beside',
    NO_DISK,
    'list p99',
  ),
  ...LIMITS_CASES.map((state) => atMost(100, `memory (MB) at the limits, ${state}`, 'limits', state, IN_ALL)),
  atMost(100, 'a change (ms) until the last of 1,000 watchers has it, p99', 'watchers', CHANGE_TO_ALL, 'p99'),
  atMost(0, 'storage calls in a push', 'watchers', 'a push', 'storage calls'),
  ratioAtMost(5, 'a page of 50 (p50) of 1,000,000 in 64 objects relative to one', 'scale', MILLION, PAGE),
  ratioAtMost(5, 'the same, were the objects to work at the same time', 'scale', MILLION, PAGE_SIDE_BY_SIDE),
  ratioAtLeast(
    0.8,
    'bytes a second of the list of 1,000,000 in 64 objects relative to one',
    'scale',
    MILLION,
    LIST_BYTES,
  ),
  ratioAtLeast(0.9, 'heartbeats at 1,000,000 in 64 objects relative to one', 'scale', MILLION, 'heartbeats'),
  ratioAtMost(
    1.2,
    'a page (p99) of 100,000 in 16 objects beside the sweep of a tenth relative to before',
    'scale',
    WITH_DEATH,
    PAGE_BESIDE_SWEEP,
  ),
  ratioAtLeast(
    0.95,
    'heartbeats of a list of one object relative to the release before',
    'scale',
    ONE_OBJECT,
    'heartbeats',
  ),
  ratioAtLeast(0.95, 'lists of one object relative to the release before', 'scale', ONE_OBJECT, 'lists'),
  ratioAtMost(1.05, 'a page of one object relative to the release before', 'scale', ONE_OBJECT, PAGE),
  ratioAtMost(0.05, 'processor time of a ping relative to a heartbeat', 'sessions', PING, PROCESSOR_TIME),
  ratioAtMost(1.1, 'list p50, all hold sessions relative to none', 'sessions', WITH_SESSIONS, 'p50'),
  ratioAtMost(1.2, 'list p99 while all sessions die relative to before', 'sessions', DYING, 'p99'),
  atMost(0, 'storage calls in a list and a ping', 'sessions', READ_AND_PING, 'storage calls'),
  atMost(1, 'rows of saving one moved lease of 10,000', 'saves', 'one moved of 10,000', 'rows'),
  ...['1,000', '10,000', '50,000'].map((keys) =>
    atMost(15, `longest slice (ms) in a sweep of ${keys}`, 'sweep', `${keys} keys`, 'longest slice'),
  ),
  atMost(150, 'first list (ms) of a cold start with 10,000 entries', 'cold', '10,000 entries', 'first list'),
];

/** Sets the product's figures beside the goals. */
export function judge(figures: readonly Figure[], goals: readonly Goal[] = GOALS): Verdict[] {
  return goals.map((goal) => {
    const value = valueOf(figures, goal, 'rollcall');
    const limit = limitOf(figures, goal);
    const byProcessorTime = byProcessorTimeOf(figures, goal);
    if (value === undefined || Number.isNaN(value))
      return { goal, limit, value: undefined, byProcessorTime, met: undefined };
    const met = goal.bound === 'at least' ? value >= limit : value <= limit;
    return { goal, limit, value, byProcessorTime, met };
  });
}

function valueOf(figures: readonly Figure[], { name, of }: Goal, contender: ContenderName) {
  const figure = findFigure(figures, { ...name, contender });
  return of === 'value' ? figure?.summary.median : figure?.ratio?.summary.median;
}

function limitOf(figures: readonly Figure[], goal: Goal): number {
  const left = goal.orOf === undefined ? undefined : valueOf(figures, goal, goal.orOf.contender);
  return goal.orOf === undefined || left === undefined
    ? goal.limit
    : Math.min(goal.limit, goal.orOf.share * left);
}

function byProcessorTimeOf(figures: readonly Figure[], { name }: Goal): number | undefined {
  const find = (metric: string) => findFigure(figures, { ...name, contender: 'rollcall', metric });
  const told =
    name.metric === 'throughput'
      ? 1 / (find(PROCESSOR_TIME)?.ratio?.summary.median ?? Number.NaN)
      : find(`${name.metric}, ${PROCESSOR_TIME}`)?.summary.median;
  return told === undefined || Number.isNaN(told) ? undefined : told;
}
