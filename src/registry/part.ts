/** Which part of its list the object is, and so of the limits of the list. It is not known before the first registration. */
import type { Config } from '../config.ts';
import { limitsOf, ONLY_SHARD, shardOf, type Limits, type Shard } from '../protocol/shards/shard.ts';

export class Part implements Limits {
  readonly #config: Config;
  #shard: Shard | null = null;
  #limits: Limits;

  constructor(config: Config) {
    this.#config = config;
    this.#limits = config;
  }

  get ttlMs(): number {
    return this.#config.ttlMs;
  }

  get holdMs(): number {
    return this.#config.holdMs;
  }

  get pingEveryMs(): number {
    return this.#config.pingEveryMs;
  }

  get maxServers(): number {
    return this.#limits.maxServers;
  }

  get maxListBytes(): number {
    return this.#limits.maxListBytes;
  }

  get maxServersPerKey(): number {
    return this.#limits.maxServersPerKey;
  }

  /** Null where nobody registered yet. */
  get shard(): Shard | null {
    return this.#shard;
  }

  /** Once: what an object is it stays. */
  become(shard: Shard): void {
    this.#shard = shard;
    this.#limits = limitsOf(this.#config, shard);
  }

  /**
   * For a registration. `sent` is what the Worker takes the object for; one of the release before, or of a list of one
   * object, says nothing.
   *
   * @throws Error where the server belongs into another object, so that no list shows it twice, or never
   */
  take(serverId: string, sent: Shard | undefined): Shard {
    if (this.#shard === null) this.become(sent ?? ONLY_SHARD);
    const { count, index } = this.#shard ?? ONLY_SHARD;
    if ((sent ?? { count, index }).count !== count || shardOf(serverId, count) !== index) {
      throw new Error(
        `This object is ${index} of the ${count} of its list, and the server belongs into another: the Worker takes the list for one of ${sent?.count ?? 1}.`,
      );
    }
    return { count, index };
  }
}
