/** What is written to disk, and which writes may go unconfirmed. With `load.ts` the one place that calls the storage. */
import { encodeMetadata, encodeTimes, inParts, timeBytes } from '../../core/encoding/saved-leases.ts';
import type { Downtime } from '../../core/leases/downtime.ts';
import type { JournalRow } from '../../core/leases/journal.ts';
import type { Lease, StoredServer } from '../../core/leases/lease.ts';
import { SEGMENTS } from '../../core/leases/segment.ts';
import { DEFAULT_OBJECT, objectName, type Place } from '../../rpc/place.ts';
import type { Tombstone } from '../../core/leases/tombstones.ts';
import { ONLY_SHARD, type Shard } from '../../protocol/shards/shard.ts';
import { logOf } from '../../rpc/log.ts';
import type { Counters } from './counters.ts';
import { load, type Loaded } from './load.ts';
import {
  departedKey,
  journalKey,
  KEYS,
  MAX_SEGMENT_ROWS,
  PARTS_SAID,
  SCHEMA_VERSION,
  segmentKey,
  serverKey,
  type PublicationRow,
  type RevisionRow,
  type ServerRow,
} from './rows.ts';

/** Documented limit of the platform for one batch `put` or `delete`; the local runtime does not enforce it. */
const KEYS_PER_CALL = 128;

/**
 * No answer leaves the object while a confirmed write is on its way to the disk, whoever asked for either. So only what
 * every answer rests on is confirmed: the record of a downtime. All else is unconfirmed; whoever promises a client that
 * it is on disk waits for `sync`, and nobody else does.
 */
const CONFIRMED: DurableObjectPutOptions = {};
const UNCONFIRMED: DurableObjectPutOptions = { allowUnconfirmed: true };

/** What a save says beside the leases. `at`: epoch ms. */
export interface SaveHead {
  readonly at: number;
  readonly counters: Counters;
  /** Of the list that is on disk with this row; null where that is the list of no revision. */
  readonly revision: RevisionRow | null;
}

export class Store {
  readonly #storage: DurableObjectStorage;
  /** The number of the last save issued, over all lives. */
  #save = 0;
  /** Keys of saved times on disk that the next checkpoint deletes: those of the journal, and of releases before. */
  readonly #foldedKeys = new Set<string>();
  readonly #segmentKeys = new Set<string>();
  /** The save that `noteChange` was last called behind. */
  #notedSave = 0;
  readonly #place: Place;
  /** The version of the rows is on disk, and with it the place. */
  #isVersioned = false;
  /** Which object of its list this is, as the disk has it. */
  #shard: Shard | null = null;

  /** `place` is what the object is for. */
  constructor(storage: DurableObjectStorage, place: Place) {
    this.#storage = storage;
    this.#place = place;
  }

