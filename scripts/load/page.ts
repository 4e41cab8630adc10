/** The page of a load run. */
import { drawChart } from '../lib/report/chart.ts';
import { renderPage } from '../lib/report/page.ts';
import { readable } from '../lib/report/tables.ts';
import {
  latencyTable,
  passed,
  promisesTable,
  registryTable,
  type LoadResults,
  type Second,
} from './results.ts';

/** Everything a run found, as one HTML page. */
export function loadPage(results: LoadResults): string {
  const { lists, writes, verification } = results;
  const settings = Object.entries(results.settings).map(([name, value]) => `${name} ${value}`);
  const ok = passed(results);
  const promises = promisesTable(results).rows;
  const broken = promises.filter((row) => row.includes('FAILED')).length;
  const failed = lists.failed + writes.failed;
  return renderPage({
    title: 'Rollcall: load test',
    subtitle: `${results.target}, ${results.at.slice(0, 16).replace('T', ' ')} UTC, ${Math.round(results.measuredSeconds)} s${results.complete ? '' : ', interrupted'}`,
    highlights: [
      { label: 'held', value: `${promises.length - broken} of ${promises.length} promises`, bad: !ok },
      { label: 'lists', value: `${readable(lists.perSecond)} a second` },
      { label: 'list p50', value: `${readable(lists.corrected.p50)} ms` },
      { label: 'list p99', value: `${readable(lists.corrected.p99)} ms` },
      { label: 'failed', value: `${failed} requests`, bad: failed > 0 },
    ],
    sections: [
      {
        title: 'Latency',
        intro:
          'Of lists, second by second as measured, with each sweep marked; and over the whole run, corrected for coordinated omission.',
        charts: [
          { title: 'List latency over time', svg: latencyChart(results) },
          { title: 'List latency distribution', svg: distributionChart(results) },
        ],
        tables: [{ title: '', table: latencyTable(results) }],
      },
      {
        title: 'The registry',
        intro: 'What it holds and has swept, by its own count.',
        charts: [{ title: 'Live, stale and swept', svg: countsChart(results) }],
        tables: [{ title: '', table: registryTable(results) }],
      },
      {
        title: 'Throughput and errors',
        intro: 'Answers and failed requests in each second.',
        charts: [
          { title: 'Throughput', svg: throughputChart(results) },
          { title: 'Failed requests', svg: errorsChart(results) },
        ],
      },
      {
        title: 'Promises',
        intro: `${verification.listsVerified} lists were held against what every server had been told.`,
        tables: [
          { title: '', table: promisesTable(results) },
          ...(verification.violations.length === 0
            ? []
            : [
                {
                  title: 'The first broken promises',
                  table: {
                    header: ['server', 'promise', 'detail'],
                    rows: verification.violations.map(({ serverId, kind, detail }) => [
                      serverId,
                      kind,
                      detail,
                    ]),
                  },
                },
              ]),
        ],
      },
    ],
    footer: settings.join(' · '),
  });
}

function over(seconds: readonly Second[], of: (second: Second) => number | null) {
  return seconds.map((second) => [second.at, of(second)] as const);
}

function latencyChart({ seconds, sweeps }: LoadResults): string {
  return drawChart({
    kind: 'lines',
    xName: 'seconds',
    yName: 'ms',
    series: [
      { name: 'p50', colour: 'blue', values: over(seconds, (second) => second.listP50Ms) },
      { name: 'p99', colour: 'purple', values: over(seconds, (second) => second.listP99Ms) },
    ],
    marks: { name: 'sweep', spans: sweeps.map(({ from, to }) => [from, to]) },
  });
}

function distributionChart({ lists }: LoadResults): string {
  return drawChart({
    kind: 'lines',
    categories: lists.curve.map(([percent]) => `${percent} %`),
    xName: 'share of lists answered within',
    yName: 'ms (logarithmic)',
    logarithmic: true,
    formatY: readable,
    series: [{ name: 'lists', colour: 'blue', filled: true, values: lists.curve.map(([, ms]) => ms) }],
  });
}

function countsChart({ seconds, sweeps }: LoadResults): string {
  return drawChart({
    kind: 'lines',
    xName: 'seconds',
    yName: 'servers',
    series: [
      { name: 'live', colour: 'green', values: over(seconds, (second) => second.live) },
      { name: 'stale', colour: 'orange', values: over(seconds, (second) => second.stale) },
      { name: 'swept so far', colour: 'grey', dashed: true, values: over(seconds, (second) => second.swept) },
    ],
    marks: { name: 'sweep', spans: sweeps.map(({ from, to }) => [from, to]) },
  });
}

function throughputChart({ seconds }: LoadResults): string {
  return drawChart({
    kind: 'lines',
    xName: 'seconds',
    yName: 'a second',
    series: [
      { name: 'lists', colour: 'blue', values: over(seconds, (second) => second.lists) },
      { name: 'writes', colour: 'green', values: over(seconds, (second) => second.writes) },
    ],
  });
}

function errorsChart({ seconds }: LoadResults): string {
  return drawChart({
    kind: 'lines',
    xName: 'seconds',
    yName: 'failed requests',
    series: [
      { name: 'failed', colour: 'red', filled: true, values: over(seconds, (second) => second.errors) },
    ],
  });
}
