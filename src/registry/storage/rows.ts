/**
 * The rows on disk: their keys, their schemas, and how each is read back.
 *
 * Rows live longer than code. A member that a newer release adds is optional or has a default, and a member that this
 * code does not know is ignored: `test/workerd/rows.test.ts` reads a row of every version ever shipped.
 */
import { z } from 'zod';
import { decodeMetadata, decodeTimes } from '../../core/encoding/saved-leases.ts';
import { location } from '../../protocol/protocol.ts';
import { countersSchema } from './counters.ts';

/** The version of these rows. Code reads rows one version older and one newer than its own (docs/design.md). */
export const SCHEMA_VERSION = 1;

/** Every key in use. */
export const KEYS = {
  schema: 'schema',
  /** Which list the object holds, and which shard of it. Absent where that is the default list. */
  place: 'place',
  serverPrefix: 'server:',
  /** Tombstones. */
  departedPrefix: 'departed:',
  /** Quarantined rows: those that could not be read, under this prefix and their old key. */
  asidePrefix: 'aside:',
  /** How many rows are quarantined. */
  asideCount: 'aside-count',
  /** The number of the last save after which the list on disk became another one, without a row that shows it. */
  changedAfter: 'changed-after-save',
  /** The last downtime. */
  absence: 'absence',
  /** Which object of its list this is; not there where it is the only one. */
  shard: 'shard',
  /** What of the list was last written as a file. */
  publication: 'list-file',
  /**
   * Saved times. Last of all keys, hence the tilde: SQLite keeps a row beside its key here, so a search that meets the
   * key of a large row reads all of it, and among the other keys it made the deletes of a sweep ten times slower (run).
   */
  leases: '~leases',
} as const;

/** Where the numbers of segments begin, and those of the journal. Releases before wrote `~leases`, `~leases:1`, … */
const FIRST_SEGMENT = 100;
const FIRST_JOURNAL_ROW = 900;
const FIRST_BEHIND_JOURNAL = 1000;

/** Parts of all segments that fit between those numbers. */
export const MAX_SEGMENT_ROWS = FIRST_JOURNAL_ROW - FIRST_SEGMENT;

/**
 * What every row of saved times says of how many there are. The release before deletes all numbers up to this one when
 * it writes its own checkpoint, so that after a rollback none of our rows stays behind and grows old.
 */
export const PARTS_SAID = FIRST_BEHIND_JOURNAL;

/**
 * `index` counts the parts of all segments. All numbers have three digits, so that in the order of keys, in which the
 * release before reads them, the journal comes last and its later times count.
 */
export function segmentKey(index: number): string {
  return `${KEYS.leases}:${FIRST_SEGMENT + index}`;
}

export function journalKey(place: number): string {
  return `${KEYS.leases}:${FIRST_JOURNAL_ROW + place}`;
}

/** What a key of saved times holds; a `legacy` row is one of the release before. */
export function savedRowKind(
  key: string,
): { readonly kind: 'legacy' | 'segment' } | { readonly kind: 'journal'; readonly place: number } {
  const number = Number(key.slice(KEYS.leases.length + 1));
  if (number >= FIRST_JOURNAL_ROW) return { kind: 'journal', place: number - FIRST_JOURNAL_ROW };
  return { kind: number >= FIRST_SEGMENT ? 'segment' : 'legacy' };
}

export function serverKey(serverId: string): string {
  return KEYS.serverPrefix + serverId;
}

export function departedKey(serverId: string): string {
  return KEYS.departedPrefix + serverId;
}

const time = z.int().nonnegative();

const proof = z.object({ key: z.string(), createdSeconds: time });

/** Code that does not know it drops it: then no session holds the lease, and its server comes by HTTP. */
const session = z.object({
  ticket: z.object({ hash: z.string(), until: time }).exactOptional(),
  offeredFor: z.int().exactOptional(),
  held: z.string().exactOptional(),
  lost: z.object({ at: time, until: time }).exactOptional(),
});

