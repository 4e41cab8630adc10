/** The bare Worker before the floor and the contenders of our own: the product's routes without its checks. */
import type { Contender } from './contender.ts';
import type { ListSource, SeedCounts } from './contract.ts';
import { listOf } from './floor.ts';

export interface FaceEnv {
  readonly CONTENDER: DurableObjectNamespace<Contender>;
  readonly LISTS_FROM: ListSource;
}

const JSON_ANSWER = { headers: { 'Content-Type': 'application/json' } };
const SUCCESS = '{"success":true}';
const SERVER = '/servers/';
/** What the Worker answers where it asks no object: of this isolate, which no other contender shares. */
let ownList: Uint8Array = new Uint8Array(0);

/** Answers the routes of the registry, and `POST /seed` for the benchmark itself. */
export async function answer(request: Request, env: FaceEnv): Promise<Response> {
  const { pathname } = new URL(request.url);
  const contender = env.CONTENDER.getByName('global');
  if (request.method === 'GET' && pathname === '/servers') {
    return new Response(await list(request, env.LISTS_FROM, contender), JSON_ANSWER);
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
    const counts = await request.json<SeedCounts>();
    if (env.LISTS_FROM === 'worker') ownList = listOf(counts.live);
    else await contender.seed(counts);
    return new Response(SUCCESS, JSON_ANSWER);
  }
  return new Response('not found', { status: 404 });
}

async function list({ url }: Request, from: ListSource, contender: DurableObjectStub<Contender>) {
  switch (from) {
    case 'rpc':
      return contender.listServers();
    case 'stream':
      return (await contender.fetch(url)).body;
    case 'worker':
      return ownList;
  }
}
