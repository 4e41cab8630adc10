/** The bare Worker before the floor and the contenders of our own: the product's routes without its checks. */
import type { Contender } from './contender.ts';
import type { SeedCounts } from './contract.ts';

export interface FaceEnv {
  readonly CONTENDER: DurableObjectNamespace<Contender>;
  /** Lists are asked for by `fetch`, not over RPC. */
  readonly STREAMS_LISTS: boolean;
}

const JSON_ANSWER = { headers: { 'Content-Type': 'application/json' } };
const SUCCESS = '{"success":true}';
const SERVER = '/servers/';

/** Answers the routes of the registry, and `POST /seed` for the benchmark itself. */
export async function answer(request: Request, env: FaceEnv): Promise<Response> {
  const { pathname } = new URL(request.url);
  const contender = env.CONTENDER.getByName('global');
  if (request.method === 'GET' && pathname === '/servers') {
    const list = env.STREAMS_LISTS
      ? (await contender.fetch(request.url)).body
      : await contender.listServers();
    return new Response(list, JSON_ANSWER);
  }
  if (request.method === 'POST' && pathname === '/servers/heartbeat') {
    const { serverId, peers = true } = await request.json<{ serverId: string; peers?: boolean }>();
    const body = await contender.heartbeat(serverId, peers);
    if (body === null) return new Response('{"error":"Server not registered"}', { status: 404 });
    return new Response(body ?? SUCCESS, JSON_ANSWER);
  }
  if (request.method === 'POST' && pathname === '/servers') {
    await contender.register(await request.json());
    return new Response(SUCCESS, JSON_ANSWER);
  }
  if (request.method === 'DELETE' && pathname.startsWith(SERVER)) {
    await contender.deregister(decodeURIComponent(pathname.slice(SERVER.length)));
    return new Response(SUCCESS, JSON_ANSWER);
  }
  if (request.method === 'POST' && pathname === '/seed') {
    await contender.seed(await request.json<SeedCounts>());
    return new Response(SUCCESS, JSON_ANSWER);
  }
  return new Response('not found', { status: 404 });
}
