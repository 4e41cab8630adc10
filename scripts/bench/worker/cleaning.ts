/** The two contenders that clean up inside the read: the original registry's way, and the same in batches. */
import { Contender } from './contender.ts';
import { entryAt, type Registration, type SeedCounts, type StoredEntry } from './contract.ts';

const PREFIX = 'server:';
/** Documented limit of the platform for one batch. */
const KEYS_PER_CALL = 128;
/** Longer than any run. Entries become stale by being seeded with a time before it. */
const TTL_MS = 3_600_000;

const utf8 = new TextEncoder();

/** What both share: every entry is a row, every heartbeat writes it, and a list reads them all and cleans up. */
abstract class CleaningRegistry extends Contender {
  /** Deletes the rows of stale entries; the read waits for it. */
  protected abstract clean(keys: readonly string[]): Promise<void>;

  override async listServers(): Promise<Uint8Array> {
    return utf8.encode(JSON.stringify({ servers: await this.#live(), timestamp: Date.now() }));
  }

  override async heartbeat(serverId: string, peers: boolean): Promise<Uint8Array | null | undefined> {
    const entry = await this.ctx.storage.get<StoredEntry>(PREFIX + serverId);
    if (entry === undefined) return null;
    await this.ctx.storage.put(PREFIX + serverId, { ...entry, lastSeen: Date.now() });
    if (!peers) return undefined;
    const others = (await this.#live()).filter((other) => other.serverId !== serverId);
    return utf8.encode(JSON.stringify({ success: true, peers: others }));
  }

  override async register(registration: Registration): Promise<void> {
    const now = Date.now();
    const key = PREFIX + registration.serverId;
    const before = await this.ctx.storage.get<StoredEntry>(key);
    await this.ctx.storage.put(key, {
      ...registration,
      registeredAt: before?.registeredAt ?? now,
      lastSeen: now,
    });
  }

  override async deregister(serverId: string): Promise<void> {
    await this.ctx.storage.delete(PREFIX + serverId);
  }

  override async seed({ live, stale }: SeedCounts): Promise<void> {
    await this.ctx.storage.deleteAll();
    const now = Date.now();
    for (let start = 0; start < live + stale; start += KEYS_PER_CALL) {
      const rows: Record<string, StoredEntry> = {};
      for (let index = start; index < Math.min(start + KEYS_PER_CALL, live + stale); index += 1) {
        const lastSeen = index < live ? now : now - 2 * TTL_MS;
        const entry = { ...entryAt(index), registeredAt: lastSeen, lastSeen };
        rows[PREFIX + entry.serverId] = entry;
      }
      void this.ctx.storage.put(rows);
    }
    await this.ctx.storage.sync();
  }

  async #live(): Promise<StoredEntry[]> {
    const now = Date.now();
    const live: StoredEntry[] = [];
    const staleKeys: string[] = [];
    for (const [key, entry] of await this.ctx.storage.list<StoredEntry>({ prefix: PREFIX })) {
      if (now < entry.lastSeen + TTL_MS) live.push(entry);
      else staleKeys.push(key);
    }
    await this.clean(staleKeys);
    return live;
  }
}

/** Contender 3: one awaited delete for each stale entry, inside the read. */
export class DeleteInLoop extends CleaningRegistry {
  protected override async clean(keys: readonly string[]): Promise<void> {
    for (const key of keys) await this.ctx.storage.delete(key);
  }
}

/** Contender 4: the stale keys in batches, awaited inside the read. */
export class BatchInRead extends CleaningRegistry {
  protected override async clean(keys: readonly string[]): Promise<void> {
    const deletes: Promise<number>[] = [];
    for (let start = 0; start < keys.length; start += KEYS_PER_CALL) {
      deletes.push(this.ctx.storage.delete(keys.slice(start, start + KEYS_PER_CALL)));
    }
    await Promise.all(deletes);
  }
}
