/** One load run: a ramp of servers, then readers and churn, while everything is verified; then a farewell. */
import { setTimeout as delay } from 'node:timers/promises';
import { listUrl } from '../../src/client/addresses.ts';
import { isWholeList } from '../../src/client/answers.ts';
import { RegistryClient, type RegistryError } from '../../src/client/client.ts';
import { Auditor } from '../lib/audit/auditor.ts';
import { Fleet } from '../lib/audit/fleet.ts';
import { Ledger } from '../lib/audit/ledger.ts';
import { RecordedClient } from '../lib/audit/recorded-client.ts';
import type { Terms } from '../lib/audit/terms.ts';
import { randomStream } from '../lib/random.ts';
import type { LocalRegistry } from '../lib/registry/local-registry.ts';
import type { Screen } from '../lib/screen.ts';
import { Latencies } from '../lib/statistics.ts';
import { Comeback } from './comeback.ts';
import type { LoadOptions } from './options.ts';
import { runReaders, type ReaderEvents } from './readers.ts';
import type { LoadResults } from './results.ts';
import { secondLines, Timeline } from './timeline.ts';
import { Watching, type WatcherResults } from './watchers.ts';

/** Verifying takes at most this share of this process' time: the readers need the rest. */
const VERIFYING_SHARE = 0.15;
const CHURN_EVERY_MS = 250;
const MINUTE_MS = 60_000;
const FAREWELL_WITHIN_MS = 15_000;
/** Without a terminal, a line every so many milliseconds. */
const LINE_EVERY_MS = 10_000;

export interface LoadTarget {
  readonly url: URL;
  readonly isLocal: boolean;
  readonly terms: Terms;
  /** Variables of a registry started for the run, to be named in the report. */
  readonly settings: Readonly<Record<string, string | number>>;
  /** The registry started for the run, if one was. */
  readonly registry?: LocalRegistry;
}

/** Resolves with what was found; aborted, with what was found until then. */
export async function runLoad(
  target: LoadTarget,
  options: LoadOptions,
  screen: Screen,
  signal: AbortSignal,
): Promise<LoadResults> {
  const url = new URL(listUrl(target.url, options.list));
  const { servers, rampMs, durationMs, killAfterMs, token } = options;
  const access = token === undefined ? {} : { token };
  // The time as well, so that a second run doesn't meet what the first one left.
  const idPrefix = `load-${options.seed}-${Date.now().toString(36)}-`;
  const ledger = new Ledger(target.terms);
  const auditor = new Auditor(ledger, Date.now(), (serverId) => serverId.startsWith(idPrefix));
  ledger.up(Date.now());
  const lists = new Latencies();
  const writes = new Latencies();
  const errors = new Map<string, number>();
  const failures = { lists: 0, writes: 0 };
  const failed = (kind: keyof typeof failures, what: string) => {
    failures[kind] += 1;
    errors.set(what, (errors.get(what) ?? 0) + 1);
  };
  const recording = {
    ...access,
    heartbeatEveryMs: options.heartbeatEveryMs,
    answered: (ms: number) => writes.record(ms),
    failed: ({ kind, message }: RegistryError) => {
      if (kind !== 'aborted') failed('writes', kind === 'refused' ? `write refused: ${message}` : kind);
    },
  };
  const fleet = new Fleet({
    registration: (index) => ({
      serverId: `${idPrefix}${index}`,
      endpoint: `wss://load-${index}.example.net:4433/play`,
      publicKey: `key-of-${idPrefix}${index}`,
    }),
    client: () => new RecordedClient(url, { ledger, auditor }, recording),
    session: (index) => index < options.sessions,
  });
  const client = new RegistryClient(url, access);
  const comeback =
    target.registry &&
    new Comeback({
      registry: target.registry,
      client,
      ledger,
      auditor,
      fleet,
      listsFailed: () => failures.lists,
    });
  const timeline = new Timeline({
    client,
    lists,
    writes,
    errorCount: () => failures.lists + failures.writes,
    told: (reading, stats) => {
      if (!comeback?.isDown) auditor.stats(reading, stats);
    },
  });

  let startedAt = performance.now();
  const sessions = { wanted: options.sessions, heldAtEnd: 0 };
  const watching = new Watching({ url, token, watchers: options.watchers });
  let watchers: WatcherResults = { wanted: options.watchers, verified: 0, differing: 0, behindAtEnd: 0 };
  let complete = false;
  let listsVerified = 0;
  const over = new AbortController();
  const stopping = AbortSignal.any([signal, over.signal]);
  const listed = sampling((body, sentAt, receivedAt) => {
    const answer: unknown = JSON.parse(body);
    if (!isWholeList(answer)) return;
    listsVerified += 1;
    auditor.list({ sentAt, receivedAt }, answer.servers);
  });
  try {
    show(screen, 'servers register');
    await fleet.start(servers, rampMs, signal);
    screen.note('under load');
    timeline.start();
    startedAt = performance.now();
    const endsAt = startedAt + durationMs;
    const lines = () => secondLines(timeline, fleet.alive, auditor.counts, endsAt);
    screen.follow(() => lines().join('\n'), { line: () => lines().join('; '), everyMs: LINE_EVERY_MS });
    const churning = churn(fleet, options, stopping);
    const killing = killAfterMs === undefined ? undefined : comeback?.run(killAfterMs, signal);
    // Awaited below; until then its rejection is not to count as unhandled.
    killing?.catch(() => undefined);
    const plan = { ...options, url, token, signal };
    await runReaders(plan, { latencies: lists, failed: (what) => failed('lists', what), listed });
    over.abort();
    await churning;
    await killing;
    sessions.heldAtEnd = ledger.sessions.held;
    if (!signal.aborted) watchers = await watching.end();
    complete = !signal.aborted;
  } catch (error) {
    if (!signal.aborted) throw error;
  } finally {
    over.abort();
    watching.stop();
    timeline.stop();
    show(screen, 'servers deregister');
    const farewell = fleet.end({ deregister: true });
    await Promise.race([farewell, delay(FAREWELL_WITHIN_MS, undefined, { ref: false })]);
    screen.rest();
  }
  const { seconds, sweeps } = timeline;
  return {
    at: new Date().toISOString(),
    target: url.origin,
    isLocal: target.isLocal,
    settings: describe(options, target),
    complete,
    measuredSeconds: (performance.now() - startedAt) / 1000,
    lists: {
      perSecond: mean(seconds.map((second) => second.lists)),
      failed: failures.lists,
      corrected: lists.corrected(),
      measured: lists.measured(),
      curve: lists.curve(),
    },
    writes: {
      perSecond: mean(seconds.map((second) => second.writes)),
      failed: failures.writes,
      latency: writes.measured(),
    },
    errors: Object.fromEntries(errors),
    died: fleet.died,
    sessions,
    watchers,
    comeback: comeback?.results ?? null,
    verification: {
      listsVerified,
      counts: Object.fromEntries(auditor.counts),
      violations: auditor.violations.map(({ rule: kind, serverId, at, detail }) => ({
        kind,
        serverId: serverId ?? '',
        at,
        detail,
      })),
    },
    seconds,
    sweeps,
  };
}

