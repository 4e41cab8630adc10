/** How the Worker asks the object for a list: the URLs and headers of a `fetch` between the two. Nobody else sees them. */

/** What is asked of the list: all of it, a page (a `Query` as JSON text), or what changed since a revision. */
export type ListQuestion =
  | { readonly kind: 'all' }
  | { readonly kind: 'page'; readonly question: string }
  | { readonly kind: 'since'; readonly revision: number };

/** The answer's headers beside `ETag`. */
export const LIST_HEADERS = {
  /** The signature of the body, in standard base64. */
  signature: 'Signature',
  /** Tells the Worker to take the whole body before it answers, because the object can't wait for a slow reader. */
  atOnce: 'At-Once',
} as const;

const ALL = 'http://registry/all';
const PAGE = 'http://registry/page?';
const SINCE = 'http://registry/since?';

/** The URL that puts a question. */
export function listUrl(asked: ListQuestion): string {
  switch (asked.kind) {
    case 'all':
      return ALL;
    case 'page':
      return PAGE + encodeURIComponent(asked.question);
    case 'since':
      return `${SINCE}${asked.revision}`;
  }
}

/** The counterpart of `listUrl`. Throws where the URL is none of its. */
export function readListUrl(url: string): ListQuestion {
  if (url === ALL) return { kind: 'all' };
  if (url.startsWith(PAGE)) return { kind: 'page', question: decodeURIComponent(url.slice(PAGE.length)) };
  if (url.startsWith(SINCE)) return { kind: 'since', revision: Number(url.slice(SINCE.length)) };
  throw new TypeError(`the object is asked by fetch for lists alone, not for ${url}`);
}
