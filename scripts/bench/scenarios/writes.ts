/** How fast servers are registered and deregistered, each with a write that is confirmed. */
import { compareLoops, type Entrant } from '../compare.ts';
import { makeRequest, type BenchRequest } from '../http.ts';
import type { WorkerContender } from '../runtime.ts';
import { CONTENDERS, workerName, type Bench, type Scenario } from '../scenario.ts';
import { fill } from '../state.ts';
import { entryAt } from '../worker/contract.ts';

const CONNECTIONS = 8;
const LIVE = 1000;

export const writes: Scenario = {
  name: 'writes',
  title: 'Registrations and deregistrations',
  seconds: (profile) => (profile.name === 'full' ? 22 : 4),
  workers: () => CONTENDERS.map((contender) => ({ name: workerName(contender, 'writes'), contender })),
  run: async (bench) => {
    for (const contender of CONTENDERS) {
      await fill(bench.runtime, contender, workerName(contender, 'writes'), LIVE);
    }
    await measure(bench, 'register', (index) => makeRequest('POST', '/servers', entryAt(LIVE + index)));
    await measure(bench, 'deregister', (index) =>
      makeRequest('DELETE', `/servers/${encodeURIComponent(entryAt(LIVE + index).serverId)}`),
    );
  },
};

/** Each contender goes through the servers from the first on, so that what one case registers the next deregisters. */
async function measure(
  bench: Bench,
  operation: string,
  request: (index: number) => BenchRequest,
): Promise<void> {
  bench.doing(operation);
  const entrant = (contender: WorkerContender): Entrant => {
    let next = 0;
    return {
      contender,
      case: operation,
      server: workerName(contender, 'writes'),
      next: () => request(next++),
    };
  };
  const [floor, ...others] = CONTENDERS;
  await compareLoops(bench, {
    scenario: 'writes',
    entrants: [entrant(floor), ...others.map(entrant)],
    referenceName: 'floor',
    connections: CONNECTIONS,
  });
}
