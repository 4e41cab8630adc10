/** The page and the charts of a benchmark run. */
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { drawChart, standalone, type ChartPlan, type Series } from '../lib/report/chart.ts';
import { renderPage, type Section } from '../lib/report/page.ts';
import type { ColourRole } from '../lib/report/palette.ts';
import { readable } from '../lib/report/tables.ts';
import { judge } from './goals.ts';
import { findFigure, type Figure, type Results, type ScenarioName } from './results.ts';
import type { ContenderName } from './runtime.ts';
import { SHOWN_CONTENDERS } from './scenario.ts';
import { goalsTable, scenarioTable } from './tables.ts';

const COLOURS: Readonly<Record<ContenderName, ColourRole>> = {
  floor: 'grey',
  'streaming floor': 'green',
  'bare Worker': 'muted',
  nginx: 'red',
  rollcall: 'blue',
  'release before': 'red',
  'delete in the loop': 'orange',
  'batch in the read': 'purple',
};
/** Whose value is written beside its mark, wherever the marks of others may be. */
const PRODUCT = 'rollcall';
/** A longer table is folded. */
const ROWS_SHOWN = 12;

interface NamedChart {
  /** Its file's name without the extension. */
  readonly name: string;
  readonly title: string;
  readonly plan: ChartPlan;
}

type Draw = (figures: readonly Figure[]) => NamedChart;

/** A chart of one metric, called `name`: a group for each case, and in it a bar or a dot for each contender. */
const chart =
  (name: string, title: string, kind: 'bars' | 'dots', metric: string, yName: string): Draw =>
  (figures) => ({ name, title, plan: byCase(figures, kind, metric, yName) });
const RATE = 'throughput';

const PARTS: readonly (readonly [ScenarioName, title: string, intro: string, draw?: Draw])[] = [
  [
    'list',
    'Lists',
    'GET /servers end to end. The floor answers ready bytes: no registry can be faster.',
    chart('lists', 'Lists a second', 'dots', RATE, 'lists a second (logarithmic)'),
  ],
  ['polls', 'Polls', 'What polling clients cost the object, called from inside the runtime.'],
  [
    'heartbeat',
    'Heartbeats',
    'End to end over HTTP, and called from inside the runtime, which shows the object alone.',
    chart('heartbeats', 'Heartbeats a second', 'dots', RATE, 'a second (logarithmic)'),
  ],
  [
    'writes',
    'Registrations and deregistrations',
    'Each is confirmed by the disk before it is answered.',
    chart('writes', 'Registrations and deregistrations a second', 'bars', RATE, 'a second'),
  ],
  [
    'independence',
    'Read independence',
    'How long a list takes after so many leases have run out, and while their keys wait for the sweep.',
    (figures) => ({
      name: 'independence',
      title: 'The first list after leases ran out',
      plan: curve(figures),
    }),
  ],
  [
    'sweep',
    'Sweeps',
    'How long cleanup takes, and the longest that anybody had to wait meanwhile.',
    chart('sweeps', 'The longest anybody waits for cleanup', 'dots', 'longest slice', 'ms (logarithmic)'),
  ],
  ['cold', 'Cold start', 'The first list after the object was dropped from memory.'],
  ['memory', 'Memory', 'Of the object’s isolate, for entries and their encoded list.'],
  ['storage', 'Storage', 'Calls to the storage and rows, counted on the real storage.'],
  [
    'cost',
    'Cost',
    'At list price for 30 days, with one list for ten heartbeats and one restart of each server a day.',
    chart(
      'cost',
      'Dollars a month for 1,000 servers',
      'bars',
      'a month for 1,000 servers',
      'dollars a month',
    ),
  ],
];

