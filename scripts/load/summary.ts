/** The summary of a load run, as tables. */
import { readable, type TextTable } from '../report/text-table.ts';
import type { LoadResults } from './results.ts';

const PROMISES = [
  'live server missing',
  'dead server listed',
  'acknowledged write not seen',
  'registration forgotten',
  'server listed twice',
  'unknown server listed',
] as const;

/** Throughput and latencies of reads and writes. */
export function latencyTable({ lists, writes }: LoadResults): TextTable {
  const row = (
    name: string,
    perSecond: string,
    failed: string,
    latency: LoadResults['lists']['corrected'],
  ) => [
    name,
    perSecond,
    failed,
    ...[latency.p50, latency.p90, latency.p99, latency['p99.9'], latency.max].map(readable),
  ];
  return {
    header: ['', 'a second', 'failed', 'p50 ms', 'p90 ms', 'p99 ms', 'p99.9 ms', 'max ms'],
    rows: [
      row('lists, corrected', readable(lists.perSecond), String(lists.failed), lists.corrected),
      row('lists, as measured', '', '', lists.measured),
      row('writes', readable(writes.perSecond), String(writes.failed), writes.latency),
    ],
  };
}

/** Each promise, and how often it was broken. */
export function promisesTable({ verification }: LoadResults): TextTable {
  return {
    header: ['promise', 'broken', ''],
    rows: PROMISES.map((kind) => {
      const times = verification.counts[kind] ?? 0;
      return [`no ${kind}`, String(times), times === 0 ? 'held' : 'FAILED'];
    }),
  };
}

/** What the registry did meanwhile. */
export function registryTable({ seconds, sweeps, died, errors }: LoadResults): TextTable {
  const last = seconds.at(-1);
  const longestMs = Math.max(0, ...sweeps.map(({ from, to }) => (to - from) * 1000));
  return {
    header: ['registry', ''],
    rows: [
      ['live at the end', String(last?.live ?? '–')],
      ['servers that died', String(died)],
      ['swept', String(last?.swept ?? '–')],
      ['sweeps', String(sweeps.length)],
      ['longest sweep, with its pauses', `${readable(longestMs)} ms`],
      ...Object.entries(errors).map(([what, times]) => [`failed: ${what}`, String(times)]),
    ],
  };
}
