/** The readers: connections that ask for lists at a constant rate, each starting at its own moment of the second. */
import { setMaxListeners } from 'node:events';
import { setTimeout as delay } from 'node:timers/promises';
import { Client } from 'undici';
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
const TIMEOUT_MS = 10_000;

/** Resolves when the time is up or the signal is given, and no request is under way. */
export async function runReaders(plan: ReaderPlan, events: ReaderEvents): Promise<void> {
  // Each reader listens for the end.
  setMaxListeners(0, plan.signal);
  const endsAt = performance.now() + plan.durationMs;
  await Promise.all(Array.from({ length: plan.readers }, (_, index) => read(index, plan, endsAt, events)));
}

/** Lists a second for one reader: the rate in equal shares, what is left over to the first. */
export function rateOf(
  index: number,
  { readers, readRate }: Pick<ReaderPlan, 'readers' | 'readRate'>,
): number {
  return Math.floor(readRate / readers) + (index < readRate % readers ? 1 : 0);
}

async function read(index: number, plan: ReaderPlan, endsAt: number, events: ReaderEvents): Promise<void> {
  const { url, token, readers, signal } = plan;
  const client = new Client(url.origin, { headersTimeout: TIMEOUT_MS, bodyTimeout: TIMEOUT_MS });
  const path = `${url.pathname.replace(/\/+$/, '')}/servers`;
  const headers = token === undefined ? {} : { Authorization: `Bearer ${token}` };
  const everyMs = SECOND_MS / rateOf(index, plan);
  let dueAt = performance.now() + (index * SECOND_MS) / readers;
  try {
    while (dueAt < endsAt && !signal.aborted) {
      const waitMs = dueAt - performance.now();
      if (waitMs > 0) await delay(waitMs, undefined, { signal });
      const start = performance.now();
      const sentAt = Date.now();
      try {
        const { statusCode, body } = await client.request({ method: 'GET', path, headers });
        const text = await body.text();
        events.latencies.record(performance.now() - start, everyMs);
        if (statusCode === 200) events.listed(text, sentAt, Date.now());
        else events.failed(`status ${statusCode}`);
      } catch (error) {
        events.failed(error instanceof Error ? error.message : String(error));
      }
      // One that was held up is not made up for: the correction for coordinated omission fills it in.
      dueAt = Math.max(dueAt + everyMs, performance.now());
    }
  } catch (error) {
    if (!signal.aborted) throw error;
  } finally {
    await client.destroy();
  }
}
