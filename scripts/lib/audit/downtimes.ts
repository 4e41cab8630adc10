/** The downtimes that a registry told of: each object of a list has its own, and tells of its last one. */
import { ONLY_SHARD, shardOf } from '../../../src/protocol/shards/shard.ts';
import type { Terms } from './terms.ts';

/** An object says that it was away; epoch milliseconds. Its leases live at `from` were extended at `until`. */
export interface Downtime {
  readonly from: number;
  readonly until: number;
}

/** Far longer than any lease of a run with crashes, and than any chain of extensions. */
const REMEMBERED_MS = 600_000;

export class Downtimes {
  readonly #clock: NonNullable<Terms['clock']>;
  /** By the index of the object. */
  readonly #certain = new Map<number, readonly Downtime[]>();
  readonly #possible = new Map<number, readonly Downtime[]>();
  /** Of any object: the life that may have recorded them was crashed before it answered. */
  #unheard: readonly Downtime[] = [];
  #objects = ONLY_SHARD.count;

  constructor({ clock = { atLeastMs: 0, atMostMs: 0 } }: Terms) {
    this.#clock = clock;
  }

  /** How many objects the list has, as its statistics say. */
  setObjects(count: number): void {
    this.#objects = count;
  }

  /** An object tells of its last downtime, by its own clock. True where it is news. */
  told(object: number, { from, until }: Downtime): boolean {
    const { atLeastMs, atMostMs } = this.#clock;
    const certain = this.#certain.get(object) ?? [];
    if (certain.some((known) => known.until === until - atMostMs)) return false;
    // By our clock: what is certain of the extension, and all that is possible.
    this.#certain.set(object, remembered(certain, from - atLeastMs, until - atMostMs));
    const possible = this.#possible.get(object) ?? [];
    this.#possible.set(object, remembered(possible, from - atMostMs, until - atLeastMs));
    return true;
  }

  /** Any object may have been away, and recorded it, without anybody having heard of it. */
  unheard(from: number, until: number): void {
    this.#unheard = remembered(this.#unheard, from, until);
  }

  /** Those of all objects, the oldest first. */
  get all(): readonly Downtime[] {
    return inOrder([...this.#certain.values()].flat());
  }

  /** Those that extended a lease of this server, if it was live then; the oldest first. */
  certainFor(serverId: string): readonly Downtime[] {
    return this.#certain.get(shardOf(serverId, this.#objects)) ?? [];
  }

  /** With those that may have. */
  possibleFor(serverId: string): readonly Downtime[] {
    return inOrder([...(this.#possible.get(shardOf(serverId, this.#objects)) ?? []), ...this.#unheard]);
  }
}

/** With one more, in order, and without those that count no longer. */
function remembered(known: readonly Downtime[], from: number, until: number): readonly Downtime[] {
  return inOrder([...known, { from, until }].filter((downtime) => downtime.until > until - REMEMBERED_MS));
}

function inOrder(downtimes: readonly Downtime[]): readonly Downtime[] {
  return downtimes.toSorted((one, other) => one.until - other.until);
}
