/** Puts contenders in a state: the product through its own methods, the others by a seed. */
import { RegistryClient } from '../../src/client/client.ts';
import type { Runtime, WorkerContender } from './runtime.ts';
import { entryAt } from './worker/contract.ts';

/** Calls in flight while a registry is filled: enough to keep it busy. */
const FILL_CONCURRENCY = 128;
/** Calls of one plan; more would keep one request of the driver going for too long. */
const CALLS_PER_PLAN = 5000;

/** Makes a contender hold the servers 0 to `live - 1`, live. */
export async function fill(
  runtime: Runtime,
  contender: WorkerContender,
  worker: string,
  live: number,
): Promise<void> {
  if (contender === 'rollcall') await register(runtime, worker, 0, live);
  else await runtime.target(worker).post('/seed', { live, stale: 0 });
}

/** Registers the servers `from` to `from + count - 1` with the product's object. */
export function register(runtime: Runtime, worker: string, from: number, count: number): Promise<void> {
  return forEach(runtime, worker, from, count, { method: 'register', argument: 'registration' });
}

/** One heartbeat each, without peers, for the servers `from` to `from + count - 1`. */
export function heartbeats(runtime: Runtime, worker: string, from: number, count: number): Promise<void> {
  return forEach(runtime, worker, from, count, { method: 'heartbeat', argument: 'quiet-heartbeat' });
}

async function forEach(
  runtime: Runtime,
  worker: string,
  from: number,
  count: number,
  call: { readonly method: string; readonly argument: 'registration' | 'quiet-heartbeat' },
): Promise<void> {
  for (let done = 0; done < count; done += CALLS_PER_PLAN) {
    const calls = Math.min(CALLS_PER_PLAN, count - done);
    await runtime.drive({
      binding: worker,
      ...call,
      calls,
      concurrency: FILL_CONCURRENCY,
      from: from + done,
      ids: calls,
    });
  }
}

export type Stats = Awaited<ReturnType<RegistryClient['stats']>>;

/** What a Worker that runs the product says of its own state. */
export function stats(runtime: Runtime, worker: string): Promise<Stats> {
  return new RegistryClient(runtime.target(worker).url).stats();
}

/** The id of the nth server. */
export function idAt(index: number): string {
  return entryAt(index).serverId;
}