/** Lets servers die and starts others in their place, at random by the seed, until the signal. */
async function churn(fleet: Fleet, options: LoadOptions, signal: AbortSignal): Promise<void> {
  const random = randomStream(options.seed, 'churn');
  const perMs = (options.servers * options.churnPerMinute) / MINUTE_MS;
  let due = 0;
  for (let last = performance.now(); !signal.aborted;) {
    await delay(CHURN_EVERY_MS, undefined, { signal }).catch(() => undefined);
    const now = performance.now();
    due += (now - last) * perMs;
    last = now;
    for (; due >= 1 && !signal.aborted; due -= 1) void fleet.replaceOne(random);
  }
}

type Listed = ReaderEvents['listed'];

/** Verifies as many lists as fit its share of the time, the first among them. */
function sampling(verify: Listed): Listed {
  let nextAt = 0;
  return (body, sentAt, receivedAt) => {
    const start = performance.now();
    if (start < nextAt) return;
    verify(body, sentAt, receivedAt);
    const tookMs = performance.now() - start;
    nextAt = performance.now() + tookMs * (1 / VERIFYING_SHARE - 1);
  };
}

function show(screen: Screen, phase: string): void {
  screen.note(phase);
  screen.follow(() => `${phase} …`);
}

function describe(options: LoadOptions, { terms, settings }: LoadTarget): Record<string, string> {
  const seconds = (ms: number) => `${ms / 1000} s`;
  return {
    list: options.list,
    servers: String(options.servers),
    sessions: String(options.sessions),
    'heartbeat every': seconds(options.heartbeatEveryMs),
    readers: String(options.readers),
    watchers: String(options.watchers),
    'read rate': `${options.readRate}/s`,
    churn: `${options.churnPerMinute * 100} %/min`,
    ramp: seconds(options.rampMs),
    duration: seconds(options.durationMs),
    ...(options.killAfterMs !== undefined && { 'kill after': seconds(options.killAfterMs) }),
    seed: String(options.seed),
    TTL: seconds(terms.ttlMs),
    allowance: seconds(options.allowanceMs),
    ...Object.fromEntries(Object.entries(settings).map(([name, value]) => [name, String(value)])),
  };
}

function mean(values: readonly number[]): number {
  return values.length === 0 ? 0 : values.reduce((sum, value) => sum + value, 0) / values.length;
}