  /** Reads everything, once, when the object is loaded. A row that can't be read is quarantined, not fatal. */
  async load(): Promise<Loaded> {
    const loaded = await load(this.#storage, logOf(this.#place));
    this.#save = loaded.save;
    for (const key of loaded.foldedKeys) this.#foldedKeys.add(key);
    for (const key of loaded.segmentKeys) this.#segmentKeys.add(key);
    this.#isVersioned = loaded.isVersioned;
    this.#shard = loaded.shard;
    return loaded;
  }

  /** Whether a checkpoint is on disk. */
  get hasSegments(): boolean {
    return this.#segmentKeys.size > 0;
  }

  /** Resolves when all that was written so far is on disk. */
  async sync(): Promise<void> {
    await this.#storage.sync();
  }

  async putServer(record: StoredServer): Promise<void> {
    const row: ServerRow = { ...record, savesBefore: this.#save };
    const written = this.#storage.put(serverKey(record.serverId), row, UNCONFIRMED);
    await Promise.all([written, this.#putVersion()]);
  }

  /** What the object stays from now on. Nothing where the disk has it; the only object of a list is told by its version. */
  async keepShard(shard: Shard): Promise<void> {
    if (this.#shard !== null) return;
    this.#shard = shard;
    const isOnly = shard.count === ONLY_SHARD.count;
    const written = isOnly ? undefined : this.#storage.put(KEYS.shard, shard, UNCONFIRMED);
    await Promise.all([written, this.#putVersion()]);
  }

  async #putVersion(): Promise<void> {
    if (this.#isVersioned) return;
    this.#isVersioned = true;
    const writes = [this.#storage.put(KEYS.schema, SCHEMA_VERSION, UNCONFIRMED)];
    // In an alarm after a restart the object is not told its name.
    if (objectName(this.#place) !== DEFAULT_OBJECT)
      writes.push(this.#storage.put(KEYS.place, this.#place, UNCONFIRMED));
    await Promise.all(writes);
  }

  /** Rows that were behind, as part of a save; the caller passes no more than one step may write. */
  async putServers(records: readonly StoredServer[]): Promise<void> {
    await Promise.all(
      chunks(records).map((chunk) => {
        const rows = chunk.map(
          (record) => [serverKey(record.serverId), { ...record, savesBefore: this.#save - 1 }] as const,
        );
        return this.#storage.put(Object.fromEntries(rows), UNCONFIRMED);
      }),
    );
  }

  async removeServer(serverId: string): Promise<void> {
    const removed = this.#storage.delete(serverKey(serverId), UNCONFIRMED);
    await Promise.all([removed, this.noteChange()]);
  }

  /** The list on disk is from now on another one than that of the last save, without a row that shows it. */
  async noteChange(): Promise<void> {
    if (this.#notedSave === this.#save) return;
    this.#notedSave = this.#save;
    await this.#storage.put(KEYS.changedAfter, this.#save, UNCONFIRMED);
  }

  async putTombstone(tombstone: Tombstone): Promise<void> {
    await this.#storage.put(departedKey(tombstone.serverId), tombstone, UNCONFIRMED);
  }

  async removeTombstone(serverId: string): Promise<void> {
    await this.#storage.delete(departedKey(serverId), UNCONFIRMED);
  }

  /**
   * Rows of leases that a load found held by sessions that are gone. Confirmed: no list may show them as living on before
   * a restart would find for how long.
   */
  async putOrphans(records: readonly StoredServer[]): Promise<void> {
    const puts = chunks(records).map((chunk) => {
      const rows = chunk.map(
        (record) => [serverKey(record.serverId), { ...record, savesBefore: this.#save }] as const,
      );
      return this.#storage.put(Object.fromEntries(rows), CONFIRMED);
    });
    await Promise.all(puts);
  }

  async putDowntime(downtime: Downtime): Promise<void> {
    await this.#storage.put(KEYS.absence, downtime, CONFIRMED);
  }

  async putPublication(row: PublicationRow): Promise<void> {
    await this.#storage.put(KEYS.publication, row, UNCONFIRMED);
  }

  /**
   * Deletes the rows of one slice of the sweep. Issued without an await between them, all chunks commit as one. The last
   * save may be of a list that had them.
   */
  async sweepServers(serverIds: readonly string[]): Promise<void> {
    await Promise.all([this.#deleteBatch(serverIds.map(serverKey)), this.noteChange()]);
  }

  /** Deletes the rows of tombstones that are over, in the same way. */
  async sweepTombstones(tombstones: readonly Tombstone[]): Promise<void> {
    await this.#deleteBatch(tombstones.map(({ serverId }) => departedKey(serverId)));
  }

  /** Begins a save: what is written from here on is newer than any row before. */
  beginSave(): void {
    this.#save += 1;
  }

  /** One row of the journal; the metadata of `behind` leases goes with their times. */
  async putJournalRow(row: JournalRow, head: SaveHead, behind: ReadonlySet<Lease>): Promise<void> {
    const key = journalKey(row.place);
    this.#foldedKeys.add(key);
    const metadata = row.leases.filter((lease) => behind.has(lease));
    await this.#storage.put(
      key,
      {
        ...this.#savedRow(row.leases, head),
        ...(metadata.length > 0 && { metadata: encodeMetadata(metadata) }),
      },
      UNCONFIRMED,
    );
  }

  /** The rows of one segment of the checkpoint: nearly always one, none where it holds no lease. */
  async putSegment(segment: number, leases: readonly Lease[], head: SaveHead): Promise<void> {
    const parts = leases.length === 0 ? [] : inParts(leases, timeBytes);
    const writes = parts.map((part, index) => {
      const key = segmentKey(indexOf(segment, index));
      this.#segmentKeys.add(key);
      return this.#storage.put(key, this.#savedRow(part, head), UNCONFIRMED);
    });
    for (let part = parts.length; indexOf(segment, part) < MAX_SEGMENT_ROWS; part += 1) {
      const key = segmentKey(indexOf(segment, part));
      if (!this.#segmentKeys.delete(key)) break;
      writes.push(this.#storage.delete(key, UNCONFIRMED).then(() => undefined));
    }
    await Promise.all(writes);
  }

  /** The checkpoint holds all of it: deletes the journal, and rows of the form of releases before. */
  async removeFoldedRows(): Promise<void> {
    const keys = [...this.#foldedKeys];
    this.#foldedKeys.clear();
    await this.#deleteBatch(keys);
  }

  /** Sets the alarm, in wall-clock epoch milliseconds. */
  async setAlarm(at: number): Promise<void> {
    await this.#storage.setAlarm(at, UNCONFIRMED);
  }

  #savedRow(leases: readonly Lease[], { at, counters, revision }: SaveHead) {
    const seen = encodeTimes(leases);
    return { at, parts: PARTS_SAID, counters, seen, save: this.#save, ...(revision && { revision }) };
  }

  async #deleteBatch(keys: readonly string[]): Promise<void> {
    await Promise.all(chunks(keys).map((chunk) => this.#storage.delete(chunk, UNCONFIRMED)));
  }
}

/** Which of the rows of all segments: 64 segments of up to a dozen parts are 1.2 GB, ten times the memory of the object. */
function indexOf(segment: number, part: number): number {
  return segment + part * SEGMENTS;
}

function chunks<Item>(items: readonly Item[]): Item[][] {
  const all: Item[][] = [];
  for (let start = 0; start < items.length; start += KEYS_PER_CALL) {
    all.push(items.slice(start, start + KEYS_PER_CALL));
  }
  return all;
}
