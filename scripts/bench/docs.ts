/** A run as the tables of docs/performance.md. */
import { markdownTable } from '../report/markdown.ts';
import { readable, type TextTable } from '../report/text-table.ts';
import { judge } from './goals.ts';
import type { Figure, Results, ScenarioName } from './results.ts';
import { LIST_CONTENDERS } from './scenario.ts';
import { goalsTable } from './text-report.ts';

/** Which figures the document shows: a heading, and what stands in the cells of its table. */
const SHOWN: readonly {
  readonly heading: string;
  readonly scenario: ScenarioName;
  readonly metric: string;
}[] = [
  { heading: 'Lists a second, end to end', scenario: 'list', metric: 'throughput' },
  { heading: 'Heartbeats a second', scenario: 'heartbeat', metric: 'throughput' },
  { heading: 'Registrations and deregistrations a second', scenario: 'writes', metric: 'throughput' },
  { heading: 'The first list after leases ran out, in ms', scenario: 'independence', metric: 'first list' },
  { heading: 'Lists with stale keys waiting, p50 in ms', scenario: 'independence', metric: 'p50' },
  { heading: 'Lists with stale keys waiting, p99 in ms', scenario: 'independence', metric: 'p99' },
  { heading: 'Cleanup: the longest anybody waits, in ms', scenario: 'sweep', metric: 'longest slice' },
  { heading: 'Cleanup: in all, in ms', scenario: 'sweep', metric: 'total' },
  { heading: 'Cold start: the first list, in ms', scenario: 'cold', metric: 'first list' },
  { heading: 'Storage calls', scenario: 'storage', metric: 'storage calls' },
  { heading: 'Rows written', scenario: 'storage', metric: 'rows written' },
  {
    heading: 'Dollars a month for 1,000 servers',
    scenario: 'cost',
    metric: 'a month for 1,000 servers',
  },
  { heading: 'Servers that fit the free plan', scenario: 'cost', metric: 'fit the free plan' },
];

/** Machine, goals, and one table for each kind of figure: cases down, contenders across. */
export function benchMarkdown(results: Results): string {
  const machine = Object.entries(results.machine).map(([name, value]) => `${name} ${value}`);
  const tables = SHOWN.flatMap(({ heading, scenario, metric }) => {
    const table = pivot(
      results.figures.filter((figure) => figure.scenario === scenario && figure.metric === metric),
    );
    return table.rows.length === 0 ? [] : [`#### ${heading}`, markdownTable(table)];
  });
  return [
    `A ${results.profile} run of ${results.at.slice(0, 10)}, ${results.tookSeconds} s: ${machine.join(', ')}.`,
    markdownTable(goalsTable(judge(results.figures))),
    'Medians, and in brackets the ratio to the floor, or to the case with none.',
    ...tables,
  ].join('\n\n');
}

function pivot(figures: readonly Figure[]): TextTable {
  const contenders = LIST_CONTENDERS.filter((name) => figures.some(({ contender }) => contender === name));
  const cases = [...new Set(figures.map((figure) => figure.case))];
  return {
    header: ['', ...contenders],
    rows: cases.map((state) =>
      [state].concat(
        contenders.map((name) => {
          const figure = figures.find(({ case: of, contender }) => of === state && contender === name);
          if (figure === undefined) return '';
          const { summary, ratio } = figure;
          return ratio === undefined
            ? readable(summary.median)
            : `${readable(summary.median)} (${readable(ratio.summary.median)})`;
        }),
      ),
    ),
  };
}
