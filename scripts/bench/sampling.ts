/** Paced calls that show for how long an object answers nobody. */
import { setTimeout as delay } from 'node:timers/promises';
import { Connection, type BenchRequest } from './http.ts';
import { measureStolenShare } from './machine.ts';
import type { Runtime } from './runtime.ts';

/**
 * The pause between two calls of one kind: shorter than a slice, and long enough that the runtime seldom has to collect
 * their garbage meanwhile. That stops even a bare object, for 10 ms and more a few times a second at full rate (run).
 */
const CALL_EVERY_MS = 2;

/** An answer's time of arrival (epoch milliseconds), and how long it took. */
export interface Sample {
  readonly at: number;
  readonly ms: number;
  /** Processor time that the runtime used meanwhile: what the wait would have been on a machine of its own. */
  readonly processorMs: number;
  /** Meanwhile the host took the processor away for a tick of its clock, 10 ms, or more: nobody's wait but the machine's. */
  readonly isDisturbed: boolean;
}

/** Calls until it is told to end. */
export async function sampleUntil(
  runtime: Runtime,
  url: URL,
  next: (sent: number) => BenchRequest,
  ended: AbortSignal,
): Promise<Sample[]> {
  const connection = await Connection.open(url);
  const stolenShare = measureStolenShare();
  const samples: Sample[] = [];
  while (!ended.aborted) {
    const processorBefore = runtime.processorTimeUs();
    stolenShare();
    const start = performance.now();
    await connection.send(next(samples.length));
    const ms = performance.now() - start;
    samples.push({
      at: Date.now(),
      ms,
      processorMs: (runtime.processorTimeUs() - processorBefore) / 1000,
      isDisturbed: stolenShare() > 0,
    });
    await delay(CALL_EVERY_MS);
  }
  connection.close();
  return samples;
}

export function longest(values: readonly number[]): number {
  return Math.max(0, ...values);
}