/** Everything a run found, as one HTML page. */
export function benchPage(results: Results): string {
  const verdicts = judge(results.figures);
  const judged = verdicts.filter(({ met }) => met !== undefined);
  const missed = judged.filter(({ met }) => met === false).length;
  const notRun = verdicts.length - judged.length;
  const goals: Section = {
    title: 'Goals',
    intro:
      'Each figure beside its goal. Processor time tells contenders apart even on a busy machine.' +
      (notRun === 0
        ? ''
        : ` ${notRun} of ${verdicts.length} goals were not run: a full run has their cases.`),
    tables: [{ title: '', table: goalsTable(verdicts) }],
  };
  const sections = PARTS.flatMap(([scenario, title, intro, draw]): Section[] => {
    const figures = results.figures.filter((figure) => figure.scenario === scenario);
    if (figures.length === 0) return [];
    const table = scenarioTable(figures);
    const charts = [draw?.(figures)].filter(isDrawable);
    return [
      {
        title,
        intro,
        charts: charts.map((drawn) => ({ title: drawn.title, svg: drawChart(drawn.plan) })),
        tables: [{ title: `All ${figures.length} figures`, table, folded: figures.length > ROWS_SHOWN }],
      },
    ];
  });
  const machine = Object.entries(results.machine).map(([name, value]) => `${name} ${value}`);
  return renderPage({
    title: 'Rollcall: benchmark',
    subtitle: `${results.profile} run of ${results.at.slice(0, 10)}, ${results.tookSeconds} s${results.complete ? '' : ', interrupted'}`,
    highlights: [
      {
        label: notRun === 0 ? 'met' : `met, ${notRun} not run`,
        value: `${judged.length - missed} of ${judged.length} goals`,
        bad: missed > 0,
      },
      ...highlights(results.figures),
    ],
    sections: [goals, ...sections],
    footer: machine.join(' · '),
  });
}

/** Writes each chart as a file `<name>.svg` of its own. */
export function writeCharts({ figures }: Results, folder: string): void {
  mkdirSync(folder, { recursive: true });
  for (const [scenario, , , draw] of PARTS) {
    const drawn = draw?.(figures.filter((figure) => figure.scenario === scenario));
    if (isDrawable(drawn))
      writeFileSync(join(folder, `${drawn.name}.svg`), standalone(drawChart(drawn.plan)));
  }
}

function isDrawable(chart: NamedChart | undefined): chart is NamedChart {
  return (
    chart !== undefined && chart.plan.series.some(({ values }) => values.some((value) => value !== null))
  );
}

function highlights(figures: readonly Figure[]) {
  const shown = [
    ['lists, relative to the floor', 'list', '1,000 live', 'throughput'],
    ['heartbeats, relative to the floor', 'heartbeat', '100 live, without peers', 'throughput'],
    ['list p50 with 10,000 waiting, relative to none', 'independence', '10,000 waiting', 'p50'],
  ] as const;
  return shown.flatMap(([label, scenario, state, metric]) => {
    const figure = findFigure(figures, { scenario, case: state, contender: PRODUCT, metric });
    const share = figure?.ratio?.summary.median;
    return share === undefined ? [] : [{ label, value: `${readable(share * 100)} %` }];
  });
}

function byCase(figures: readonly Figure[], kind: 'bars' | 'dots', metric: string, yName: string): ChartPlan {
  const shown = figures.filter((figure) => figure.metric === metric);
  const cases = [...new Set(shown.map((figure) => figure.case))];
  return {
    kind,
    categories: cases.map((name) => name.replaceAll(', ', '\n')),
    xName: '',
    yName,
    logarithmic: kind === 'dots',
    formatY: readable,
    series: seriesOf(shown, cases),
  };
}

/** The first list over the number of leases that ran out, and the product's lists while as many keys wait. */
function curve(figures: readonly Figure[]): ChartPlan {
  const shown = figures.filter(({ metric }) => metric === 'first list');
  const waiting = figures.filter(({ metric }) => metric === 'p50');
  const cases = [...new Set(shown.map((figure) => figure.case))];
  const whileWaiting = cases.map((state) => medianOf(waiting, state.replace('run out', 'waiting'), PRODUCT));
  return {
    kind: 'lines',
    categories: cases.map((state) => state.replace(' run out', '')),
    xName: 'leases that ran out since the last list',
    yName: 'ms (logarithmic)',
    logarithmic: true,
    formatY: readable,
    series: [
      ...seriesOf(shown, cases),
      { name: `${PRODUCT}, while they wait`, colour: 'green', dashed: true, values: whileWaiting },
    ],
  };
}

function seriesOf(figures: readonly Figure[], cases: readonly string[]): Series[] {
  return SHOWN_CONTENDERS.filter((name) => figures.some(({ contender }) => contender === name)).map(
    (name) => ({
      name,
      colour: COLOURS[name],
      values: cases.map((state) => medianOf(figures, state, name)),
      labelled: name === PRODUCT,
    }),
  );
}

function medianOf(figures: readonly Figure[], state: string, contender: ContenderName): number | null {
  const found = figures.find((figure) => figure.case === state && figure.contender === contender);
  return found === undefined || Number.isNaN(found.summary.median) ? null : found.summary.median;
}
