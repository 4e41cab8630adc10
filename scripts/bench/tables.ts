/** A run's results as tables: for the terminal, for the page, and for docs/performance.md. */
import { markdownTable, readable, type TextTable } from '../lib/report/tables.ts';
import { throughputOf } from './compare.ts';
import { judge, type Goal, type Verdict } from './goals.ts';
import type { Figure, Results, ScenarioName } from './results.ts';
import { SHOWN_CONTENDERS } from './scenario.ts';

/** One row for each figure: its median, the quartiles of its rounds, and its ratio with the same spread. */
export function scenarioTable(figures: readonly Figure[]): TextTable {
  return {
    header: ['case', 'contender', 'figure', 'median', 'quartiles', 'ratio', 'of'],
    rows: figures.map(({ case: state, contender, metric, unit, summary, ratio }) => [
      state,
      contender,
      `${metric} (${unit})`,
      readable(summary.median),
      summary.count > 1 ? `${readable(summary.q1)}–${readable(summary.q3)}` : '',
      ratio === undefined
        ? ''
        : `${readable(ratio.summary.median)} ±${readable((ratio.summary.q3 - ratio.summary.q1) / 2)}`,
      ratio?.to ?? '',
    ]),
  };
}

/** Each goal, what was measured, and whether it was met. */
export function goalsTable(verdicts: readonly Verdict[]): TextTable {
  return {
    header: ['goal', 'limit', 'measured', 'by processor time', 'verdict'],
    rows: verdicts.map(({ goal, limit, value, byProcessorTime, met }) => [
      goal.what,
      `${goal.bound === 'at least' ? '≥' : '≤'} ${limitText(goal, limit)}`,
      value === undefined ? '' : readable(value),
      byProcessorTime === undefined ? '' : readable(byProcessorTime),
      met === undefined ? 'not run' : met ? 'met' : 'MISSED',
    ]),
  };
}

function limitText({ limit: asked, orOf }: Goal, limit: number): string {
  if (orOf === undefined || limit === asked) return String(asked);
  return `${readable(limit)} (${asked}, or ${orOf.share} of the ${orOf.contender})`;
}

/** Which figures the document shows: a heading, and what stands in the cells of its table. */
const SHOWN: readonly (readonly [heading: string, scenario: ScenarioName, metric: string])[] = [
  ['Lists a second, end to end', 'list', 'throughput'],
  ['Lists a second, end to end, and their share of nginx', 'list', throughputOf('nginx')],
  ['Heartbeats a second', 'heartbeat', 'throughput'],
  ['Registrations and deregistrations a second', 'writes', 'throughput'],
  ['The first list after leases ran out, in ms', 'independence', 'first list'],
  ['Lists with stale keys waiting, p50 in ms', 'independence', 'p50'],
  ['Lists with stale keys waiting, p99 in ms', 'independence', 'p99'],
  ['Cleanup: the longest anybody waits, in ms', 'sweep', 'longest slice'],
  ['Cleanup: in all, in ms', 'sweep', 'total'],
  ['Cold start: the first list, in ms', 'cold', 'first list'],
  ['Storage calls', 'storage', 'storage calls'],
  ['Rows written', 'storage', 'rows written'],
  ['Dollars a month for 1,000 servers', 'cost', 'a month for 1,000 servers'],
  ['Servers that fit the free plan', 'cost', 'fit the free plan'],
];

/** Machine, goals, and one table for each kind of figure: cases down, contenders across. */
export function benchMarkdown(results: Results): string {
  const machine = Object.entries(results.machine).map(([name, value]) => `${name} ${value}`);
  const tables = SHOWN.flatMap(([heading, scenario, metric]) => {
    const figures = results.figures.filter(
      (figure) => figure.scenario === scenario && figure.metric === metric,
    );
    return figures.length === 0 ? [] : [`#### ${heading}`, markdownTable(pivot(figures))];
  });
  return [
    `A ${results.profile} run of ${results.at.slice(0, 10)}, ${results.tookSeconds} s: ${machine.join(', ')}.`,
    markdownTable(goalsTable(judge(results.figures))),
    'Medians, and in brackets the ratio to the floor, or to the case with none.',
    ...tables,
  ].join('\n\n');
}

function pivot(figures: readonly Figure[]): TextTable {
  const contenders = SHOWN_CONTENDERS.filter((name) => figures.some(({ contender }) => contender === name));
  const cases = [...new Set(figures.map((figure) => figure.case))];
  const cell = (state: string, name: string) => {
    const figure = figures.find(({ case: of, contender }) => of === state && contender === name);
    if (figure === undefined) return '';
    const median = readable(figure.summary.median);
    return figure.ratio === undefined ? median : `${median} (${readable(figure.ratio.summary.median)})`;
  };
  return {
    header: ['', ...contenders],
    rows: cases.map((state) => [state].concat(contenders.map((name) => cell(state, name)))),
  };
}
