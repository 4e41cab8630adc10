/** Recognises an answer that sends the client elsewhere, and tells where to. */
import type { Fault } from './errors.ts';

const REDIRECTS: ReadonlySet<number> = new Set([301, 302, 303, 307, 308]);

/**
 * The fault of a redirect, undefined for any other answer. No redirect is followed: the body, the token and the
 * signature are for the address that the owner named, a POST would become a GET, and the answer would be a stranger's.
 * `path` is what was asked for under the base URL.
 */
export function redirectOf(response: Response, url: string, path: string): Fault | undefined {
  // Browsers hide all of it. The Workers' types don't know the word.
  const type: string = response.type;
  if (type === 'opaqueredirect') return { kind: 'redirected', status: 0, location: undefined };
  // A `fetch` of the owner that follows in spite of `redirect: 'manual'`.
  if (response.redirected) return fault(response.status, response.url, url, path);
  if (!REDIRECTS.has(response.status)) return undefined;
  return fault(response.status, response.headers.get('Location') ?? undefined, url, path);
}

function fault(status: number, location: string | undefined, url: string, path: string): Fault {
  const baseUrl = location === undefined ? undefined : baseUrlIn(location, url, path);
  return { kind: 'redirected', status, location, ...(baseUrl !== undefined && { baseUrl }) };
}

/** The base URL under which the same path leads to that location; undefined where none does. */
function baseUrlIn(location: string, url: string, path: string): string | undefined {
  let target: URL;
  try {
    target = new URL(location, url);
  } catch {
    return undefined;
  }
  const { href, protocol, username } = target;
  if (!/^https?:$/.test(protocol) || username !== '' || !href.endsWith(path)) return undefined;
  return href.slice(0, -path.length);
}
