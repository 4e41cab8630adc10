/** Does a list wait for cleanup? Lists with stale keys waiting, and the list that comes first after they ran out. */
import { setTimeout as delay } from 'node:timers/promises';
import { compareLoops, recordAll, type Entrant, type Metric } from '../compare.ts';
import { makeRequest } from '../http.ts';
import { CLEANING, counted, workerName, type Bench, type Scenario } from '../scenario.ts';
import { heartbeats, register, stats } from '../state.ts';

const LIVE = 1000;
const ATTEMPTS = 4;
const CONNECTIONS = 2;
const HOUR_MS = 3_600_000;
const LIST = makeRequest('GET', '/servers');
/** A sweep takes whatever is stale when it starts, so the one lease that sets it off ends this much sooner. */
const PILOT_AHEAD_MS = 1500;
/** The stale servers' numbers start here, so that the live ones are the same in every state. */
const STALE_FROM = 100_000;

/** When the last of the waiting leases runs out, by Worker; epoch milliseconds. */
const staleAt = new Map<string, number>();

export const independence: Scenario = {
  name: 'independence',
  title: 'Read independence',
  seconds: (profile) => (profile.name === 'full' ? 95 : 18),
  workers: (profile) => [
    ...profile.staleCounts.flatMap((stale) => [
      {
        name: workerName('rollcall', `waiting-${stale}`),
        contender: 'rollcall' as const,
        vars: { SERVER_TTL_MS: profile.waitingTtlMs, SWEEP_INTERVAL_MS: HOUR_MS },
      },
      {
        name: workerName('rollcall', `first-${stale}`),
        contender: 'rollcall' as const,
        vars: { SERVER_TTL_MS: profile.first.ttlMs, SWEEP_INTERVAL_MS: HOUR_MS },
      },
    ]),
    ...CLEANING.map((contender) => ({ name: workerName(contender, 'first'), contender })),
  ],
  prepare: async (bench) => {
    const { runtime, profile } = bench;
    const objects = profile.staleCounts.flatMap((stale) => [
      { stale, worker: workerName('rollcall', `waiting-${stale}`), ttlMs: profile.waitingTtlMs },
      { stale, worker: workerName('rollcall', `first-${stale}`), ttlMs: profile.first.ttlMs },
    ]);
    // Its end sets off a sweep; the next may come after an hour, so what runs out later has to wait.
    for (const { worker } of objects) await register(runtime, worker, STALE_FROM - 1, 1);
    await delay(PILOT_AHEAD_MS, undefined, { signal: bench.signal });
    for (const { stale, worker, ttlMs } of objects) {
      bench.doing(`${counted(stale)} servers that will fall silent`);
      await register(runtime, worker, STALE_FROM, stale);
      staleAt.set(worker, Date.now() + ttlMs);
    }
  },
  run: async (bench) => {
    await following(bench);
    await first(bench);
  },
};

/** Lists while the stale keys wait, long after the list that found them. */
async function following(bench: Bench): Promise<void> {
  const { runtime, profile } = bench;
  const workers = profile.staleCounts.map((stale) => workerName('rollcall', `waiting-${stale}`));
  await until(
    Math.max(...workers.map((worker) => staleAt.get(worker) ?? 0)) + 200,
    bench,
    'leases to run out',
  );
  for (const [index, stale] of profile.staleCounts.entries()) {
    await waitingState(bench, workers[index] ?? '', stale);
  }
  // Last, so that their leases outlive the measurement.
  for (const worker of workers) await register(runtime, worker, 0, LIVE);
  bench.doing('lists with stale keys waiting');
  const entrant = (stale: number): Entrant => ({
    contender: 'rollcall',
    case: `${counted(stale)} waiting`,
    server: workerName('rollcall', `waiting-${stale}`),
    next: () => LIST,
  });
  const [none, ...others] = profile.staleCounts;
  await compareLoops(bench, {
    scenario: 'independence',
    entrants: [entrant(none), ...others.map(entrant)],
    referenceName: 'none waiting',
    connections: CONNECTIONS,
  });
}

/**
 * Sees to it that so many keys wait. On a machine so busy that its alarm rang seconds late, the registry took itself
 * for absent, gave all leases more time, and swept them at once; what runs out after that sweep has to wait.
 */
