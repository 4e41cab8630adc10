/** How fast lists are answered, against an object that answers ready bytes. */
import { compareLoops, type Entrant } from '../compare.ts';
import { makeRequest } from '../http.ts';
import type { ContenderName } from '../runtime.ts';
import { LIST_CONTENDERS, counted, workerName, type Scenario } from '../scenario.ts';
import { fill } from '../state.ts';

const CONNECTIONS = 4;
const LIST = makeRequest('GET', '/servers');

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
      const entrant = (contender: ContenderName): Entrant => ({
        contender,
        case: `${counted(live)} live`,
        worker: workerName(contender, live),
        next: () => LIST,
      });
      const [floor, ...others] = LIST_CONTENDERS;
      for (const contender of LIST_CONTENDERS) {
        await fill(bench.runtime, contender, workerName(contender, live), live);
      }
      await compareLoops(bench, {
        scenario: 'list',
        entrants: [entrant(floor), ...others.map(entrant)],
        referenceName: 'floor',
        connections: CONNECTIONS,
      });
    }
  },
};
