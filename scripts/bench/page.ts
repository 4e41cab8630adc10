/** The page and the charts of a benchmark run. */
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { drawChart, standalone, type ChartPlan, type Series } from '../report/chart.ts';
import { renderPage, type Section } from '../report/page.ts';
import type { ColourRole } from '../report/palette.ts';
import { readable } from '../report/text-table.ts';
import { judge } from './goals.ts';
import { findFigure, type Figure, type Results, type ScenarioName } from './results.ts';
import type { ContenderName } from './runtime.ts';
import { LIST_CONTENDERS } from './scenario.ts';
import { goalsTable, scenarioTable } from './text-report.ts';

const COLOURS: Readonly<Record<ContenderName, ColourRole>> = {
  floor: 'grey',
  'streaming floor': 'green',
  rollcall: 'blue',
  'delete in the loop': 'orange',
  'batch in the read': 'purple',
};

interface NamedChart {
  /** Its file's name without the extension. */
  readonly name: string;
  readonly scenario: ScenarioName;
  readonly title: string;
  readonly plan: ChartPlan;
}

const INTROS: readonly (readonly [ScenarioName, string, string])[] = [
  ['list', 'Lists', 'GET /servers end to end. The floor answers ready bytes: no registry can be faster.'],
  [
    'heartbeat',
    'Heartbeats',
    'End to end over HTTP, and called from inside the runtime, which shows the object alone.',
  ],
  ['writes', 'Registrations and deregistrations', 'Each is confirmed by the disk before it is answered.'],
  [
    'independence',
    'Read independence',
    'How long a list takes after so many leases have run out, and while their keys wait for the sweep.',
  ],
  ['sweep', 'Sweeps', 'How long cleanup takes, and the longest that anybody had to wait meanwhile.'],
  ['cold', 'Cold start', 'The first list after the object was thrown out of memory.'],
  ['memory', 'Memory', 'Of the object’s isolate, for entries and their encoded list.'],
  ['storage', 'Storage', 'Calls to the storage and rows, counted on the real storage.'],
  [
    'cost',
    'Cost',
    'At list price for 30 days, with one list for ten heartbeats and one restart of each server a day.',
  ],
];

/** Everything a run found, as one HTML page. */
export function benchPage(results: Results): string {
  const verdicts = judge(results.figures);
  const judged = verdicts.filter(({ met }) => met !== undefined);
  const missed = judged.filter(({ met }) => met === false).length;
  const charts = chartsOf(results.figures);
  const sections: Section[] = [
    {
      title: 'Goals',
      intro: 'Each figure beside its goal. Processor time tells contenders apart even on a busy machine.',
      tables: [{ title: '', table: goalsTable(verdicts) }],
    },
  ];
  for (const [scenario, title, intro] of INTROS) {
    const figures = results.figures.filter((figure) => figure.scenario === scenario);
    if (figures.length === 0) continue;
    sections.push({
      title,
      intro,
      charts: charts
        .filter((chart) => chart.scenario === scenario)
        .map((chart) => ({ title: chart.title, svg: drawChart(chart.plan) })),
      tables: [
        {
          title: `All ${figures.length} figures`,
          table: scenarioTable(figures),
          folded: figures.length > 12,
        },
      ],
    });
  }
  const machine = Object.entries(results.machine).map(([name, value]) => `${name} ${value}`);
  return renderPage({
    title: 'Rollcall: benchmark',
    subtitle: `${results.profile} run of ${results.at.slice(0, 10)}, ${results.tookSeconds} s${results.complete ? '' : ', interrupted'}`,
    highlights: [
      { label: 'goals met', value: `${judged.length - missed} of ${judged.length}`, bad: missed > 0 },
      ...highlights(results.figures),
    ],
    sections,
    footer: machine.join(' · '),
  });
}

/** Writes each chart as a file `<name>.svg` of its own. */
export function writeCharts(results: Results, folder: string): void {
  mkdirSync(folder, { recursive: true });
  for (const { name, plan } of chartsOf(results.figures)) {
    writeFileSync(join(folder, `${name}.svg`), standalone(drawChart(plan)));
  }
}

