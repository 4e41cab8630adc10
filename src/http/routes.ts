/** The route table. `<id>` stands for the rest of the path, which is never empty and may have slashes in it. */
import type { Handler } from './call.ts';
import { errors, get, health, info, list, stats } from './reads.ts';
import { deregister, heartbeat, register } from './writes.ts';

type Method = 'GET' | 'POST' | 'DELETE';

/** The handlers of one path. HEAD is served wherever GET is, OPTIONS everywhere. */
export interface Route {
  readonly path: string;
  readonly handlers: Readonly<Partial<Record<Method, Handler>>>;
}

const ROUTES: readonly Route[] = [
  { path: '/servers', handlers: { GET: list, POST: register } },
  // GET and DELETE are of a server that has chosen this name for its id.
  { path: '/servers/heartbeat', handlers: { GET: get, POST: heartbeat, DELETE: deregister } },
  { path: '/servers/<id>', handlers: { GET: get, DELETE: deregister } },
  { path: '/stats', handlers: { GET: stats } },
  { path: '/health', handlers: { GET: health } },
  { path: '/errors', handlers: { GET: errors } },
  { path: '/', handlers: { GET: info } },
  { path: '/api/info', handlers: { GET: info } },
];

const ID = '<id>';
const exact: ReadonlyMap<string, Route> = new Map(ROUTES.map((route) => [route.path, route]));
const prefixed = ROUTES.filter(({ path }) => path.endsWith(ID)).map(
  (route) => [route.path.slice(0, -ID.length), route] as const,
);

/** Undefined where nothing is served. */
export function routeOf(path: string): Route | undefined {
  const found = exact.get(path);
  if (found !== undefined && !found.path.endsWith(ID)) return found;
  return prefixed.find(([prefix]) => path.startsWith(prefix) && path.length > prefix.length)?.[1];
}

export function handlerOf({ handlers }: Route, method: string): Handler | undefined {
  switch (method) {
    case 'GET':
    case 'HEAD':
      return handlers.GET;
    case 'POST':
      return handlers.POST;
    case 'DELETE':
      return handlers.DELETE;
    default:
      return undefined;
  }
}

/** The `Allow` header of a route. */
export function allowOf({ handlers }: Route): string {
  const methods = ['GET', 'POST', 'DELETE'].filter((method) => Object.hasOwn(handlers, method));
  return [...methods, 'OPTIONS'].join(', ').replace('GET', 'GET, HEAD');
}
