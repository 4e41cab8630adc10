/** Reads everything that is on disk. A row that can't be read is quarantined: kept under another key, logged, counted. */
import type { z } from 'zod';
import type { Downtime } from '../../core/leases/downtime.ts';
import type { StoredServer } from '../../core/leases/lease.ts';
import type { Log } from '../../rpc/log.ts';
import type { Tombstone } from '../../core/leases/tombstones.ts';
import type { Counters } from './counters.ts';
import { ONLY_SHARD, type Shard } from '../../protocol/shards/shard.ts';
import { migrate } from './migrations.ts';
import {
  absenceRow,
  countRow,
  departedKey,
  departedRow,
  KEYS,
  publicationRow,
  savedRow,
  savedRowKind,
  serverKey,
  serverRow,
  shardRow,
  type PublicationRow,
  type RevisionRow,
  type SavedRow,
  type ServerRow,
} from './rows.ts';

/** Rows quarantined by a release that kept no count are counted so many at a time: they may be large. */
const ASIDE_AT_ONCE = 8;

/** What was found on disk. Times are epoch milliseconds. */
export interface Loaded {
  /** Each with its latest saved time and metadata. */
  readonly servers: readonly StoredServer[];
  /** The leases in each row of the journal, in order. */
  readonly journal: readonly { readonly place: number; readonly serverIds: readonly string[] }[];
  /** The ids whose latest metadata is in the journal alone. */
  readonly rowsBehind: ReadonlySet<string>;
  /** When something was last saved. */
  readonly savedAt: number | null;
  /** Some saved times could not be read, so some leases look older than they are. */
  readonly savedTimesDamaged: boolean;
  readonly counters: Counters | null;
  /** Of the list, where what was loaded is exactly that of the last save. */
  readonly revision: RevisionRow | null;
  readonly tombstones: readonly Tombstone[];
  readonly downtime: Downtime | null;
  readonly publication: PublicationRow | null;
  /** Wall-clock time of the alarm, in the past where it is overdue; null where none is set. */
  readonly alarmAt: number | null;
  /** Rows quarantined, now or earlier. */
  readonly quarantined: number;
  /** The number of the last save. */
  readonly save: number;
  /** The version of the rows is on disk: not so where nothing is. */
  readonly isVersioned: boolean;
  /** Which object of its list this is: the only one where there are rows that say no other. Null where there are none. */
  readonly shard: Shard | null;
  /** Some saved times are in rows of the form of releases before. */
  readonly hasLegacyRows: boolean;
  /** Keys of saved times: those that a checkpoint replaces, and those of segments. */
  readonly foldedKeys: readonly string[];
  readonly segmentKeys: readonly string[];
}

/** @throws Error where the rows are of a release too new for this code; see `migrate` */
export async function load(storage: DurableObjectStorage, log: Log): Promise<Loaded> {
  const isVersioned = await migrate(storage);
  const [serverRows, tombstoneRows, savedRows, absence, changedAfter, published, shard, alarmAt] =
    await Promise.all([
      storage.list({ prefix: KEYS.serverPrefix }),
      storage.list({ prefix: KEYS.departedPrefix }),
      storage.list({ prefix: KEYS.leases }),
      storage.get(KEYS.absence),
      storage.get(KEYS.changedAfter),
      storage.get(KEYS.publication),
      storage.get(KEYS.shard),
      storage.getAlarm(),
    ]);
  const unreadable = new Map<string, unknown>();
  const servers = readAll(serverRows, serverRow, (row) => serverKey(row.serverId), unreadable);
  const tombstones = readAll(tombstoneRows, departedRow, (row) => departedKey(row.serverId), unreadable);
  const goodBefore = unreadable.size;
  const saved = readSaved(savedRows, unreadable);
  const savedTimesDamaged = unreadable.size > goodBefore;
  const downtime = absenceRow.nullable().safeParse(absence ?? null);
  if (!downtime.success) unreadable.set(KEYS.absence, absence);

  const newest = saved.rows.reduce<SavedRow | null>(
    (latest, row) => (latest === null || isNewer(row, latest) ? row : latest),
    null,
  );
  const merged = mergeSaved(servers, saved.rows);
  const lastSave = newest?.save ?? 0;
  const isAsSaved =
    changedAfter !== lastSave && servers.every(({ savesBefore = 0 }) => savesBefore < lastSave);
  // The last row of a save has it: one that a crash cut short has none.
  const revision = saved.rows.find((row) => row.save === lastSave && row.revision !== undefined)?.revision;
  // Other rows don't tell: a server that was never there may have been deregistered, and that saved.
  const wasRegisteredAt = serverRows.size > 0 || (newest?.counters.registrations ?? 0) > 0;
  return {
    ...merged,
    journal: saved.journal,
    savedAt: newest?.at ?? null,
    savedTimesDamaged,
    counters: newest?.counters ?? null,
    revision: isAsSaved && unreadable.size === 0 ? (revision ?? null) : null,
    tombstones,
    downtime: downtime.success ? downtime.data : null,
    // Of one that can't be read nothing is lost but a writing too many.
    publication: publicationRow.safeParse(published).data ?? null,
    alarmAt,
    quarantined: await quarantine(storage, unreadable, lastSave, log),
    save: servers.reduce((save, { savesBefore = 0 }) => Math.max(save, savesBefore), lastSave),
    isVersioned,
    // Not set aside where it can't be read: an object that took itself for another would show half a list as the whole.
    shard: shard === undefined ? (wasRegisteredAt ? ONLY_SHARD : null) : shardRow.parse(shard),
    hasLegacyRows: saved.hasLegacyRows,
    foldedKeys: saved.foldedKeys,
    segmentKeys: saved.segmentKeys,
  };
}

