/** What is on disk, and which writes may go unconfirmed. The one place that calls the object's storage. */
import type { Absence } from '../core/absence.ts';
import type { Departure } from '../core/departures.ts';
import type { ServerRecord } from '../core/lease.ts';
import type { Counters } from './counters.ts';
import { migrate } from './migrate.ts';
import {
  absenceRow,
  departedKey,
  departedRow,
  KEYS,
  leasesKey,
  leasesRow,
  serverKey,
  serverRow,
} from './rows.ts';

/** Documented limit of the platform for one batch `put` or `delete`; the local runtime does not enforce it. */
const KEYS_PER_CALL = 128;

/**
 * No answer leaves the object while a confirmed write is on its way to the disk, whoever asked for either.
 *
 * - Confirmed: what a client is told is true (a registration, a deregistration), and what decides how a restart
 *   reads the rest (the absence, a row set aside).
 * - Unconfirmed: what costs nobody anything if a crash undoes it. The next sweep finds the same stale keys, the
 *   next checkpoint writes later times, a missing alarm is set again when the object is loaded.
 */
const CONFIRMED: DurableObjectPutOptions = {};
const UNCONFIRMED: DurableObjectPutOptions = { allowUnconfirmed: true };

/** One checkpoint: every lease's time, the counters, and the rows that heartbeats changed. */
export interface Checkpoint {
  readonly at: number;
  /** From `encodeLeases`. */
  readonly parts: readonly Uint8Array[];
  readonly counters: Counters;
  readonly changed: readonly ServerRecord[];
}

/** What was found on disk. */
export interface Loaded {
  readonly servers: readonly ServerRecord[];
  /** From the last checkpoint: id → lastSeen. */
  readonly seen: ReadonlyMap<string, number>;
  readonly checkpointAt: number | null;
  /** Part of the checkpoint could not be read, so some times are older than they were. */
  readonly checkpointDamaged: boolean;
  readonly counters: Counters | null;
  readonly departures: readonly Departure[];
  readonly absence: Absence | null;
  /** Wall-clock time of the alarm, in the past where it is overdue; null where none is set. */
  readonly alarmAt: number | null;
  /** Rows set aside because they could not be read, now or earlier. */
  readonly setAside: number;
}

export class Store {
  readonly #storage: DurableObjectStorage;
  #checkpointParts = 0;

  constructor(storage: DurableObjectStorage) {
    this.#storage = storage;
  }

