/** How fast lists are answered, against an object that answers ready bytes. */
import { compareLoops } from '../compare.ts';
import { encodeRequest } from '../http-connection.ts';
import { LIST_CONTENDERS, counted, workerName, type Scenario } from '../scenario.ts';
import { fill } from '../state.ts';

const CONNECTIONS = 4;
const LIST = encodeRequest('GET', '/servers');

export const list: Scenario = {
  name: 'list',
  title: 'Lists',
  seconds: (profile) => (profile.name === 'full' ? 48 : 6),
  workers: (profile) =>
    profile.liveCounts.flatMap((live) =>
      LIST_CONTENDERS.map((contender) => ({ name: workerName(contender, live), contender })),
    ),
  run: async (bench) => {
    for (const live of bench.profile.liveCounts) {
      bench.doing(`lists of ${counted(live)} live`);
      const entrants = LIST_CONTENDERS.map((contender) => ({
        contender,
        case: `${counted(live)} live`,
        worker: workerName(contender, live),
        next: () => LIST,
      }));
      for (const { contender, worker } of entrants) await fill(bench.runtime, contender, worker, live);
      const [reference] = entrants;
      if (reference === undefined) continue;
      await compareLoops(bench, {
        scenario: 'list',
        entrants,
        reference,
        referenceName: 'floor',
        connections: CONNECTIONS,
      });
    }
  },
};
