/** What servers cost that hold their leases by sessions: opened, pinging, listed, asleep, and dead all at once. */
import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import { freemem, tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { summarize, summarizeLatencies } from '../../lib/statistics.ts';
import { compareLoops, PROCESSOR_TIME, type Entrant } from '../compare.ts';
import { makeRequest } from '../http.ts';
import { LimitedRuntime } from '../limited-runtime.ts';
import { openFilesLimit } from '../machine.ts';
import { roundRatios } from '../rounds.ts';
import { MEMORY_DISK } from '../runtime.ts';
import { counted, workerName, type Bench, type Scenario } from '../scenario.ts';
import { SessionHost } from '../session-host.ts';
import { idAt, register, stats } from '../state.ts';
import { storageCalls } from '../storage-calls.ts';

/** How many sessions an object has by default at most, and many more. */
const DEFAULT = 2000;
const MANY = 5000;
const QUICK = 200;

const NONE = workerName('rollcall', 'no-sessions');
const HELD = workerName('rollcall', 'sessions');
const NONE_OF_MANY = workerName('rollcall', 'no-sessions-of-many');
const HELD_BY_MANY = workerName('rollcall', 'many-sessions');
const COUNTED = workerName('rollcall', 'sessions-counted');
const LIST = makeRequest('GET', '/servers');
const LIST_CONNECTIONS = 2;
const BEAT_CONNECTIONS = 8;
/** Pings of all sessions in a round: enough for a tenth of a second of processor time and more. */
const PINGS_A_ROUND = 20_000;
const COUNTED_SESSIONS = 20;
/** An object that nobody called for ten seconds is dropped from memory. */
const ASLEEP_AFTER_MS = 11_500;
/** Sockets are looked at in slices after a load; by then all were. */
const WOKEN_WITHIN_MS = 500;
/** What a session takes of the process that serves it and of the one that holds it, with room to spare. */
const BYTES_A_SESSION = 200_000;
/** Beside the sockets. */
const OTHER_FILES = 500;
const VARS = {
  // As many as may be allowed, so that reopened sessions find room before the dead are known to be.
  MAX_SESSIONS: 30_000,
  // An alarm would wake the object that is to sleep.
  SWEEP_INTERVAL_MS: 600_000,
  CHECKPOINT_INTERVAL_MS: 600_000,
};

export const WITH_SESSIONS = 'lists, all hold sessions';
export const DYING = 'lists, all sessions die';
export const PING = 'a ping';
export const READ_AND_PING = 'a list and a ping';
const TO_BEAT = 'a heartbeat by HTTP';

/** So many sessions on one object, and an object with as many servers that hold none. */
interface Crowd {
  readonly count: number;
  readonly held: string;
  readonly none: string;
  readonly host: SessionHost;
  /** What the figures of a case are called. */
  readonly named: (what: string) => string;
}

export const sessions: Scenario = {
  name: 'sessions',
  title: 'Sessions',
  seconds: (profile) => (profile.name === 'full' ? 130 : 9),
  workers: ({ name }) => [
    { name: NONE, contender: 'rollcall', vars: VARS },
    { name: HELD, contender: 'rollcall', vars: VARS },
    { name: COUNTED, contender: 'rollcall', counted: true, vars: VARS },
    ...(name === 'full'
      ? ([
          { name: NONE_OF_MANY, contender: 'rollcall', vars: VARS },
          { name: HELD_BY_MANY, contender: 'rollcall', vars: VARS },
        ] as const)
      : []),
  ],
  run: async (bench) => {
    const isFull = bench.profile.name === 'full';
    const count = isFull ? DEFAULT : QUICK;
    await withCrowd(bench, count, { held: HELD, none: NONE, named: (what) => what }, async (crowd) => {
      await opening(bench, crowd);
      await pings(bench, crowd);
      await lists(bench, crowd);
      if (isFull) await sleep(bench, crowd);
      await deaths(bench, crowd);
    });
    const named = (what: string) => `${what}, of ${counted(MANY)}`;
    if (isFull) {
      await withCrowd(bench, MANY, { held: HELD_BY_MANY, none: NONE_OF_MANY, named }, async (crowd) => {
        await opening(bench, crowd);
        await lists(bench, crowd);
        await sleep(bench, crowd);
      });
    }
    await storage(bench);
  },
};

/** Measures their memory, then does `work` with a host that is gone afterwards; nothing where the machine has no room. */
async function withCrowd(
  bench: Bench,
  count: number,
  names: Pick<Crowd, 'held' | 'none' | 'named'>,
  work: (crowd: Crowd) => Promise<void>,
): Promise<void> {
  const files = count + OTHER_FILES;
  const bytes = count * BYTES_A_SESSION;
  if (openFilesLimit() < files || freemem() < bytes) {
    const needs = `${counted(files)} open files a process (ulimit -n) and ${counted(bytes / 1e6)} MB of free memory`;
    console.warn(`${counted(count)} sessions are not measured: they need ${needs}`);
    return;
  }
  await memoryOf(bench, count, names.named);
  bench.doing(`${counted(count)} sessions`);
  await register(bench.runtime, names.none, 0, count);
  const host = new SessionHost(bench.runtime.target(names.held));
  try {
    await work({ ...names, count, host });
  } finally {
    await host.die();
  }
}

const NAME = { scenario: 'sessions', contender: 'rollcall' } as const;

/** What a session adds to a server that is registered: on the heap, in buffers beside it, and to the process. */
async function memoryOf(bench: Bench, count: number, named: Crowd['named']): Promise<void> {
  bench.doing(`memory of ${counted(count)} sessions`);
  const folder = mkdtempSync(join(existsSync(MEMORY_DISK) ? MEMORY_DISK : tmpdir(), 'rollcall-sessions-'));
  const vars = { WRITE_ACCESS: 'open', RATE_LIMIT: 'off', MAX_SESSIONS: String(VARS.MAX_SESSIONS) };
  const { bundles, list } = bench;
  const runtime = await LimitedRuntime.start({ script: bundles.bench, folder, vars, list });
  const host = new SessionHost(runtime.target);
  try {
    // What the first calls compile and cache is no session's.
    await host.open(await host.register(1));
    const tickets = await host.register(count);
    await runtime.target.send(LIST);
    const before = { ...(await runtime.atRest()), processBytes: runtime.processBytes() };
    await host.open(tickets);
    await runtime.target.send(LIST);
    const after = { ...(await runtime.atRest()), processBytes: runtime.processBytes() };
    const record = (metric: string, bytes: number) => {
      const summary = summarize([bytes / 1024 / count]);
      bench.record({ ...NAME, case: named('memory of a session'), metric, unit: 'KiB', summary });
    };
    record('heap', after.heapBytes - before.heapBytes);
    record('buffers', after.externalBytes - before.externalBytes);
    record('process', after.processBytes - before.processBytes);
  } finally {
    await host.die();
    await runtime.stop();
    rmSync(folder, { recursive: true, force: true });
  }
}

async function opening({ runtime, record }: Bench, { count, host, named }: Crowd): Promise<void> {
  const tickets = await host.register(count);
  await host.start();
  const processorBefore = runtime.processorTimeUs();
  const start = performance.now();
  await host.open(tickets);
  const perSecond = (count * 1000) / (performance.now() - start);
  const processorUs = (runtime.processorTimeUs() - processorBefore) / count;
  const name = { ...NAME, case: named('sessions opened') };
  record({ ...name, metric: 'throughput', unit: 'per second', summary: summarize([perSecond]) });
  record({ ...name, metric: PROCESSOR_TIME, unit: 'µs', summary: summarize([processorUs]) });
}

/** Processor time of the runtime for pings and for heartbeats, in turns. */
async function pings(bench: Bench, { count, host, none }: Crowd): Promise<void> {
  bench.doing('pings and heartbeats');
  const { runtime, profile } = bench;
  const beats = Array.from({ length: count }, (_, index) =>
    makeRequest('POST', '/servers/heartbeat', { serverId: idAt(index), peers: false }),
  );
  const next = (sent: number) => beats[sent % count] ?? LIST;
  const times = Math.ceil(PINGS_A_ROUND / count);
  const pingUs: number[] = [];
  const beatUs: number[] = [];
  for (let round = 0; round <= profile.rounds; round += 1) {
    bench.signal.throwIfAborted();
    const beforePings = runtime.processorTimeUs();
    await host.ping(times);
    const beforeBeats = runtime.processorTimeUs();
    const plan = { connections: BEAT_CONNECTIONS, durationMs: profile.sliceMs, next };
    const { latenciesMs } = await runtime.target(none).loop(plan);
    if (round === 0) continue;
    pingUs.push((beforeBeats - beforePings) / (times * count));
    beatUs.push((runtime.processorTimeUs() - beforeBeats) / latenciesMs.length);
  }
  const name = { ...NAME, metric: PROCESSOR_TIME, unit: 'µs' } as const;
  bench.record({ ...name, case: TO_BEAT, summary: summarize(beatUs) });
  const ratio = { to: TO_BEAT, summary: summarize(roundRatios(pingUs, beatUs)) };
  bench.record({ ...name, case: PING, summary: summarize(pingUs), ratio });
}

/** Lists of two objects that are loaded: one has as many servers, which hold no sessions. */
async function lists(bench: Bench, { held, none, named }: Crowd): Promise<void> {
  bench.doing('lists with sessions and without');
  const entrant = (state: string, server: string): Entrant => {
    return { contender: 'rollcall', case: named(state), server, next: () => LIST };
  };
  await compareLoops(bench, {
    scenario: 'sessions',
    entrants: [entrant('lists, no sessions', none), entrant(WITH_SESSIONS, held)],
    referenceName: 'no sessions',
    connections: LIST_CONNECTIONS,
  });
}

/** The first list of an object that slept while its sessions pinged, those right after it, and what waking it took. */
async function sleep({ runtime, signal, record, doing }: Bench, { held, host, named }: Crowd): Promise<void> {
  doing('a sleep');
  const { loads } = await stats(runtime, held);
  await delay(ASLEEP_AFTER_MS / 2, undefined, { signal });
  await host.ping();
  await delay(ASLEEP_AFTER_MS / 2, undefined, { signal });
  const processorBefore = runtime.processorTimeUs();
  const [first = Number.NaN, ...next] = await runtime.target(held).time(LIST, 21);
  await delay(WOKEN_WITHIN_MS, undefined, { signal });
  const wokenMs = (runtime.processorTimeUs() - processorBefore) / 1000;
  const after = await stats(runtime, held);
  if (after.loads === loads) throw new Error('the object did not sleep');
  const name = { ...NAME, case: named('after a sleep'), unit: 'ms' } as const;
  record({ ...name, metric: 'first list', summary: summarize([first]) });
  record({ ...name, metric: 'the 20 after it, p50', summary: summarize([summarizeLatencies(next).p50]) });
  record({ ...name, metric: PROCESSOR_TIME, summary: summarize([wokenMs]) });
}

/** Lists just before all sessions die, and while they do. */
async function deaths(bench: Bench, { count, held, host }: Crowd): Promise<void> {
  bench.doing('all sessions die');
  const { runtime, profile } = bench;
  const durationMs = profile.name === 'full' ? 1500 : 500;
  const loop = () =>
    runtime.target(held).loop({ connections: LIST_CONNECTIONS, durationMs, next: () => LIST });
  const before: number[] = [];
  const during: number[] = [];
  for (let round = 0; round < (profile.name === 'full' ? 3 : 1); round += 1) {
    bench.signal.throwIfAborted();
    if (round > 0) await host.open(await host.register(count));
    before.push(...(await loop()).latenciesMs);
    const [dying] = await Promise.all([loop(), host.die()]);
    during.push(...dying.latenciesMs);
  }
  for (const metric of ['p50', 'p99'] as const) {
    const value = summarizeLatencies(during)[metric];
    const reference = summarizeLatencies(before)[metric];
    const ratio = { to: 'just before', summary: summarize([value / reference]) };
    bench.record({ ...NAME, case: DYING, metric, unit: 'ms', summary: summarize([value]), ratio });
  }
}

async function storage({ runtime, record, doing }: Bench): Promise<void> {
  doing('storage calls of lists and pings');
  const host = new SessionHost(runtime.target(COUNTED));
  try {
    await host.open(await host.register(COUNTED_SESSIONS));
    await runtime.call({ binding: COUNTED, method: 'save', args: [] });
    await storageCalls(runtime, COUNTED);
    const calls: number[] = [];
    for (let round = 0; round < 3; round += 1) {
      await host.ping();
      await runtime.target(COUNTED).send(LIST);
      calls.push(await storageCalls(runtime, COUNTED));
    }
    record({
      ...NAME,
      case: READ_AND_PING,
      metric: 'storage calls',
      unit: 'calls',
      summary: summarize(calls),
    });
  } finally {
    await host.die();
  }
}