async function waitingState(bench: Bench, worker: string, stale: number): Promise<void> {
  const { runtime, profile } = bench;
  for (let attempt = 0; attempt < ATTEMPTS; attempt += 1) {
    if ((await stats(runtime, worker)).stale >= stale) return;
    await register(runtime, worker, STALE_FROM, stale);
    await until(Date.now() + profile.waitingTtlMs + 200, bench, 'leases to run out');
  }
  throw new Error(
    `${worker} doesn't come to hold ${stale} stale keys: ${JSON.stringify(await stats(runtime, worker))}`,
  );
}

interface FirstLists {
  readonly firstMs: number;
  readonly nextMs: number;
}

/** The first list after leases ran out, and the one after it. The product's are revived each round, by heartbeats. */
async function first(bench: Bench): Promise<void> {
  const { profile } = bench;
  const found = new Map<string, FirstLists[]>();
  const add = (contender: string, stale: number, lists: FirstLists) => {
    const key = `${contender}/${stale}`;
    found.set(key, [...(found.get(key) ?? []), lists]);
  };
  for (const stale of profile.staleCounts) {
    await register(bench.runtime, workerName('rollcall', `first-${stale}`), 0, LIVE);
  }
  const { rounds } = profile.first;
  for (let round = -1; round < rounds; round += 1) {
    bench.signal.throwIfAborted();
    bench.doing(`the first list after leases ran out, round ${Math.max(1, round + 1)} of ${rounds}`);
    const ends = await reviveAll(bench);
    for (const contender of CLEANING) {
      for (const stale of profile.staleCounts) {
        const worker = workerName(contender, 'first');
        await bench.runtime.target(worker).post('/seed', { live: LIVE, stale });
        const lists = await twoLists(bench, worker);
        if (round >= 0) add(contender, stale, lists);
      }
    }
    await until(
      Math.min(...ends.map((end) => end.at)) - bench.profile.first.ttlMs / 4,
      bench,
      'leases to run out',
    );
    for (const stale of profile.staleCounts) {
      await heartbeats(bench.runtime, workerName('rollcall', `first-${stale}`), 0, LIVE);
    }
    for (const { stale, at } of ends) {
      await until(at + 5, bench, 'leases to run out');
      const worker = workerName('rollcall', `first-${stale}`);
      const lists = await twoLists(bench, worker);
      // Where the registry took itself for absent, nothing had run out.
      const ranOut = (await stats(bench.runtime, worker)).stale >= stale;
      if (round >= 0 && ranOut) add('rollcall', stale, lists);
    }
  }
  for (const contender of ['rollcall', ...CLEANING] as const) {
    const zero = found.get(`${contender}/${profile.staleCounts[0]}`) ?? [];
    for (const stale of profile.staleCounts) {
      const lists = found.get(`${contender}/${stale}`) ?? [];
      const name = { scenario: 'independence', case: `${counted(stale)} run out`, contender } as const;
      recordAll(bench, name, FIRST_LISTS, lists, zero, stale === 0 ? undefined : 'none run out');
    }
  }
}

const FIRST_LISTS: readonly Metric<FirstLists>[] = [
  ['first list', 'ms', ({ firstMs }) => firstMs],
  ['next list', 'ms', ({ nextMs }) => nextMs],
];

/**
 * Revives what is stale; the most first, and right after an alarm, so that all of it runs out again between two
 * alarms and the list is the first to look. Says when the last lease of each ends, the earliest first.
 */
async function reviveAll(bench: Bench): Promise<{ readonly stale: number; readonly at: number }[]> {
  const counts = [...bench.profile.staleCounts].sort((a, b) => b - a);
  const largest = workerName('rollcall', `first-${counts[0] ?? 0}`);
  const { nextAlarmAt } = await stats(bench.runtime, largest);
  await until((nextAlarmAt ?? 0) + 30, bench, 'the next alarm');
  const ends: { readonly stale: number; readonly at: number }[] = [];
  for (const stale of counts) {
    await heartbeats(bench.runtime, workerName('rollcall', `first-${stale}`), STALE_FROM, stale);
    ends.push({ stale, at: Date.now() + bench.profile.first.ttlMs });
  }
  return ends;
}

async function twoLists({ runtime }: Bench, worker: string): Promise<FirstLists> {
  const [firstMs = Number.NaN, nextMs = Number.NaN] = await runtime.target(worker).time(LIST, 2);
  return { firstMs, nextMs };
}

async function until(epochMs: number, bench: Bench, what: string): Promise<void> {
  const waitMs = epochMs - Date.now();
  if (waitMs <= 0) return;
  if (waitMs > 3000) bench.doing(`waiting for ${what}`);
  await delay(waitMs, undefined, { signal: bench.signal });
}
