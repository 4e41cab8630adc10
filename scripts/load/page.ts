/** The page of a load run. */
import { drawChart, type Series } from '../lib/report/chart.ts';
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
          {
            title: 'List latency over time',
            svg: overTime(results, 'ms', [
              { name: 'p50', colour: 'blue', of: (second) => second.listP50Ms },
              { name: 'p99', colour: 'purple', of: (second) => second.listP99Ms },
            ]),
          },
          { title: 'List latency distribution', svg: distributionChart(results) },
        ],
        tables: [{ title: '', table: latencyTable(results) }],
      },
      {
        title: 'The registry',
        intro: 'What it holds and has swept, by its own count.',
        charts: [
          {
            title: 'Live, stale and swept',
            svg: overTime(results, 'servers', [
              { name: 'live', colour: 'green', of: (second) => second.live },
              { name: 'stale', colour: 'orange', of: (second) => second.stale },
              { name: 'swept so far', colour: 'grey', dashed: true, of: (second) => second.swept },
            ]),
          },
        ],
        tables: [{ title: '', table: registryTable(results) }],
      },
      {
        title: 'Throughput and errors',
        intro: 'Answers and failed requests in each second.',
        charts: [
          {
            title: 'Throughput',
            svg: overTime(results, 'a second', [
              { name: 'lists', colour: 'blue', of: (second) => second.lists },
              { name: 'writes', colour: 'green', of: (second) => second.writes },
            ]),
          },
          {
            title: 'Failed requests',
            svg: overTime(results, 'failed requests', [
              { name: 'failed', colour: 'red', filled: true, of: (second) => second.errors },
            ]),
          },
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

type Line = Omit<Series, 'values'> & { readonly of: (second: Second) => number | null };

/** Lines over the seconds of the run, with each sweep marked. */
function overTime({ seconds, sweeps }: LoadResults, yName: string, lines: readonly Line[]): string {
  return drawChart({
    kind: 'lines',
    xName: 'seconds',
    yName,
    series: lines.map(({ of, ...line }) => ({
      ...line,
      values: seconds.map((second) => [second.at, of(second)] as const),
    })),
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
