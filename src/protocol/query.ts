/** What a reader may ask of the list beside the whole of it: filters, order and pages. */
import { z } from 'zod';

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
const place = z.object({ latitude: z.number(), longitude: z.number() });

/** The last entry of a page, as its order sees it. Servers that come or go do not move it. */
const cursor = z.object({ sort: z.enum(SORTS), rank: z.number(), serverId: z.string() });

export const query = z.object({
  /** The query string as it was asked: the answer repeats it, so that a signature covers the question too. */
  asked: z.string(),
  /** An entry is in one of these regions; empty: in any. */
  regions: z.array(z.string()),
  /** For each key, the entry's metadata has one of these values, as text. */
  metadata: z.array(z.tuple([z.string(), z.array(z.string())])),
  /** Lower-case text that occurs in the id, the endpoint, the region or a text of the metadata; null: any. */
  text: z.string().nullable(),
  sort: z.enum(SORTS),
  /** Where distances are measured from. */
  near: place.nullable(),
  /** Most entries of a page; null: all. */
  limit: z.number().nullable(),
  after: cursor.nullable(),
  /** Null: all that an entry has. */
  fields: z.array(z.enum(FIELDS)).nullable(),
});

export type Place = Readonly<z.infer<typeof place>>;
export type Cursor = Readonly<z.infer<typeof cursor>>;
export type Query = Readonly<z.infer<typeof query>>;
