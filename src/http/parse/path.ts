/** The path of a request, resolved once and in one way: routes are matched on it, and ids are cut from it. */
import { anyServerId } from '../../protocol/protocol.ts';
import { refused, type Parsed } from './parsed.ts';

/** Paths that no parser changes. */
const PLAIN = /^(?:\/[\w:-]+)*\/?$/;

/**
 * As WHATWG URL resolves it, percent-encoding kept: `/servers/%2e%2e/a` is `/a`, as it is for browsers and proxies,
 * and `/%73ervers` is not `/servers`. The host is left out of it, which may be none at all.
 */
export function pathOf({ url }: Pick<Request, 'url'>): string {
  const authority = url.indexOf('://') + 3;
  const start = url.indexOf('/', authority);
  if (start === -1) return '/';
  const query = url.indexOf('?', start);
  const path = query === -1 ? url.slice(start) : url.slice(start, query);
  return PLAIN.test(path) ? path : new URL(`http://registry${path}`).pathname;
}

const LIST = /^\/lists\/(?<list>[^/]+)(?<path>\/.*)?$/s;

/** A path, and which list it is of. */
export interface ListPath {
  /** As the path spells it, percent-encoding kept; null where it names none. */
  readonly list: string | null;
  /** What follows, which is a path of the routes; empty where nothing does. */
  readonly path: string;
}

/** [N8] `/lists/luanti/servers` → the list `luanti`, and `/servers`. */
export function listPathOf(request: Pick<Request, 'url'>): ListPath {
  const path = pathOf(request);
  if (!path.startsWith('/lists/')) return { list: null, path };
  const { list, path: rest = '' } = LIST.exec(path)?.groups ?? {};
  return list === undefined ? { list: null, path } : { list, path: rest };
}

/** [C11] [N5] The id behind `/servers/`, percent-decoded; a raw `/` in it belongs to the id. */
export function parseServerId(request: Pick<Request, 'url'>): Parsed<string> {
  const encoded = listPathOf(request).path.slice('/servers/'.length);
  let decoded: string;
  try {
    decoded = decodeURIComponent(encoded);
  } catch {
    const problem = `"${encoded}" is not percent-encoded UTF-8: send encodeURIComponent(serverId)`;
    return refused({ kind: 'malformed-id', problem });
  }
  const id = anyServerId.safeParse(decoded);
  if (id.success) return { ok: true, value: id.data };
  return refused({
    kind: 'malformed-id',
    problem: `serverId ${id.error.issues[0]?.message ?? 'is not valid'}`,
  });
}
