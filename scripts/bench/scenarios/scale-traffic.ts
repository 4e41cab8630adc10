/** What is sent to the registries of the scenario `scale`: registrations and heartbeats of all servers, and pages. */
import { makeRequest, type BenchRequest, type HttpTarget } from '../http.ts';
import { entryAt } from '../worker/contract.ts';

/** A list of so many servers in so many objects. */
export interface Rung {
  readonly servers: number;
  readonly shards: number;
}

/** The metric of a page that no object has kept. */
export const PAGE = 'page of 50, p50';

/** Connections that write. */
export const WRITERS = 16;
const STEP_MS = 1000;

/** The first of so many die when nothing keeps them; all others are kept. */
export function doomedOf({ servers }: Rung): number {
  return Math.floor(servers / 10);
}

/** A page of 50 with a filter on two members. Equal numbers make equal questions. */
export function freshPage(sent: number): BenchRequest {
  return makeRequest('GET', `/servers?region=region-3&metadata.players%3E=-${sent + 2}&limit=50`);
}

/** `players` comes as new metadata. */
export function heartbeatOf(index: number, players?: number): BenchRequest {
  const metadata = players === undefined ? {} : { metadata: { players } };
  return makeRequest('POST', '/servers/heartbeat', {
    serverId: entryAt(index).serverId,
    peers: false,
    ...metadata,
  });
}

export interface Registered {
  readonly perSecond: number;
  /** Epoch milliseconds before any of the doomed registered. */
  readonly doomedFrom: number;
}

/** Registers all, those that are to die first. */
export async function registerAll(
  target: HttpTarget,
  { servers }: Rung,
  signal: AbortSignal,
): Promise<Registered> {
  const doomedFrom = Date.now();
  const perSecond = await all(target, servers, 0, signal, (index) =>
    makeRequest('POST', '/servers', { ...entryAt(index), metadata: { players: index % 64 } }),
  );
  return { perSecond, doomedFrom };
}

/** Heartbeats of all that are to live, once each or for as long as given. Returns how many a second. */
export function keepAll(
  target: HttpTarget,
  rung: Rung,
  atLeastMs: number,
  signal: AbortSignal,
): Promise<number> {
  const doomed = doomedOf(rung);
  const kept = rung.servers - doomed;
  return all(target, kept, atLeastMs, signal, (sent) => heartbeatOf(doomed + (sent % kept)));
}

/** Sends at least so many, for at least so long. Returns how many a second. */
async function all(
  target: HttpTarget,
  count: number,
  atLeastMs: number,
  signal: AbortSignal,
  request: (sent: number) => BenchRequest,
): Promise<number> {
  const startedAtMs = performance.now();
  let begun = 0;
  const isDone = () => begun >= count && performance.now() - startedAtMs >= atLeastMs;
  while (!isDone()) {
    signal.throwIfAborted();
    await target.loop({
      connections: WRITERS,
      durationMs: STEP_MS,
      next: () => {
        // Those that begin when all were sent repeat the last.
        const sent = atLeastMs === 0 ? Math.min(begun, count - 1) : begun;
        begun += 1;
        return request(sent);
      },
    });
  }
  return (1000 * begun) / (performance.now() - startedAtMs);
}
