/** One load run: a ramp of servers, then readers and churn, while everything is verified; then a farewell. */
import { setTimeout as delay } from 'node:timers/promises';
import { RegistryClient } from '../../src/client/client.ts';
import { isWholeList } from '../../src/client/answers.ts';
import { seededRandom } from '../report/random.ts';
import { Fleet } from './fleet.ts';
import { Latencies } from './latencies.ts';
import type { LoadOptions } from './options.ts';
import { runReaders } from './readers.ts';
import type { LoadResults } from './results.ts';
import type { Screen } from './screen.ts';
import type { ClockOffset } from './target.ts';
import { Timeline } from './timeline.ts';
import { Verifier } from './verifier.ts';

/** Verifying takes at most this share of this process' time: the readers need the rest. */
const VERIFYING_SHARE = 0.15;

export interface LoadTarget {
  readonly url: URL;
  readonly isLocal: boolean;
  readonly ttlMs: number;
  readonly clock: ClockOffset;
  /** Variables of a registry started for the run, to be named in the report. */
  readonly settings: Readonly<Record<string, string | number>>;
}

/** Resolves with what was found; aborted, with what was found until then. */
export async function runLoad(
  target: LoadTarget,
  options: LoadOptions,
  screen: Screen,
  signal: AbortSignal,
): Promise<LoadResults> {
  const { url, ttlMs, clock } = target;
  const { token } = options;
  // The time as well, so that a second run doesn't meet what the first one left.
  const idPrefix = `load-${options.seed}-${Date.now().toString(36)}-`;
  const { allowanceMs } = options;
  const verifier = new Verifier({ ttlMs, allowanceMs, clockAtLeastMs: clock.atLeastMs, idPrefix });
  const lists = new Latencies();
  const writes = new Latencies();
  const errors = new Map<string, number>();
  const failures = { lists: 0, writes: 0 };
  const failed = (kind: keyof typeof failures) => (what: string) => {
    failures[kind] += 1;
    errors.set(what, (errors.get(what) ?? 0) + 1);
  };
  const client = new RegistryClient(url, token === undefined ? {} : { token });
  const random = seededRandom(options.seed);
  const fleet = new Fleet({ ...options, url, idPrefix, random }, verifier, writes, failed('writes'));
  const timeline = new Timeline({
    client,
    lists,
    writes,
    errorCount: () => failures.lists + failures.writes,
    onSecond: (second, stats) => {
      if (stats?.absence) verifier.excuse(stats.absence.until + options.heartbeatEveryMs * 2);
      screen.second(second, { alive: fleet.aliveCount, violations: verifier.counts });
    },
  });

  let startedAt = performance.now();
  let complete = false;
  const over = new AbortController();
  const stopping = AbortSignal.any([signal, over.signal]);
  try {
    screen.phase('ramp', options.rampMs);
    await fleet.start(options.rampMs, signal);
    screen.phase('load', options.durationMs);
    timeline.start();
    startedAt = performance.now();
    const churning = fleet.churn(stopping);
    const plan = { ...options, url, signal };
    await runReaders(plan, { latencies: lists, failed: failed('lists'), listed: sampling(verifier) });
    over.abort();
    await churning;
    complete = !signal.aborted;
  } catch (error) {
    if (!signal.aborted) throw error;
  } finally {
    over.abort();
    timeline.stop();
    screen.phase('farewell', 0);
    await Promise.race([fleet.end(), delay(FAREWELL_WITHIN_MS, undefined, { ref: false })]);
  }
  const measuredSeconds = (performance.now() - startedAt) / 1000;
  const seconds = timeline.seconds;
  return {
    at: new Date().toISOString(),
    target: url.origin,
    isLocal: target.isLocal,
    settings: describe(options, target),
    complete,
    measuredSeconds,
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
    died: fleet.diedCount,
    verification: {
      listsVerified: verifier.listsVerified,
      counts: Object.fromEntries(verifier.counts),
      violations: verifier.violations,
    },
    seconds,
    sweeps: timeline.sweeps,
  };
}

const FAREWELL_WITHIN_MS = 15_000;

/** Verifies as many lists as fit its share of the time, the first among them. */
function sampling(verifier: Verifier): (body: string, sentAt: number, receivedAt: number) => void {
  let nextAt = 0;
  return (body, sentAt, receivedAt) => {
    const start = performance.now();
    if (start < nextAt) return;
    const answer: unknown = JSON.parse(body);
    if (isWholeList(answer)) verifier.check({ sentAt, receivedAt, servers: answer.servers });
    const tookMs = performance.now() - start;
    nextAt = performance.now() + tookMs * (1 / VERIFYING_SHARE - 1);
  };
}

function describe(options: LoadOptions, target: LoadTarget): Record<string, string> {
  const seconds = (ms: number) => `${ms / 1000} s`;
  return {
    servers: String(options.servers),
    'heartbeat every': seconds(options.heartbeatEveryMs),
    readers: String(options.readers),
    'read rate': `${options.readRate}/s`,
    churn: `${options.churnPerMinute * 100} %/min`,
    ramp: seconds(options.rampMs),
    duration: seconds(options.durationMs),
    seed: String(options.seed),
    TTL: seconds(target.ttlMs),
    allowance: seconds(options.allowanceMs),
    ...Object.fromEntries(Object.entries(target.settings).map(([name, value]) => [name, String(value)])),
  };
}

function mean(values: readonly number[]): number {
  return values.length === 0 ? 0 : values.reduce((sum, value) => sum + value, 0) / values.length;
}
