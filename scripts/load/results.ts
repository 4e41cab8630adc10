/** What a load run finds out, as `--json` writes it, and its summary as tables. */
import { readable, type TextTable } from '../lib/report/tables.ts';
import type { LatencySummary } from '../lib/statistics.ts';
import type { ComebackResults } from './comeback.ts';
import type { WatcherResults } from './watchers.ts';
import type { Rule } from '../lib/audit/violation.ts';

/** One second of the run. */
export interface Second {
  /** Seconds since the measurement began. */
  readonly at: number;
  readonly lists: number;
  readonly listP50Ms: number;
  readonly listP99Ms: number;
  readonly writes: number;
  readonly writeP99Ms: number;
  readonly errors: number;
  /** As the registry says; null where it did not say in time. */
  readonly live: number | null;
  readonly stale: number | null;
  /** Since the measurement began. */
  readonly swept: number | null;
}

/** One sweep: seconds since the measurement began, and how many keys it deleted. */
export interface SweepMark {
  readonly from: number;
  readonly to: number;
  readonly deleted: number;
}

export interface LoadResults {
  readonly at: string;
  readonly target: string;
  readonly isLocal: boolean;
  readonly settings: Readonly<Record<string, string>>;
  readonly complete: boolean;
  readonly measuredSeconds: number;
  readonly lists: {
    readonly perSecond: number;
    readonly failed: number;
    /** With the waits filled in of requests that a slow answer held up. */
    readonly corrected: LatencySummary;
    readonly measured: LatencySummary;
    readonly curve: readonly (readonly [percent: number, ms: number])[];
  };
  readonly writes: { readonly perSecond: number; readonly failed: number; readonly latency: LatencySummary };
  /** Causes of failed requests, and how often. */
  readonly errors: Readonly<Record<string, number>>;
  readonly died: number;
  readonly sessions: { readonly wanted: number; readonly heldAtEnd: number };
  readonly watchers: WatcherResults;
  /** Null where the registry was not killed. */
  readonly comeback: ComebackResults | null;
  readonly verification: {
    readonly listsVerified: number;
    /** How many servers broke each promise. */
    readonly counts: Readonly<Record<string, number>>;
    /** The first of them; epoch milliseconds. */
    readonly violations: readonly {
      readonly kind: Rule;
      readonly serverId: string;
      readonly at: number;
      readonly detail: string;
    }[];
  };
  readonly seconds: readonly Second[];
  readonly sweeps: readonly SweepMark[];
}

/** Shown whether they were broken or not. */
const PROMISES: readonly Rule[] = [
  'live server missing',
  'dead server listed',
  'acknowledged write not seen',
  'registration forgotten',
  'server listed twice',
  'unknown server listed',
];

/** Whether every promise was held, and there was anything to hold it against. */
export function passed({ verification, lists, watchers, comeback }: LoadResults): boolean {
  if (comeback !== null && !isBack(comeback)) return false;
  if (watchers.differing + watchers.behindAtEnd > 0) return false;
  if (watchers.wanted > 0 && watchers.verified === 0) return false;
  return verification.violations.length === 0 && verification.listsVerified > 0 && lists.corrected.count > 0;
}

/** Whether every session came back, no server lost its place, and the lists went on. */
function isBack({ allHeldAfterMs, registeredAgain, listsFailed }: ComebackResults): boolean {
  return allHeldAfterMs !== null && registeredAgain + listsFailed === 0;
}

/** Throughput and latencies of reads and writes. */
export function latencyTable({ lists, writes }: LoadResults): TextTable {
  const row = (name: string, perSecond: string, failed: string, latency: LatencySummary) => [
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

/** Each promise, and how many servers it was broken to. */
export function promisesTable({ verification: { counts } }: LoadResults): TextTable {
  const all = new Set<string>([...PROMISES, ...Object.keys(counts)]);
  return {
    header: ['promise', 'broken', ''],
    rows: [...all].map((rule) => {
      const times = counts[rule] ?? 0;
      return [`no ${rule}`, String(times), times === 0 ? 'held' : 'FAILED'];
    }),
  };
}

/** What the registry did meanwhile. */
export function registryTable(results: LoadResults): TextTable {
  const { seconds, sweeps, died, errors, sessions, watchers, comeback } = results;
  const last = seconds.at(-1);
  const longestMs = Math.max(0, ...sweeps.map(({ from, to }) => (to - from) * 1000));
  return {
    header: ['registry', ''],
    rows: [
      ['live at the end', String(last?.live ?? '–')],
      ...(sessions.wanted > 0 ? [['sessions held at the end', String(sessions.heldAtEnd)]] : []),
      ...(watchers.wanted > 0
        ? [
            ['steps of watchers verified', String(watchers.verified)],
            ['steps with another list', String(watchers.differing)],
            ['watchers without the list at the end', String(watchers.behindAtEnd)],
          ]
        : []),
      ...(comeback === null ? [] : comebackRows(comeback)),
      ['servers that died', String(died)],
      ['swept', String(last?.swept ?? '–')],
      ['sweeps', String(sweeps.length)],
      ['longest sweep, with its pauses', `${readable(longestMs)} ms`],
      ...Object.entries(errors).map(([what, times]) => [`failed: ${what}`, String(times)]),
    ],
  };
}

function comebackRows(comeback: ComebackResults): string[][] {
  const { downMs, sessionsLost, allHeldAfterMs, registeredAgain, listsFailed } = comeback;
  const shownMs = (ms: number | null) => (ms === null ? 'never' : `${readable(ms)} ms`);
  return [
    ['killed, and back after', shownMs(downMs)],
    ['sessions lost by that', String(sessionsLost)],
    ['all held again after', shownMs(allHeldAfterMs)],
    ['servers that had to register again', String(registeredAgain)],
    ['lists that failed after it was back', String(listsFailed)],
  ];
}
