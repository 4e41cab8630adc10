/** What each operation asks of the storage: calls, and the rows that SQLite says it changed. */
import { setTimeout as delay } from 'node:timers/promises';
import { summarize } from '../../lib/statistics.ts';
import { makeRequest } from '../http.ts';
import type { ContenderName } from '../runtime.ts';
import { CLEANING, workerName, type Bench, type Scenario } from '../scenario.ts';
import { heartbeats, idAt, register, stats } from '../state.ts';
import { entryAt, type StorageCount } from '../worker/contract.ts';

const LIVE = 100;
const STALE = 1000;
const CONTENDERS = ['rollcall', ...CLEANING] as const;
const TTL_MS = 2000;
const LIST = makeRequest('GET', '/servers');

export const storage: Scenario = {
  name: 'storage',
  title: 'Storage',
  seconds: () => 8,
  workers: () => [
    ...CONTENDERS.map((contender) => ({ name: workerName(contender, 'counted'), contender, counted: true })),
    {
      name: workerName('rollcall', 'counted-short'),
      contender: 'rollcall' as const,
      counted: true,
      vars: { SERVER_TTL_MS: TTL_MS, SWEEP_INTERVAL_MS: 1 },
    },
  ],
  run: async (bench) => {
    for (const contender of CONTENDERS) {
      bench.doing(`storage calls of ${contender}`);
      const worker = workerName(contender, 'counted');
      if (contender === 'rollcall') await register(bench.runtime, worker, 0, LIVE);
      else await call(bench, worker, 'seed', { live: LIVE, stale: 0 });
      await countOperations(bench, contender, worker);
    }
    await countSave(bench);
    await countCheckpointAndSweep(bench);
    for (const contender of CLEANING) {
      const worker = workerName(contender, 'counted');
      await call(bench, worker, 'seed', { live: LIVE, stale: STALE });
      await takeCount(bench, worker);
      await bench.runtime.target(worker).send(LIST);
      record(bench, contender, 'sweep, per key', await takeCount(bench, worker), STALE);
    }
  },
};

async function countOperations(bench: Bench, contender: ContenderName, worker: string): Promise<void> {
  const id = idAt(0);
  const newcomer = entryAt(LIVE);
  const operations = {
    list: LIST,
    heartbeat: makeRequest('POST', '/servers/heartbeat', { serverId: id, peers: false }),
    'heartbeat with peers': makeRequest('POST', '/servers/heartbeat', { serverId: id, peers: true }),
    register: makeRequest('POST', '/servers', newcomer),
    'register again': makeRequest('POST', '/servers', newcomer),
    deregister: makeRequest('DELETE', `/servers/${encodeURIComponent(newcomer.serverId)}`),
  };
  for (const [name, request] of Object.entries(operations)) {
    await takeCount(bench, worker);
    await bench.runtime.target(worker).send(request);
    record(bench, contender, name, await takeCount(bench, worker), 1);
  }
}

/** A save, to the journal, of as many as move between two saves. */
async function countSave(bench: Bench): Promise<void> {
  const worker = workerName('rollcall', 'counted');
  await call(bench, worker, 'save');
  await heartbeats(bench.runtime, worker, 0, LIVE);
  await takeCount(bench, worker);
  await call(bench, worker, 'save');
  record(bench, 'rollcall', 'save', await takeCount(bench, worker), 1);
}

/** The product's own alarms: one that folds a full journal, and those of a whole fleet that falls silent. */
async function countCheckpointAndSweep(bench: Bench): Promise<void> {
  const { runtime, signal } = bench;
  const worker = workerName('rollcall', 'counted-short');
  await register(runtime, worker, 0, STALE);
  for (let isCounted = false; !isCounted;) {
    await heartbeats(runtime, worker, 0, STALE);
    await call(bench, worker, 'save');
    const { checkpoints } = await stats(runtime, worker);
    await takeCount(bench, worker);
    // Where the alarm rang in between, there is none to come until the next heartbeats.
    const untilMs = Date.now() + TTL_MS / 2;
    while (!isCounted && Date.now() < untilMs) {
      await delay(20, undefined, { signal });
      isCounted = (await stats(runtime, worker)).checkpoints > checkpoints;
    }
  }
  record(bench, 'rollcall', 'checkpoint', await takeCount(bench, worker), 1);

  let swept = await stats(runtime, worker);
  const sweptBefore = swept.swept;
  await takeCount(bench, worker);
  while (swept.live + swept.stale > 0) {
    await delay(50, undefined, { signal });
    swept = await stats(runtime, worker);
  }
  record(bench, 'rollcall', 'sweep, per key', await takeCount(bench, worker), swept.swept - sweptBefore);
}

function call(bench: Bench, worker: string, method: string, ...args: unknown[]): Promise<unknown> {
  return bench.runtime.call({ binding: worker, method, args });
}

async function takeCount(bench: Bench, worker: string): Promise<StorageCount> {
  const count = await call(bench, worker, 'takeStorageCount');
  if (!isStorageCount(count)) throw new Error(`${worker} counted ${JSON.stringify(count)}`);
  return count;
}

function isStorageCount(value: unknown): value is StorageCount {
  return typeof value === 'object' && value !== null && 'rowsWritten' in value && 'calls' in value;
}

function record(
  bench: Bench,
  contender: ContenderName,
  operation: string,
  count: StorageCount,
  per: number,
): void {
  const calls = Object.values(count.calls).reduce((sum, each) => sum + each, 0);
  const name = { scenario: 'storage', case: operation, contender } as const;
  bench.record({ ...name, metric: 'storage calls', unit: 'calls', summary: summarize([calls / per]) });
  bench.record({ ...name, metric: 'rows read', unit: 'rows', summary: summarize([count.rowsRead / per]) });
  bench.record({
    ...name,
    metric: 'rows written',
    unit: 'rows',
    summary: summarize([count.rowsWritten / per]),
  });
}
