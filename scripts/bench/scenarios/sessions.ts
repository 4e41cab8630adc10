/** What servers cost that hold their leases by sessions: opened, pinging, listed, asleep, and dead all at once. */
import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { summarize, summarizeLatencies } from '../../lib/statistics.ts';
import { compareLoops, PROCESSOR_TIME, type Entrant } from '../compare.ts';
import { HeldSessions } from '../held-sessions.ts';
import { makeRequest } from '../http.ts';
import { LimitedRuntime } from '../limited-runtime.ts';
import { roundRatios } from '../rounds.ts';
import { MEMORY_DISK } from '../runtime.ts';
import { counted, workerName, type Bench, type Profile, type Scenario } from '../scenario.ts';
import { idAt, register, stats } from '../state.ts';
import { storageCalls } from '../storage-calls.ts';

const NONE = workerName('rollcall', 'no-sessions');
const HELD = workerName('rollcall', 'sessions');
const COUNTED = workerName('rollcall', 'sessions-counted');
const LIST = makeRequest('GET', '/servers');
const LIST_CONNECTIONS = 2;
const BEAT_CONNECTIONS = 8;
const PING_ROUNDS = 5;
const COUNTED_SESSIONS = 20;
/** An object that nobody called for ten seconds is dropped from memory. */
const ASLEEP_AFTER_MS = 11_500;
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

export const sessions: Scenario = {
  name: 'sessions',
  title: 'Sessions',
  seconds: (profile) => (profile.name === 'full' ? 75 : 9),
  workers: () => [
    { name: NONE, contender: 'rollcall', vars: VARS },
    { name: HELD, contender: 'rollcall', vars: VARS },
    { name: COUNTED, contender: 'rollcall', counted: true, vars: VARS },
  ],
  run: async (bench) => {
    const count = countOf(bench.profile);
    await memoryOf(bench, count);
    bench.doing(`${counted(count)} sessions`);
    await register(bench.runtime, NONE, 0, count);
    const crowd = new HeldSessions(bench.runtime.target(HELD));
    try {
      await opening(bench, crowd, count);
      await pings(bench, crowd, count);
      await lists(bench);
      if (bench.profile.name === 'full') await sleep(bench, crowd);
      await deaths(bench, crowd, count);
    } finally {
      await crowd.die();
    }
    await storage(bench);
  },
};

function countOf(profile: Profile): number {
  return profile.name === 'full' ? 2000 : 200;
}

const NAME = { scenario: 'sessions', contender: 'rollcall' } as const;

/** What a session adds to a server that is registered: on the heap, in buffers beside it, and to the process. */
async function memoryOf(bench: Bench, count: number): Promise<void> {
  bench.doing(`memory of ${counted(count)} sessions`);
  const folder = mkdtempSync(join(existsSync(MEMORY_DISK) ? MEMORY_DISK : tmpdir(), 'rollcall-sessions-'));
  const vars = { WRITE_ACCESS: 'open', RATE_LIMIT: 'off', MAX_SESSIONS: String(VARS.MAX_SESSIONS) };
  const runtime = await LimitedRuntime.start({ script: bench.bundles.bench, folder, vars });
  const crowd = new HeldSessions(runtime.target);
  try {
    // What the first calls compile and cache is no session's.
    await crowd.open(await crowd.register(1));
    const tickets = await crowd.register(count);
    await runtime.target.send(LIST);
    const before = { ...(await runtime.atRest()), processBytes: runtime.processBytes() };
    await crowd.open(tickets);
    await runtime.target.send(LIST);
    const after = { ...(await runtime.atRest()), processBytes: runtime.processBytes() };
    const record = (metric: string, bytes: number) => {
      const summary = summarize([bytes / 1024 / count]);
      bench.record({ ...NAME, case: 'memory of a session', metric, unit: 'KiB', summary });
    };
    record('heap', after.heapBytes - before.heapBytes);
    record('buffers', after.externalBytes - before.externalBytes);
    record('process', after.processBytes - before.processBytes);
  } finally {
    await crowd.die();
    await runtime.stop();
    rmSync(folder, { recursive: true, force: true });
  }
}

async function opening({ runtime, record }: Bench, crowd: HeldSessions, count: number): Promise<void> {
  const tickets = await crowd.register(count);
  const processorBefore = runtime.processorTimeUs();
  const start = performance.now();
  await crowd.open(tickets);
  const perSecond = (count * 1000) / (performance.now() - start);
  const processorUs = (runtime.processorTimeUs() - processorBefore) / count;
  const name = { ...NAME, case: 'sessions opened' };
  record({ ...name, metric: 'throughput', unit: 'per second', summary: summarize([perSecond]) });
  record({ ...name, metric: PROCESSOR_TIME, unit: 'µs', summary: summarize([processorUs]) });
}

