/**
 * The readers: autocannon connections that ask for lists at a constant rate.
 *
 * Each connection is an autocannon of its own, started at its own moment of the second, because one autocannon lets
 * all its connections ask at the same moment of each second. Its correction for coordinated omission is left off:
 * it takes requests a second for milliseconds between requests (version 8.0.0, lib/run.js), which fills in thousands
 * of waits that nobody had. `Latencies` does it with the right interval.
 */
import { setMaxListeners } from 'node:events';
import { setTimeout as delay } from 'node:timers/promises';
import autocannon from 'autocannon';
import type { Latencies } from '../lib/statistics.ts';

export interface ReaderPlan {
  readonly url: URL;
  readonly token: string | undefined;
  readonly readers: number;
  /** Lists a second over all readers; at least one for each. */
  readonly readRate: number;
  readonly durationMs: number;
  readonly signal: AbortSignal;
}

/** What happens to the readers' requests. */
export interface ReaderEvents {
  readonly latencies: Latencies;
  /** An answer that was no success, or none at all. */
  readonly failed: (what: string) => void;
  /** The body of a list. Whether to look at it is up to the receiver: each is told. */
  readonly listed: (body: string, sentAt: number, receivedAt: number) => void;
}

const SECOND_MS = 1000;
const TIMEOUT_S = 10;

/** Resolves when the time is up or the signal is given, and no request is under way. */
export async function runReaders(plan: ReaderPlan, events: ReaderEvents): Promise<void> {
  // Each reader listens for the end.
  setMaxListeners(0, plan.signal);
  await Promise.all(
    Array.from({ length: plan.readers }, async (_, index) => {
      const headStartMs = (index * SECOND_MS) / plan.readers;
      try {
        await delay(headStartMs, undefined, { signal: plan.signal });
      } catch {
        return; // It is over before this one began.
      }
      await runReader(plan, rateOf(index, plan), events);
    }),
  );
}

/** Lists a second for one reader: the rate in equal shares, what is left over to the first. */
export function rateOf(
  index: number,
  { readers, readRate }: Pick<ReaderPlan, 'readers' | 'readRate'>,
): number {
  return Math.floor(readRate / readers) + (index < readRate % readers ? 1 : 0);
}

function runReader(plan: ReaderPlan, ratePerSecond: number, events: ReaderEvents): Promise<void> {
  return new Promise((resolve, reject) => {
    const stop = () => instance.stop();
    const over = (error: unknown) => {
      plan.signal.removeEventListener('abort', stop);
      if (error instanceof Error) reject(error);
      else resolve();
    };
    const instance = startReader(plan, ratePerSecond, events, over);
    plan.signal.addEventListener('abort', stop);
  });
}

function startReader(
  plan: ReaderPlan,
  ratePerSecond: number,
  events: ReaderEvents,
  over: (error: unknown) => void,
): autocannon.Instance {
  let latencyMs = 0;
  const options: autocannon.Options = {
    url: `${plan.url.href.replace(/\/+$/, '')}/servers`,
    connections: 1,
    connectionRate: ratePerSecond,
    duration: plan.durationMs / SECOND_MS,
    timeout: TIMEOUT_S,
    ignoreCoordinatedOmission: true,
    headers: plan.token === undefined ? {} : { Authorization: `Bearer ${plan.token}` },
    // Called right after the answer's event, which has its latency.
    verifyBody: (body) => {
      const receivedAt = Date.now();
      events.listed(String(body), receivedAt - latencyMs, receivedAt);
      return true;
    },
  };
  const instance = autocannon(options, over);
  instance.on('response', (_client, statusCode, _bytes, responseTime) => {
    latencyMs = responseTime;
    events.latencies.record(responseTime, SECOND_MS / ratePerSecond);
    if (statusCode < 200 || statusCode >= 300) events.failed(`status ${statusCode}`);
  });
  instance.on('reqError', (error: unknown) => {
    events.failed(error instanceof Error ? error.message : String(error));
  });
  return instance;
}
