/** Whether the sweep was exact: nobody too many, nobody too few, and counted right. */
import { RegistryError, type RegistryClient } from '../../src/client/client.ts';
import type { Fleet } from './fleet.ts';
import type { Watch } from './watch.ts';

/** One thing that had to be so. */
export interface Finding {
  ok: boolean;
  /** What was expected, as a sentence that is true where `ok`, and what was found instead where not. */
  text: string;
}

/** Requests at a time when the killed are looked up. */
const LOOK_UPS_AT_ONCE = 16;

/** Judges a run that has come to its end, while the survivors still heartbeat. */
export async function judge(client: RegistryClient, fleet: Fleet, watch: Watch): Promise<Finding[]> {
  const [{ servers }, counters, notFound] = await Promise.all([
    client.list(),
    client.stats(),
    countNotFound(client, [...fleet.doomed]),
  ]);
  const killed = fleet.doomed.size;
  const listed = new Set(servers.map(({ serverId }) => serverId));
  const ghosts = [...fleet.doomed].filter((id) => listed.has(id)).length;
  const lost = [...fleet.survivors].filter((id) => !listed.has(id)).length;
  const strangers = servers.length - (fleet.survivors.size - lost) - ghosts;
  const because = fleet.lastFailure === undefined ? '' : `; its last failure: ${fleet.lastFailure}`;
  const lists = Object.values(watch.listMs).flat().length;
  return [
    finding(
      watch.failedCalls === 0,
      `every list was answered, ${lists} in all`,
      `${watch.failedCalls} calls failed: ${watch.lastFailure ?? ''}`,
    ),
    finding(
      watch.incompleteLists === 0,
      `no survivor was missing from any list`,
      `${watch.incompleteLists} lists lacked a server that should have been there`,
    ),
    finding(
      ghosts + lost + strangers === 0,
      `the ${killed} killed are gone from the list, and nobody else`,
      `${ghosts} still listed, ${lost} survivors lost, ${strangers} unknown${because}`,
    ),
    finding(
      notFound === killed,
      `GET /servers/<id> gives 404 for each of them`,
      `404 for ${notFound} of ${killed}`,
    ),
    finding(counters.swept === killed, `the registry counts ${killed} swept`, `it counts ${counters.swept}`),
    finding(counters.stale === 0, `none is left stale`, `${counters.stale} are`),
  ];
}

function finding(ok: boolean, expected: string, found: string): Finding {
  return { ok, text: ok ? expected : `expected: ${expected}; found: ${found}` };
}

async function countNotFound(client: RegistryClient, ids: readonly string[]): Promise<number> {
  const queue = [...ids];
  let notFound = 0;
  const lookUp = async () => {
    for (let id = queue.pop(); id !== undefined; id = queue.pop()) {
      if (await isNotFound(client, id)) notFound += 1;
    }
  };
  await Promise.all(Array.from({ length: LOOK_UPS_AT_ONCE }, lookUp));
  return notFound;
}

async function isNotFound(client: RegistryClient, id: string): Promise<boolean> {
  try {
    await client.get(id);
    return false;
  } catch (error) {
    if (error instanceof RegistryError && error.refusedWith(404)) return true;
    throw error;
  }
}
