/** The objects that hold one list, how many they are, and which of them holds a server. */
import { ONLY_SHARD, shardOf, type Shard } from '../protocol/shards/shard.ts';
import { isUnknownCall, retried } from './retries.ts';
import type { RegistryStub } from './locate.ts';
import { logOf } from './log.ts';
import { signingWith, type Signer } from './signer.ts';

/** Gives a stub that works: each call may be on a new one. */
export type Locate = () => RegistryStub;

/** An object of several did not answer: whatever needs it has to wait until it does. */
export class ShardUnavailable extends Error {
  constructor(list: string, shards: string, cause: unknown) {
    super(`${shards} of the list ${list} did not answer`, { cause });
  }
}

export interface ListParts {
  readonly list: string;
  readonly locate: (shard: number) => RegistryStub;
  /** SHARDS: of a list that is yet to be created. */
  readonly configured: number;
  readonly signingSeed: string | null;
  /** Told once where the list has another number of objects than SHARDS. */
  readonly onOtherCount: (count: number) => void;
}

export class ListObjects {
  readonly #parts: ListParts;
  /** Of this list. It is asked for once and never changes; undefined as long as nobody registered. */
  #count: number | undefined;
  #signer: Signer | null | undefined;

  constructor(parts: ListParts) {
    this.#parts = parts;
  }

  /** SHARDS. */
  get configured(): number {
    return this.#parts.configured;
  }

  /** Of several objects it is the Worker that signs: none of them has the whole. Null where nothing is signed. */
  get signer(): Signer | null {
    this.#signer ??= signingWith(this.#parts.signingSeed, logOf({ list: this.#parts.list })).signer;
    return this.#signer;
  }

  /**
   * Reads of the one object, or of all. Before the first registration the first object has the empty list; asked once
   * more afterwards, it tells whether the list was created meanwhile.
   */
  async read<Answer>(
    ofOne: (only: Locate) => Promise<Answer>,
    ofMany: (all: readonly Locate[]) => Promise<Answer>,
  ): Promise<Answer> {
    let count = await this.count();
    if (count === null) {
      const answer = await ofOne(this.#at(0));
      count = await this.count();
      if (count === null || count === 1) return answer;
    }
    if (count === 1) return ofOne(this.#at(0));
    return this.#guarded(`one of the ${count} objects`, () => ofMany(this.#all(count)));
  }

  /** A call about a server, of the object that holds it, or would. */
  async call<Answer>(serverId: string, call: (registry: RegistryStub) => Promise<Answer>): Promise<Answer> {
    const count = (await this.count()) ?? 1;
    return this.#callOf({ count, index: shardOf(serverId, count) }, call);
  }

  /** A call that registers a server, and so creates the list where it is the first. `shard`: undefined of an only one. */
  async create<Answer>(
    serverId: string,
    call: (registry: RegistryStub, shard: Shard | undefined) => Promise<Answer>,
  ): Promise<Answer> {
    const count = (await this.count(this.#parts.configured)) ?? 1;
    const shard = { count, index: shardOf(serverId, count) };
    return this.#callOf(shard, (registry) => call(registry, count === 1 ? undefined : shard));
  }

  /** The object, where the list has one, or will have one as far as SHARDS tells; undefined where it has several. */
  async only(): Promise<Locate | undefined> {
    const count = (await this.count()) ?? this.#parts.configured;
    return count === 1 ? this.#at(0) : undefined;
  }

  /** The objects beside the one of a server; none where there is one. */
  async others(serverId: string): Promise<readonly Locate[]> {
    const count = (await this.count()) ?? 1;
    return count === 1 ? [] : this.#all(count).toSpliced(shardOf(serverId, count), 1);
  }

  /** Null where nobody registered yet and `create`, the number that the list is then created with, is not given. */
  async count(create?: number): Promise<number | null> {
    if (this.#count !== undefined) return this.#count;
    let count: number | null;
    try {
      count = await retried(async () => this.#at(0)().shardCount(create));
    } catch (error) {
      // An object of the release before, for minutes after a deploy: it is the only one.
      if (isUnknownCall(error)) return ONLY_SHARD.count;
      throw error;
    }
    if (count === null) return null;
    // Another request may have been told meanwhile.
    const isNews = this.#count === undefined;
    this.#count = count;
    if (isNews && count !== this.#parts.configured) this.#parts.onOtherCount(count);
    return count;
  }

  #callOf<Answer>(
    { count, index }: Shard,
    call: (registry: RegistryStub) => Promise<Answer>,
  ): Promise<Answer> {
    const locate = this.#at(index);
    if (count === 1) return call(locate());
    return this.#guarded(`object ${index} of ${count}`, () => call(locate()));
  }

  /** Whatever is wrong with one of several, the others go on: the answer is that this one is not there now. */
  async #guarded<Answer>(who: string, ask: () => Promise<Answer>): Promise<Answer> {
    try {
      return await ask();
    } catch (error) {
      throw new ShardUnavailable(this.#parts.list, who, error);
    }
  }

  #at(index: number): Locate {
    return () => this.#parts.locate(index);
  }

  #all(count: number): Locate[] {
    return Array.from({ length: count }, (_, index) => this.#at(index));
  }
}
