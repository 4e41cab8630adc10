/** What the demo shows, as lines of text of at most 80 columns. */
import { DEFAULT_LIST } from '../../src/protocol/lists.ts';
import { bar, type Paint } from '../lib/screen.ts';
import { summarizeLatencies } from '../lib/statistics.ts';
import type { Plan } from './plan.ts';
import type { Finding } from './verdict.ts';
import type { Phase, Watch } from './watch.ts';

const BAR_COLUMNS = 48;
const MEASURED: readonly Phase[] = ['before', 'during', 'after'];

/** The heading: what is about to happen. */
export function heading(plan: Plan, paint: Paint): string {
  return [
    paint('bold', `Rollcall demo: ${plan.servers} servers, ${plan.killed} of which will fall silent`),
    ...(plan.list === DEFAULT_LIST ? [] : [paint('dim', `on the list ${plan.list}`)]),
    paint(
      'dim',
      `lease ${seconds(plan.ttlMs)}, heartbeat every ${seconds(plan.heartbeatEveryMs)}, ` +
        `at least ${seconds(plan.sweepIntervalMs)} between two sweeps`,
    ),
  ].join('\n');
}

/** The live picture, drawn over itself again and again. */
export function picture(plan: Plan, watch: Watch, elapsedMs: number, paint: Paint): string {
  const { live, stale, swept } = watch.counters;
  const done = Math.min(1, elapsedMs / plan.endAtMs);
  return [
    '',
    `${seconds(elapsedMs).padStart(8)}  ${drawn(done, 'cyan', paint)}  of ${seconds(plan.endAtMs)}`,
    `          ${paint('bold', story(watch.phase, watch.silent))}`,
    '',
    row('live', live, plan.servers, 'green', paint),
    row('stale', stale, plan.servers, 'yellow', paint),
    row('swept', swept, plan.servers, 'red', paint),
    '',
    ...latencies(watch, paint),
  ].join('\n');
}

/** One line for where there is no terminal to draw on. */
export function line(watch: Watch, elapsedMs: number): string {
  const { live, stale, swept } = watch.counters;
  const { p50, p99 } = summarizeLatencies(watch.listMs[watch.phase]);
  return (
    `${seconds(elapsedMs).padStart(8)}  ${watch.phase.padEnd(11)}  live ${count(live)}  stale ${count(stale)}  ` +
    `swept ${count(swept)}  list ${[p50, p99].map((value) => tenths(value).padStart(5)).join(' / ')} ms`
  );
}

/** What the columns of `line` are. */
export const LINE_LEGEND = 'list: p50 / p99 of the time it takes, in this phase of the run';

/** What came out, once the run is over. */
export function summary(plan: Plan, watch: Watch, findings: readonly Finding[], paint: Paint): string {
  const exact = findings.every(({ ok }) => ok);
  return [
    '',
    ...latencies(watch, paint),
    '',
    ...findings.map(({ ok, text }) => `${ok ? paint('green', '✓') : paint('red', '✗')} ${text}`),
    '',
    exact
      ? paint(['bold', 'green'], `The sweep was exact.`)
      : paint(['bold', 'red'], 'The sweep was not exact.'),
    ...(exact ? [] : excuse(plan, watch)),
  ].join('\n');
}

function story(phase: Phase, silent: boolean): string {
  switch (phase) {
    case 'registering':
      return 'the servers register, one after the other';
    case 'before':
      return silent ? 'some fell silent; their leases run on' : 'all is well';
    case 'during':
      return 'leases end: off the list at once, deleted by the sweep';
    case 'after':
      return 'swept';
    default:
      return phase satisfies never;
  }
}

/** A registry that stood still for most of a lease had no way to hear of the living. */
function excuse(plan: Plan, watch: Watch): string[] {
  const { max: maxMs } = summarizeLatencies(Object.values(watch.listMs).flat());
  if (!(maxMs > plan.ttlMs / 3)) return [];
  return [
    `A list took ${seconds(maxMs)}, a lease lasts ${seconds(plan.ttlMs)}: this machine was too busy. Try --seconds ${(2 * plan.endAtMs) / 1000}.`,
  ];
}

function latencies(watch: Watch, paint: Paint): string[] {
  return [
    paint('dim', `list latency  ${cells('lists', 'p50', 'p99', 'max')}`),
    ...MEASURED.map((phase) => {
      const { count, p50, p99, max } = summarizeLatencies(watch.listMs[phase]);
      const text = `  ${phase.padEnd(12)}${cells(String(count), ms(p50), ms(p99), ms(max))}`;
      return phase === watch.phase ? paint('bold', text) : text;
    }),
  ];
}

function cells(...values: string[]): string {
  return values.map((value) => value.padStart(12)).join('');
}

function row(name: string, value: number, of: number, style: Parameters<Paint>[0], paint: Paint): string {
  return `${name.padStart(8)}  ${drawn(value / of, style, paint)} ${paint(style, count(value))}`;
}

function drawn(share: number, style: Parameters<Paint>[0], paint: Paint): string {
  const { full, empty } = bar(share, BAR_COLUMNS);
  return paint(style, full) + paint('dim', empty);
}

function count(value: number): string {
  return String(value).padStart(4);
}

function ms(value: number): string {
  return Number.isNaN(value) ? '-' : `${tenths(value)} ms`;
}

function tenths(value: number): string {
  return Number.isNaN(value) ? '-' : value.toFixed(1);
}

function seconds(valueMs: number): string {
  return `${(valueMs / 1000).toFixed(1)} s`;
}
