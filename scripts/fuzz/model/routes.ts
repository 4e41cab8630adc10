/** Which route a request takes, from docs/api.md. */
import type { FuzzRequest } from '../request.ts';
import { refused, taken, type Checked } from './verdict.ts';

/** `encoded`: the id as it stands in the path. */
export type WriteRoute =
  { readonly kind: 'register' | 'heartbeat' } | { readonly kind: 'deregister'; readonly encoded: string };
export type Route =
  | { readonly kind: 'preflight' | 'list' | 'stats' | 'health' | 'errors' | 'info' }
  | { readonly kind: 'get'; readonly encoded: string }
  | WriteRoute;

const READS: Readonly<Record<string, 'list' | 'stats' | 'health' | 'errors' | 'info'>> = {
  '/servers': 'list',
  '/stats': 'stats',
  '/health': 'health',
  '/errors': 'errors',
  '/': 'info',
  '/api/info': 'info',
};
const OF_ONE = '/servers/';

/** Path and query as URLs have them: dots are resolved, backslashes are slashes, and nothing is decoded. */
export function locationOf({ path }: Pick<FuzzRequest, 'path'>): {
  readonly path: string;
  readonly query: string;
} {
  const { pathname, search } = new URL(`http://registry.example${path}`);
  return { path: pathname, query: search.slice(1) };
}

export function routeOf(request: FuzzRequest): Checked<Route> {
  const { path } = locationOf(request);
  const method = request.method === 'HEAD' ? 'GET' : request.method;
  if (method === 'OPTIONS') return taken({ kind: 'preflight' });
  const read = Object.hasOwn(READS, path) ? READS[path] : undefined;
  const encoded = path.startsWith(OF_ONE) ? path.slice(OF_ONE.length) : '';
  if (read === undefined && encoded === '') return refused('no-such-route');
  if (method === 'GET') return taken(read === undefined ? { kind: 'get', encoded } : { kind: read });
  if (method === 'POST' && path === '/servers') return taken({ kind: 'register' });
  if (method === 'POST' && path === '/servers/heartbeat') return taken({ kind: 'heartbeat' });
  if (method === 'DELETE' && encoded !== '') return taken({ kind: 'deregister', encoded });
  return refused('method-not-allowed');
}
