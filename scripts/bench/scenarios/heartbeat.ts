/** How fast heartbeats are answered: end to end, and by the object alone. */
import { compareLoops, DRIVEN, recordAll, timeDriven, type Entrant } from '../compare.ts';
import { makeRequest } from '../http.ts';
import { inRounds } from '../rounds.ts';
import type { WorkerContender } from '../runtime.ts';
import { CONTENDERS, counted, workerName, type Bench, type Scenario } from '../scenario.ts';
import { fill, idAt } from '../state.ts';

const CONNECTIONS = 8;
/** Calls that are timed as one when the object alone is measured. */
const INSIDE_CALLS = 1000;
/** Fewer of those that write a row each. */
const STORING_CALLS = 100;
const INSIDE_CONCURRENCY = 8;
/** Different servers that the heartbeats name. */
const IDS = 100;

export const heartbeat: Scenario = {
  name: 'heartbeat',
  title: 'Heartbeats',
  seconds: (profile) => (profile.name === 'full' ? 52 : 8),
  workers: (profile) =>
    liveCounts(profile.liveCounts).flatMap((live) =>
      CONTENDERS.map((contender) => ({ name: workerName(contender, `beat-${live}`), contender })),
    ),
  run: async (bench) => {
    for (const live of liveCounts(bench.profile.liveCounts)) {
      for (const contender of CONTENDERS) {
        await fill(bench.runtime, contender, workerName(contender, `beat-${live}`), live);
      }
      await endToEnd(bench, live, false);
      await endToEnd(bench, live, true);
      await inside(bench, live);
    }
  },
};

/** The smallest and the largest. */
function liveCounts(counts: readonly number[]): readonly number[] {
  return [Math.min(...counts), Math.max(...counts)];
}

async function endToEnd(bench: Bench, live: number, peers: boolean): Promise<void> {
  const state = `${counted(live)} live, ${peers ? 'with' : 'without'} peers`;
  bench.doing(`heartbeats, ${state}`);
  const request = (index: number) =>
    makeRequest('POST', '/servers/heartbeat', { serverId: idAt(index), peers });
  const requests = Array.from({ length: IDS }, (_, index) => request(index));
  const entrant = (contender: WorkerContender): Entrant => ({
    contender,
    case: state,
    server: workerName(contender, `beat-${live}`),
    next: (sent) => requests[sent % IDS] ?? request(0),
  });
  const [floor, ...others] = CONTENDERS;
  await compareLoops(bench, {
    scenario: 'heartbeat',
    entrants: [entrant(floor), ...others.map(entrant)],
    referenceName: 'floor',
    connections: CONNECTIONS,
  });
}

/** Calls on the object from a Worker beside it: what a heartbeat costs the one thread that can't be scaled out. */
async function inside(bench: Bench, live: number): Promise<void> {
  const state = `${counted(live)} live, inside the object`;
  bench.doing(`heartbeats, ${state}`);
  const entrants = [
    { contender: 'floor', argument: 'id', calls: INSIDE_CALLS },
    { contender: 'rollcall', argument: 'quiet-heartbeat', calls: INSIDE_CALLS },
    { contender: 'delete in the loop', argument: 'id', calls: STORING_CALLS },
    { contender: 'batch in the read', argument: 'id', calls: STORING_CALLS },
  ] as const;
  const results = await inRounds(
    entrants,
    ({ contender, argument, calls }) =>
      timeDriven(bench.runtime, {
        binding: workerName(contender, `beat-${live}`),
        method: 'heartbeat',
        argument,
        calls,
        concurrency: INSIDE_CONCURRENCY,
        from: 0,
        ids: IDS,
      }),
    { ...bench, ...bench.profile },
  );
  const references = results.get(entrants[0]) ?? [];
  for (const [{ contender }, values] of results) {
    const to = contender === 'floor' ? undefined : 'no-op call';
    recordAll(bench, { scenario: 'heartbeat', case: state, contender }, DRIVEN, values, references, to);
  }
}
