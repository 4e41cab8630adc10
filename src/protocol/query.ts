/** What a reader may ask of the list beside the whole of it: filters, order, pages, and what changed since. */

/** The members of an entry that `fields` may name, in the order they are listed. */
export const FIELDS = [
  'serverId',
  'endpoint',
  'publicKey',
  'region',
  'location',
  'metadata',
  'registeredAt',
  'lastSeen',
  'distanceKm',
] as const;
export type Field = (typeof FIELDS)[number];

/** `registeredAt`: oldest first; `lastSeen`: last heard first; `distance`: nearest first, without a place last. */
export const SORTS = ['registeredAt', 'lastSeen', 'distance'] as const;
export type Sort = (typeof SORTS)[number];

/** Most entries of one page. */
export const MAX_PAGE = 1000;

/** Degrees: latitude −90 to 90, longitude −180 to 180. */
export interface Place {
  readonly latitude: number;
  readonly longitude: number;
}

/** The last entry of a page, as its order sees it. Servers that come or go do not move it. */
export interface Cursor {
  readonly sort: Sort;
  readonly rank: number;
  readonly serverId: string;
}

export interface Query {
  /** An entry is in one of these regions; empty: in any. */
  readonly regions: readonly string[];
  /** For each key, the entry's metadata has one of these values, as text. */
  readonly metadata: readonly (readonly [key: string, values: readonly string[]])[];
  /** Lower-case text that occurs in the id, the endpoint, the region or a text of the metadata; null: any. */
  readonly text: string | null;
  readonly sort: Sort;
  /** Where distances are measured from. */
  readonly near: Place | null;
  /** Most entries of a page; null: all. */
  readonly limit: number | null;
  readonly after: Cursor | null;
  /** Null: all that an entry has. */
  readonly fields: readonly Field[] | null;
}

export type ListRequest =
  | { readonly kind: 'all' }
  /** What changed after a revision. */
  | { readonly kind: 'since'; readonly revision: number }
  | { readonly kind: 'page'; readonly query: Query };