/** Processor time of the runtime for pings and for heartbeats, in turns. */
async function pings(bench: Bench, crowd: HeldSessions, count: number): Promise<void> {
  bench.doing('pings and heartbeats');
  const { runtime, profile } = bench;
  const beats = Array.from({ length: count }, (_, index) =>
    makeRequest('POST', '/servers/heartbeat', { serverId: idAt(index), peers: false }),
  );
  const next = (sent: number) => beats[sent % count] ?? LIST;
  const pingUs: number[] = [];
  const beatUs: number[] = [];
  for (let round = 0; round <= profile.rounds; round += 1) {
    bench.signal.throwIfAborted();
    const beforePings = runtime.processorTimeUs();
    for (let pinged = 0; pinged < PING_ROUNDS; pinged += 1) await crowd.ping();
    const beforeBeats = runtime.processorTimeUs();
    const plan = { connections: BEAT_CONNECTIONS, durationMs: profile.sliceMs, next };
    const { latenciesMs } = await runtime.target(NONE).loop(plan);
    if (round === 0) continue;
    pingUs.push((beforeBeats - beforePings) / (PING_ROUNDS * count));
    beatUs.push((runtime.processorTimeUs() - beforeBeats) / latenciesMs.length);
  }
  const name = { ...NAME, metric: PROCESSOR_TIME, unit: 'µs' } as const;
  bench.record({ ...name, case: TO_BEAT, summary: summarize(beatUs) });
  const ratio = { to: TO_BEAT, summary: summarize(roundRatios(pingUs, beatUs)) };
  bench.record({ ...name, case: PING, summary: summarize(pingUs), ratio });
}

/** Lists of two objects that are loaded: one has as many servers, which hold no sessions. */
async function lists(bench: Bench): Promise<void> {
  bench.doing('lists with sessions and without');
  const entrant = (state: string, server: string): Entrant => {
    return { contender: 'rollcall', case: state, server, next: () => LIST };
  };
  await compareLoops(bench, {
    scenario: 'sessions',
    entrants: [entrant('lists, no sessions', NONE), entrant(WITH_SESSIONS, HELD)],
    referenceName: 'no sessions',
    connections: LIST_CONNECTIONS,
  });
}

/** The first list of an object that slept while its sessions pinged, and those right after it. */
async function sleep({ runtime, signal, record, doing }: Bench, crowd: HeldSessions): Promise<void> {
  doing('a sleep');
  const { loads } = await stats(runtime, HELD);
  await delay(ASLEEP_AFTER_MS / 2, undefined, { signal });
  await crowd.ping();
  await delay(ASLEEP_AFTER_MS / 2, undefined, { signal });
  const [first = Number.NaN, ...next] = await runtime.target(HELD).time(LIST, 21);
  const after = await stats(runtime, HELD);
  if (after.loads === loads) throw new Error('the object did not sleep');
  const name = { ...NAME, case: 'after a sleep', unit: 'ms' } as const;
  record({ ...name, metric: 'first list', summary: summarize([first]) });
  record({ ...name, metric: 'the 20 after it, p50', summary: summarize([summarizeLatencies(next).p50]) });
}

/** Lists just before all sessions die, and while they do. */
async function deaths(bench: Bench, crowd: HeldSessions, count: number): Promise<void> {
  bench.doing('all sessions die');
  const { runtime, profile } = bench;
  const durationMs = profile.name === 'full' ? 1500 : 500;
  const loop = () =>
    runtime.target(HELD).loop({ connections: LIST_CONNECTIONS, durationMs, next: () => LIST });
  const before: number[] = [];
  const during: number[] = [];
  for (let round = 0; round < (profile.name === 'full' ? 3 : 1); round += 1) {
    bench.signal.throwIfAborted();
    if (round > 0) await crowd.open(await crowd.register(count));
    before.push(...(await loop()).latenciesMs);
    const [dying] = await Promise.all([loop(), crowd.die()]);
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
  const crowd = new HeldSessions(runtime.target(COUNTED));
  try {
    await crowd.open(await crowd.register(COUNTED_SESSIONS));
    await runtime.call({ binding: COUNTED, method: 'save', args: [] });
    await storageCalls(runtime, COUNTED);
    const calls: number[] = [];
    for (let round = 0; round < 3; round += 1) {
      await crowd.ping();
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
    await crowd.die();
  }
}
