/** What a reader may ask of the list beside the whole of it: filters, order and pages. */
import { z } from 'zod';

/** The members of an entry that `fields` may name, in the order they are listed. */
export const FIELDS = [
  'serverId',
  'endpoint',
  'endpoints',
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

export const COMPARISONS = ['<', '<=', '>', '>='] as const;
export type Comparison = (typeof COMPARISONS)[number];

export const QUERY_LIMITS = {
  /** Most entries of one page, and how many a page has where no limit is given. */
  pageEntries: 1000,
  /** Bytes of all entries of one page, but for its first entry: it ends before they are exceeded. */
  pageBytes: 4_000_000,
  /** Characters (Unicode code points) of the text to search for. */
  textCharacters: 64,
  /** Conditions on metadata; all values of one key count as one. */
  conditions: 16,
  /** Bytes of the query string, percent-encoded as it is sent. The longest cursor takes half of them. */
  queryBytes: 4096,
} as const;

/** Degrees: latitude −90 to 90, longitude −180 to 180. */
const geoPoint = z.object({ latitude: z.number(), longitude: z.number() });

/** The last entry of a page, as its order sees it. Servers that come or go do not move it. */
const cursor = z.object({ sort: z.enum(SORTS), rank: z.number(), serverId: z.string() });

/** A number, or the member of the same metadata that has it. */
const bound = z.union([
  z.number(),
  z.object({
    member: z.string(),
    /** The reader wrote the bare name. Where no server has such a member, it was a slip. */
    isBare: z.boolean(),
  }),
]);

/** What the metadata of an entry must be like. */
const condition = z.discriminatedUnion('kind', [
  z.object({
    kind: z.literal('is'),
    key: z.string(),
    /** The member, or an item of the array that it is, has one of these as text; where `negated`, none of them. */
    values: z.array(z.string()),
    negated: z.boolean(),
  }),
  /** The member is a number and compares so with the bound. */
  z.object({ kind: z.literal('compares'), key: z.string(), comparison: z.enum(COMPARISONS), bound }),
]);

export const query = z.object({
  /** The query string in its canonical spelling. The answer repeats it, so a signature covers the query as well. */
  asked: z.string(),
  /** An entry is in one of these regions; empty: in any. */
  regions: z.array(z.string()),
  /** One of its endpoints has one of these schemes, in lower case; empty: any. Not in the first release. */
  schemes: z.array(z.string()).default([]),
  /** All of them must hold. A Worker of the release before does not know any. */
  conditions: z.array(condition).default([]),
  /** Text that occurs in the id, an endpoint, the region or a text of the metadata; null: any. */
  text: z.string().nullable(),
  sort: z.enum(SORTS),
  /** Where distances are measured from. */
  near: geoPoint.nullable(),
  /** Most entries of the page, at least 1; never more than `QUERY_LIMITS.pageEntries`, which null stands for. */
  limit: z.number().nullable(),
  after: cursor.nullable(),
  /** Null: all that an entry has. */
  fields: z.array(z.enum(FIELDS)).nullable(),
});

export type GeoPoint = Readonly<z.infer<typeof geoPoint>>;
export type Cursor = Readonly<z.infer<typeof cursor>>;
export type Bound = Readonly<z.infer<typeof bound>>;
export type Condition = Readonly<z.infer<typeof condition>>;
export type Query = Readonly<z.infer<typeof query>>;
