/** The path of a request, resolved once and in one way: routes are matched on it, and ids are cut from it. */

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
