/**
 * Writes that memory shows already and the disk does not have yet: who may be answered before it has them.
 *
 * The writes go unconfirmed, so that nobody waits for them but the answers that rest on them: the writer's own, and every
 * other answer about the same id. Lists don't wait: for a moment they may show what a crash undoes.
 */
import type { Store } from './storage/store.ts';

export class PendingWrites {
  readonly #store: Store;
  /** Throws away memory that shows what the disk refused. */
  readonly #reset: (cause: unknown) => void;
  readonly #byId = new Map<string, Promise<void>>();

  constructor(store: Store, reset: (cause: unknown) => void) {
    this.#store = store;
    this.#reset = reset;
  }

  /** As `commit`, for writes about `serverId`: until they are on disk, other answers about it can wait for them. */
  async settle(serverId: string, writes: readonly Promise<void>[]): Promise<void> {
    const onDisk = this.commit(writes);
    this.#byId.set(serverId, onDisk);
    try {
      await onDisk;
    } finally {
      if (this.#byId.get(serverId) === onDisk) this.#byId.delete(serverId);
    }
  }

  /** The write of this id that is under way, if there is one. */
  of(serverId: string): Promise<void> | undefined {
    return this.#byId.get(serverId);
  }

  /** Resolves when none is under way: for a refusal that rests on what others wrote. */
  async all(): Promise<void> {
    await Promise.all(this.#byId.values());
  }

  /** Resolves when the writes of this turn are on disk. If the disk refuses one, memory is thrown away and this rejects. */
  async commit(writes: readonly Promise<void>[]): Promise<void> {
    try {
      await Promise.all([...writes, this.#store.sync()]);
    } catch (error) {
      this.#reset(error);
      throw error;
    }
  }
}
