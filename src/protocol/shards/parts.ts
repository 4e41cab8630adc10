/** What one object of a list says before the bytes of its part of an answer, so that the Worker can merge it. */
import { z } from 'zod';

/** Of a page. */
export const pagePart = z.object({
  /** In order, as far as the part goes. The bytes of the entries follow each other without anything between them. */
  entries: z
    .array(z.tuple([z.number(), z.string(), z.int().positive()]))
    .describe('Rank, id and bytes of each.'),
  /** Matches of all pages. */
  total: z.int().nonnegative(),
  /** The object has more of them behind these. */
  hasMore: z.boolean(),
  /** Epoch milliseconds. */
  takenAt: z.int(),
  /** Of all that the object lists. */
  etag: z.string(),
  /** Of conditions that compare with a bare name which no entry here has, the places in the query; where none matches. */
  missing: z.array(z.int().nonnegative()).readonly(),
  /** None matches, and there is no entry at all. */
  isEmpty: z.boolean(),
});

/** Of what changed: the bytes are the entries that came or changed, by commas. */
export const deltaPart = z.object({
  revision: z.string(),
  /** The object can't tell what changed, or it would hardly be less than all it has; no bytes follow. */
  full: z.boolean(),
  removed: z.array(z.string()),
  takenAt: z.int(),
});

export type PagePart = z.infer<typeof pagePart>;
export type DeltaPart = z.infer<typeof deltaPart>;