/** The rows of one kind; one whose key is not that of what it holds counts as unreadable, too. */
function readAll<Row>(
  rows: ReadonlyMap<string, unknown>,
  schema: z.ZodType<Row>,
  keyOf: (row: Row) => string,
  unreadable: Map<string, unknown>,
): Row[] {
  const read: Row[] = [];
  for (const [key, value] of rows) {
    const row = schema.safeParse(value);
    if (row.success && keyOf(row.data) === key) read.push(row.data);
    else unreadable.set(key, value);
  }
  return read;
}

function readSaved(rows: ReadonlyMap<string, unknown>, unreadable: Map<string, unknown>) {
  const read: SavedRow[] = [];
  const journal: { place: number; serverIds: string[] }[] = [];
  const foldedKeys: string[] = [];
  const segmentKeys: string[] = [];
  let hasLegacyRows = false;
  for (const [key, value] of rows) {
    const row = savedRow.safeParse(value);
    if (!row.success) {
      unreadable.set(key, value);
      continue;
    }
    read.push(row.data);
    const kind = savedRowKind(key);
    (kind.kind === 'segment' ? segmentKeys : foldedKeys).push(key);
    hasLegacyRows ||= kind.kind === 'legacy';
    if (kind.kind === 'journal') {
      journal.push({ place: kind.place, serverIds: row.data.seen.map(([serverId]) => serverId) });
    }
  }
  return { rows: read, journal, hasLegacyRows, foldedKeys, segmentKeys };
}

/** Of rows of the same save, or of releases that did not number them, the time tells. */
function isNewer(row: SavedRow, other: SavedRow): boolean {
  return row.save === other.save ? row.at >= other.at : row.save > other.save;
}

/** The servers with their latest time, and with metadata from the journal where that is newer than their row. */
function mergeSaved(rows: readonly ServerRow[], saved: readonly SavedRow[]) {
  const seen = new Map<string, number>();
  const metadataOf = new Map<string, { readonly text: string; readonly save: number }>();
  for (const { seen: times, metadata, save } of saved) {
    for (const [serverId, lastSeen] of times) {
      if (lastSeen > (seen.get(serverId) ?? 0)) seen.set(serverId, lastSeen);
    }
    for (const [serverId, text] of metadata) {
      if (save >= (metadataOf.get(serverId)?.save ?? 0)) metadataOf.set(serverId, { text, save });
    }
  }
  const rowsBehind = new Set<string>();
  const servers = rows.map(({ savesBefore, ...record }): StoredServer => {
    const lastSeen = Math.max(record.lastSeen, seen.get(record.serverId) ?? 0);
    const newer = metadataOf.get(record.serverId);
    // A row without a number is of a release that knows no journal: there the times tell which is newer.
    const isNewerThanRow =
      newer !== undefined &&
      (savesBefore === undefined ? lastSeen > record.lastSeen : newer.save > savesBefore);
    if (!isNewerThanRow) return { ...record, lastSeen };
    rowsBehind.add(record.serverId);
    return { ...record, lastSeen, metadata: newer.text };
  });
  return { servers, rowsBehind };
}

/** Moves rows out of the way, in one transaction. Returns how many are quarantined now. */
async function quarantine(
  storage: DurableObjectStorage,
  rows: ReadonlyMap<string, unknown>,
  lastSave: number,
  log: Log,
): Promise<number> {
  const known = countRow.safeParse(await storage.get(KEYS.asideCount));
  const before = known.success ? known.data : await countAside(storage);
  if (rows.size === 0 && (known.success || before === 0)) return before;
  const writes: Promise<unknown>[] = [storage.put(KEYS.asideCount, before + rows.size)];
  // The rows that are left are the list of no revision, at the next load as well.
  if (rows.size > 0) writes.push(storage.put(KEYS.changedAfter, lastSave));
  for (const [key, value] of rows) {
    log('error', { event: 'row-quarantined', key, keptAs: KEYS.asidePrefix + key });
    writes.push(storage.put(KEYS.asidePrefix + key, value), storage.delete(key));
  }
  await Promise.all(writes);
  return before + rows.size;
}

/** Counts rows that a release before quarantined: once, a few at a time, because each may have 1.5 MB. */
async function countAside(storage: DurableObjectStorage): Promise<number> {
  let count = 0;
  let startAfter: string | undefined;
  for (;;) {
    const page = await storage.list({
      prefix: KEYS.asidePrefix,
      limit: ASIDE_AT_ONCE,
      ...(startAfter !== undefined && { startAfter }),
    });
    count += page.size;
    if (page.size < ASIDE_AT_ONCE) return count;
    startAfter = [...page.keys()].at(-1);
  }
}