function highlights(figures: readonly Figure[]) {
  const ratio = (scenario: ScenarioName, state: string, metric: string) =>
    findFigure(figures, { scenario, case: state, contender: 'rollcall', metric })?.ratio?.summary.median;
  const shown = [
    ['lists, of the floor', ratio('list', '1,000 live', 'throughput')],
    ['heartbeats, of the floor', ratio('heartbeat', '100 live, without peers', 'throughput')],
    ['p50 with 10,000 waiting, of none', ratio('independence', '10,000 waiting', 'p50')],
  ] as const;
  return shown.flatMap(([label, value]) => (value === undefined ? [] : [{ label, value: readable(value) }]));
}

function chartsOf(figures: readonly Figure[]): NamedChart[] {
  const all: NamedChart[] = [
    {
      name: 'lists',
      scenario: 'list',
      title: 'Lists a second',
      plan: bars(figures, 'list', 'throughput', 'lists a second (logarithmic)', true),
    },
    {
      name: 'heartbeats',
      scenario: 'heartbeat',
      title: 'Heartbeats a second',
      plan: bars(figures, 'heartbeat', 'throughput', 'a second (logarithmic)', true),
    },
    {
      name: 'writes',
      scenario: 'writes',
      title: 'Registrations and deregistrations a second',
      plan: bars(figures, 'writes', 'throughput', 'a second', false),
    },
    {
      name: 'independence',
      scenario: 'independence',
      title: 'The first list after leases ran out',
      plan: curve(figures),
    },
    {
      name: 'sweeps',
      scenario: 'sweep',
      title: 'The longest anybody waits for cleanup',
      plan: bars(figures, 'sweep', 'longest slice', 'ms (logarithmic)', true),
    },
    {
      name: 'cost',
      scenario: 'cost',
      title: 'Dollars a month for 1,000 servers',
      plan: bars(figures, 'cost', 'a month for 1,000 servers', 'dollars a month', false),
    },
  ];
  return all.filter(({ plan }) => plan.series.some(({ values }) => values.some((value) => value !== null)));
}

/** A group of bars for each case, a bar for each contender. */
function bars(
  figures: readonly Figure[],
  scenario: ScenarioName,
  metric: string,
  yName: string,
  logarithmic: boolean,
): ChartPlan {
  const shown = figures.filter((figure) => figure.scenario === scenario && figure.metric === metric);
  const cases = [...new Set(shown.map((figure) => figure.case))];
  return {
    kind: 'bars',
    categories: cases.map((name) => name.replaceAll(', ', '\n')),
    xName: '',
    yName,
    logarithmic,
    formatY: readable,
    series: contendersIn(shown).map((contender) => ({
      name: contender,
      colour: COLOURS[contender],
      values: cases.map((state) => medianOf(shown, state, contender)),
    })),
  };
}

/** The first list over the number of leases that ran out, and the product's lists while as many keys wait. */
function curve(figures: readonly Figure[]): ChartPlan {
  const first = figures.filter(({ metric }) => metric === 'first list');
  const shown = first.filter(({ scenario }) => scenario === 'independence');
  const waiting = figures.filter(({ scenario, metric }) => scenario === 'independence' && metric === 'p50');
  const cases = [...new Set(shown.map((figure) => figure.case))];
  const series: Series[] = contendersIn(shown).map((contender) => ({
    name: contender,
    colour: COLOURS[contender],
    values: cases.map((state) => medianOf(shown, state, contender)),
  }));
  const whileWaiting = cases.map((state) =>
    medianOf(waiting, state.replace('run out', 'waiting'), 'rollcall'),
  );
  return {
    kind: 'lines',
    categories: cases.map((state) => state.replace(' run out', '')),
    xName: 'leases that ran out since the last list',
    yName: 'ms (logarithmic)',
    logarithmic: true,
    formatY: readable,
    series: [
      ...series,
      { name: 'rollcall, while they wait', colour: 'green', dashed: true, values: whileWaiting },
    ],
  };
}

function contendersIn(figures: readonly Figure[]): ContenderName[] {
  return LIST_CONTENDERS.filter((name) => figures.some(({ contender }) => contender === name));
}

function medianOf(figures: readonly Figure[], state: string, contender: ContenderName): number | null {
  const found = figures.find((figure) => figure.case === state && figure.contender === contender);
  return found === undefined || Number.isNaN(found.summary.median) ? null : found.summary.median;
}
