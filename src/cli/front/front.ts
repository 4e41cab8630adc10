/** What `rollcall start` puts before the Worker on this machine: what Cloudflare's edge does for it elsewhere. */
import { WorkerEntrypoint } from 'cloudflare:workers';
import worker, { ServerRegistry as Registry } from '../../worker.ts';
import { TrustedProxies } from './client-address.ts';
import { Closing, type Saving } from './closing.ts';
import { Files, type FilePlan } from './files.ts';
import { folderBucket } from './folder-bucket.ts';

export { ServerRegistry };

/** The bindings that `rollcall start` adds. */
interface FrontEnv extends Env {
  readonly FRONT: FilePlan & {
    /** Proxies whose `X-Forwarded-…` headers count, as `TRUSTED_PROXY` has them. */
    readonly trustedProxy: string;
    /** Whether the Worker asks for the address of a request at all. */
    readonly needsAddress: boolean;
    /** The binding of the page's files; null where there are none. */
    readonly filesBinding: string | null;
  };
  /** Takes the list as files; absent where nobody asked for that. */
  readonly LIST_FOLDER?: Fetcher;
}

/** Made once: of everything in it, `env` alone comes with the first request. */
interface Parts {
  readonly plan: Files;
  readonly files: Fetcher | undefined;
  readonly proxies: TrustedProxies;
  readonly needsAddress: boolean;
}

let parts: Parts | undefined;
const closing = new Closing();
/** The ids of the objects that have been in memory: none else can have something unsaved. */
const awake = new Set<string>();

class ServerRegistry extends Registry {
  constructor(state: DurableObjectState, env: FrontEnv) {
    const folder = env.LIST_FOLDER;
    super(state, folder === undefined ? env : { ...env, LIST_FILES: folderBucket(folder) });
    awake.add(state.id.toString());
  }
}

function partsOf(env: FrontEnv): Parts {
  if (parts === undefined) {
    const { trustedProxy, needsAddress, filesBinding, ...plan } = env.FRONT;
    const bound: unknown = filesBinding === null ? undefined : Reflect.get(env, filesBinding);
    const files = isFetcher(bound) ? bound : undefined;
    parts = { plan: new Files(plan), files, proxies: new TrustedProxies(trustedProxy), needsAddress };
  }
  return parts;
}

function isFetcher(value: unknown): value is Fetcher {
  return typeof value === 'object' && value !== null && 'fetch' in value;
}

/** Reads go through as they are: only for a write it matters who sent it. */
export const Front = {
  fetch(request, env, context) {
    const { method } = request;
    const { plan, files, proxies, needsAddress } = partsOf(env);
    if (files !== undefined && plan.serve(method, request.url)) return files.fetch(request);
    if (method === 'GET' || method === 'HEAD' || method === 'OPTIONS') {
      return worker.fetch(request, env, context);
    }
    const claims = needsAddress || request.headers.has('CF-Connecting-IP');
    const known = claims ? withAddress(request, proxies) : request;
    return closing.write(() => worker.fetch(known, env, context));
  },
} satisfies ExportedHandler<FrontEnv>;

/** Requests come to the front alone. Miniflare has a socket of its own, which nobody is told of: it leads nowhere. */
export default { fetch: () => new Response(null, { status: 404 }) } satisfies ExportedHandler;

/** The runtime's word for who the peer is takes the place of whatever the request says of itself. */
function withAddress(request: Request, proxies: TrustedProxies): Request {
  const headers = new Headers(request.headers);
  const peer = request.cf?.['clientIp'];
  headers.delete('CF-Connecting-IP');
  if (typeof peer !== 'string') return new Request(request, { headers });
  headers.set('CF-Connecting-IP', proxies.clientOf(peer, headers.get('X-Forwarded-For')));
  // A signature covers the address that the client wrote to, which is the proxy's.
  const isProxied = headers.get('X-Forwarded-Proto') === 'https' && proxies.has(proxies.clientOf(peer, null));
  const url = isProxied ? request.url.replace(/^http:/, 'https:') : request.url;
  return new Request(url, new Request(request, { headers }));
}

/** How `rollcall start` speaks to what it runs: over a WebSocket, which also tells either that the other is gone. */
export class Control extends WorkerEntrypoint<FrontEnv> {
  override fetch(): Response {
    const { 0: theirs, 1: ours } = new WebSocketPair();
    ours.accept();
    const save = () => closing.close(() => [...awake].map((id) => objectOf(this.env, id)));
    ours.addEventListener('message', () => {
      void save().then(
        () => ours.send('saved'),
        (error: unknown) => ours.send(`failed: ${String(error)}`),
      );
    });
    // Whoever started this runtime is gone, and nobody would ever end it: it takes nothing more that could be lost.
    ours.addEventListener('close', () => void save().catch(() => undefined));
    return new Response(null, { status: 101, webSocket: theirs });
  }
}

/** An object of before this call was made has none, and loses at most what it always may. */
function objectOf(env: Env, id: string): Saving {
  if (!('save' in Registry.prototype)) return { save: () => Promise.resolve() };
  const object: unknown = env.SERVER_REGISTRY.get(env.SERVER_REGISTRY.idFromString(id));
  return { save: async () => void (await call(object, 'save')) };
}

async function call(object: unknown, name: string): Promise<unknown> {
  const method: unknown =
    typeof object === 'object' && object !== null ? Reflect.get(object, name) : undefined;
  return typeof method === 'function' ? Reflect.apply(method, object, []) : undefined;
}