  /** Reads everything, once, when the object is loaded. A row that can't be read is set aside, not fatal. */
  async load(): Promise<Loaded> {
    await migrate(this.#storage);
    const [rows, departed, leases, absence, alarmAt, asideBefore] = await Promise.all([
      this.#storage.list({ prefix: KEYS.serverPrefix }),
      this.#storage.list({ prefix: KEYS.departedPrefix }),
      this.#storage.list({ prefix: KEYS.leases }),
      this.#storage.get(KEYS.absence),
      this.#storage.getAlarm(),
      this.#storage.list({ prefix: KEYS.asidePrefix }),
    ]);
    const unreadable = new Map<string, unknown>();

    const servers: ServerRecord[] = [];
    for (const [key, value] of rows) {
      const row = serverRow.safeParse(value);
      if (row.success && serverKey(row.data.serverId) === key) servers.push(row.data);
      else unreadable.set(key, value);
    }

    const departures: Departure[] = [];
    for (const [key, value] of departed) {
      const row = departedRow.safeParse(value);
      if (row.success && departedKey(row.data.serverId) === key) departures.push(row.data);
      else unreadable.set(key, value);
    }

    const seen = new Map<string, number>();
    let checkpointAt: number | null = null;
    let counters: Counters | null = null;
    let checkpointDamaged = false;
    for (const [key, value] of leases) {
      const row = leasesRow.safeParse(value);
      if (!row.success) {
        unreadable.set(key, value);
        checkpointDamaged = true;
        continue;
      }
      checkpointAt = row.data.at;
      counters = row.data.counters;
      this.#checkpointParts = row.data.parts;
      for (const [serverId, lastSeen] of row.data.seen) seen.set(serverId, lastSeen);
    }

    const lastAbsence = absenceRow.nullable().safeParse(absence ?? null);
    if (!lastAbsence.success) unreadable.set(KEYS.absence, absence);

    await this.#setAside(unreadable);
    return {
      servers,
      seen,
      checkpointAt,
      checkpointDamaged,
      counters,
      departures,
      absence: lastAbsence.success ? lastAbsence.data : null,
      alarmAt,
      setAside: asideBefore.size + unreadable.size,
    };
  }

  /** The registration is durable before any answer leaves the object. */
  async putServer(record: ServerRecord): Promise<void> {
    await this.#storage.put(serverKey(record.serverId), record, CONFIRMED);
  }

  /** To be issued with the registration that ends it, in one transaction. */
  async removeDeparture(serverId: string): Promise<void> {
    await this.#storage.delete(departedKey(serverId), CONFIRMED);
  }

  /** The deregistration is durable before any answer leaves the object. */
  async removeServer(serverId: string, departure?: Departure): Promise<void> {
    const writes: Promise<unknown>[] = [this.#storage.delete(serverKey(serverId), CONFIRMED)];
    if (departure !== undefined) {
      writes.push(this.#storage.put(departedKey(serverId), departure, CONFIRMED));
    }
    await Promise.all(writes);
  }

  async putAbsence(absence: Absence): Promise<void> {
    await this.#storage.put(KEYS.absence, absence, CONFIRMED);
  }

  /** Deletes the rows of one slice of the sweep. Issued without an await between them, all chunks commit as one. */
  async sweepServers(serverIds: readonly string[]): Promise<void> {
    await this.#deleteBatch(serverIds.map(serverKey));
  }

  /** Deletes the rows of departures that are over, in the same way. */
  async sweepDepartures(departures: readonly Departure[]): Promise<void> {
    await this.#deleteBatch(departures.map(({ serverId }) => departedKey(serverId)));
  }

  /** Writes a checkpoint, in one transaction. */
  async putCheckpoint({ at, parts, counters, changed }: Checkpoint): Promise<void> {
    const writes: Promise<unknown>[] = parts.map((seen, part) =>
      this.#storage.put(leasesKey(part), { at, parts: parts.length, counters, seen }, UNCONFIRMED),
    );
    for (let part = parts.length; part < this.#checkpointParts; part += 1) {
      writes.push(this.#storage.delete(leasesKey(part), UNCONFIRMED));
    }
    for (const chunk of chunks(changed)) {
      const rows = Object.fromEntries(chunk.map((record) => [serverKey(record.serverId), record]));
      writes.push(this.#storage.put(rows, UNCONFIRMED));
    }
    this.#checkpointParts = Math.max(parts.length, this.#checkpointParts);
    await Promise.all(writes);
    this.#checkpointParts = parts.length;
  }

  /** Sets the alarm, in wall-clock epoch milliseconds. */
  async setAlarm(at: number): Promise<void> {
    await this.#storage.setAlarm(at, UNCONFIRMED);
  }

  async #deleteBatch(keys: readonly string[]): Promise<void> {
    await Promise.all(chunks(keys).map((chunk) => this.#storage.delete(chunk, UNCONFIRMED)));
  }

  async #setAside(rows: ReadonlyMap<string, unknown>): Promise<void> {
    const writes: Promise<unknown>[] = [];
    for (const [key, value] of rows) {
      console.error(JSON.stringify({ event: 'row-set-aside', key, keptAs: KEYS.asidePrefix + key }));
      writes.push(this.#storage.put(KEYS.asidePrefix + key, value, CONFIRMED));
      writes.push(this.#storage.delete(key, CONFIRMED));
    }
    await Promise.all(writes);
  }
}

function chunks<Item>(items: readonly Item[]): Item[][] {
  const all: Item[][] = [];
  for (let start = 0; start < items.length; start += KEYS_PER_CALL) {
    all.push(items.slice(start, start + KEYS_PER_CALL));
  }
  return all;
}
