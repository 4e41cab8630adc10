/** Reads the registry and hands every answer to the auditor. */
import { setTimeout as delay } from 'node:timers/promises';
import { RegistryError, type RegistryClient } from '../../../src/client/client.ts';
import type { ListAnswer, ServerAnswer, StatsAnswer } from '../../../src/protocol/protocol.ts';
import type { Random } from '../random.ts';
import type { Reading } from './history.ts';
import { settled, type Books } from './recorded-client.ts';

const LOOK_EVERY_MS = 60;
const LOOK_UPS_A_LOOK = 6;
const LOOK_UPS_AT_ONCE = 16;

/** An answer, when it was asked for and came, and how long it took. */
export interface Read<Answer> {
  readonly reading: Reading;
  readonly tookMs: number;
  readonly answer: Answer;
}

/** What one look saw. */
export interface Look {
  readonly list: Read<ListAnswer>;
  readonly stats: Read<StatsAnswer>;
  /** Null where the registry answered 404. */
  readonly held: ReadonlyMap<string, ServerAnswer | null>;
}

/** Calls and notes the time on both sides. */
export async function timed<Answer>(call: () => Promise<Answer>): Promise<Read<Answer>> {
  const sentAt = Date.now();
  const start = performance.now();
  const answer = await settled(call());
  return { reading: { sentAt, receivedAt: Date.now() }, tookMs: performance.now() - start, answer };
}

export class Watch {
  readonly #client: RegistryClient;
  readonly #books: Books;

  constructor(client: RegistryClient, books: Books) {
    this.#client = client;
    this.#books = books;
  }

  /** Lists and looks up servers at random until the signal is aborted or the registry is gone. */
  async follow(random: Random, signal: AbortSignal): Promise<void> {
    while (!signal.aborted) {
      const ids = [...this.#books.ledger.ids()];
      const some = Array.from({ length: LOOK_UPS_A_LOOK }, () => ids[Math.floor(random.next() * ids.length)]);
      await this.tryToLook(some.filter((id) => id !== undefined));
      await delay(LOOK_EVERY_MS, undefined, { signal }).catch(() => undefined);
    }
  }

  /**
   * One list, a look at each of these servers, and the counters. The counters are compared first: they tell of a
   * downtime, by which the rest is judged. Rejects with a `RegistryError` where an answer fails.
   */
  async look(serverIds: readonly string[]): Promise<Look> {
    const { auditor } = this.#books;
    const list = await timed(() => this.#client.list());
    const found = await this.#lookUp(serverIds);
    const stats = await timed(() => this.#client.stats());
    auditor.stats(stats.reading, stats.answer);
    auditor.list(list.reading, list.answer.servers);
    for (const [serverId, { reading, answer }] of found) auditor.get(serverId, reading, answer);
    return { list, stats, held: new Map([...found].map(([id, { answer }]) => [id, answer])) };
  }

  /** As `look`; false where the registry went away meanwhile. */
  async tryToLook(serverIds: readonly string[]): Promise<boolean> {
    try {
      await this.look(serverIds);
      return true;
    } catch (error) {
      if (!(error instanceof RegistryError)) throw error;
      if (error.kind !== 'network' && error.kind !== 'aborted') {
        const now = Date.now();
        this.#books.auditor.unexpected(null, { sentAt: now, receivedAt: now }, error.message);
      }
      return false;
    }
  }

  /** The registry's own counters, compared. */
  async stats(): Promise<StatsAnswer> {
    const { reading, answer } = await timed(() => this.#client.stats());
    this.#books.auditor.stats(reading, answer);
    return answer;
  }

  async #lookUp(serverIds: readonly string[]): Promise<Map<string, Read<ServerAnswer | null>>> {
    const queue = [...serverIds];
    const found = new Map<string, Read<ServerAnswer | null>>();
    const lookUpNext = async () => {
      for (let id = queue.pop(); id !== undefined; id = queue.pop()) {
        const serverId = id;
        found.set(serverId, await timed(() => this.#get(serverId)));
      }
    };
    await Promise.all(Array.from({ length: LOOK_UPS_AT_ONCE }, lookUpNext));
    return found;
  }

  async #get(serverId: string): Promise<ServerAnswer | null> {
    try {
      return await this.#client.get(serverId);
    } catch (error) {
      if (error instanceof RegistryError && error.refusedWith(404)) return null;
      throw error;
    }
  }
}
