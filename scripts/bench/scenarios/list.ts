/** How fast lists are answered, against an object that answers ready bytes, and against a file. */
import { compareLoops, type Entrant } from '../compare.ts';
import { makeRequest } from '../http.ts';
import { nginxVersion, serveFile } from '../nginx.ts';
import type { WorkerContender } from '../runtime.ts';
import { LIST_CONTENDERS, counted, workerName, type Bench, type Scenario } from '../scenario.ts';
import { fill } from '../state.ts';

const CONNECTIONS = 4;
const LIST = makeRequest('GET', '/servers');

export const list: Scenario = {
  name: 'list',
  title: 'Lists',
  seconds: (profile) => (profile.name === 'full' ? 62 : 7),
  workers: (profile) =>
    profile.liveCounts.flatMap((live) =>
      LIST_CONTENDERS.map((contender) => ({ name: workerName(contender, live), contender })),
    ),
  run: async (bench) => {
    for (const live of bench.profile.liveCounts) {
      bench.doing(`lists of ${counted(live)} live`);
      for (const contender of LIST_CONTENDERS) {
        await fill(bench.runtime, contender, workerName(contender, live), live);
      }
      await compareLists(bench, live);
    }
  },
};

/** nginx serves the very bytes that the registry answers. Where it is not installed, the report says so. */
async function compareLists(bench: Bench, live: number): Promise<void> {
  const state = `${counted(live)} live`;
  const entrant = (contender: WorkerContender): Entrant => ({
    contender,
    case: state,
    server: workerName(contender, live),
    next: () => LIST,
  });
  const [floor, ...others] = LIST_CONTENDERS;
  const { body } = await bench.runtime.target(workerName('rollcall', live)).send(LIST);
  const nginx = nginxVersion() === undefined ? undefined : await serveFile(body);
  const file: Entrant[] =
    nginx === undefined ? [] : [{ contender: 'nginx', case: state, server: nginx, next: () => LIST }];
  try {
    await compareLoops(bench, {
      scenario: 'list',
      entrants: [entrant(floor), ...others.map(entrant), ...file],
      referenceName: 'floor',
      connections: CONNECTIONS,
      alsoTo: 'nginx',
    });
  } finally {
    await nginx?.stop();
  }
}