/**
 * `server:<id>`: the entry as registered. `proof` came without a new version: code that does not know it drops it, and
 * the id is then bound to no key.
 */
export const serverRow = z.object({
  serverId: z.string().min(1),
  endpoint: z.string(),
  /** Code that does not know it drops it, and keeps `endpoint`. */
  endpoints: z.array(z.string()).readonly().exactOptional(),
  publicKey: z.string(),
  region: z.string(),
  metadata: z.string().nullable(),
  registeredAt: time,
  lastSeen: time,
  proof: proof.exactOptional(),
  location: location.exactOptional(),
  /** Code that does not know it drops it: then no heartbeat is told that its host was replaced. */
  instance: z.string().exactOptional(),
  session: session.exactOptional(),
  /** The number of the last save before this row was written: metadata in a journal row up to that number is older. */
  savesBefore: z.int().exactOptional(),
});

/** `departed:<id>`: a tombstone; see `core/leases/tombstones.ts`. Never written unless writes are signed. */
export const departedRow = z.object({
  serverId: z.string().min(1),
  key: z.string().nullable(),
  createdSeconds: time,
  until: time,
});

/** `place`: see `rpc/place.ts`. */
export const placeRow = z.object({ list: z.string().min(1), shard: z.int().nonnegative() });

/** `absence`: the last downtime of the registry; see `core/leases/downtime.ts`. */
export const absenceRow = z.object({
  from: time,
  until: time,
  leases: z.int().default(0),
  liveAfter: time,
});

/** `list-file`: what the list file shows; see `publisher.ts`. Never written where there is none. */
export const publicationRow = z.object({
  /** When it was last written; null where it never was. */
  at: time.nullable(),
  /** Of the list that it shows, and the servers on it. */
  revision: z.string(),
  live: z.int().nonnegative(),
  /** How many parts the manifest that was written names; null where none was, and of every part but the first. */
  shards: z.int().nullable(),
  /** When that was; absent where none was, and of releases before. */
  manifestAt: time.optional(),
  written: z.int().nonnegative(),
  failed: z.int().nonnegative(),
  lastFailure: z.object({ at: time, reason: z.string() }).nullable(),
});

/** `aside-count`, and `changed-after-save`. */
export const countRow = z.int().nonnegative();

/** JSON bytes inside a row, so that the size of the row is known exactly. */
function bytesOf<Value>(decode: (bytes: Uint8Array) => Value) {
  return z.instanceof(Uint8Array).transform((bytes, context) => {
    try {
      return decode(bytes);
    } catch (error) {
      context.addIssue({ code: 'custom', message: String(error), input: bytes });
      return z.NEVER;
    }
  });
}

/** `~leases:<number>`: saved times of some leases. */
export const savedRow = z.object({
  /** When it was written. */
  at: time,
  counters: countersSchema,
  seen: bytesOf(decodeTimes),
  /** Metadata that is newer than that of the servers' own rows; in the journal alone. */
  metadata: bytesOf(decodeMetadata).default([]),
  /** Numbers the saves, over all lives of the object. The rows of releases before have none. */
  save: z.int().nonnegative().default(0),
  /** Of the list that all rows together make, as of this save; in its last row alone. */
  revision: z
    .object({
      life: z.string().min(1),
      counter: z.int().nonnegative(),
      /** By which it was told who was on that list: under other terms the same rows are another one. */
      ttlMs: z.number().exactOptional(),
      heartbeatEveryMs: z.number().exactOptional(),
    })
    .exactOptional(),
});

export type ServerRow = z.infer<typeof serverRow>;
export type PublicationRow = z.infer<typeof publicationRow>;
export type SavedRow = z.infer<typeof savedRow>;
export type RevisionRow = NonNullable<SavedRow['revision']>;

/** Kept for good: see `Shard`. */
export const shardRow = z.object({ count: z.int().min(2), index: z.int().nonnegative() });
