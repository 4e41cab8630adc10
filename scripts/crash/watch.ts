/** Reads the registry all the time it is up, and hands every answer to the auditor. */
import { setTimeout as delay } from 'node:timers/promises';
import { RegistryError, type RegistryClient } from '../../src/client/client.ts';
import type { ServerAnswer, StatsAnswer } from '../../src/protocol/protocol.ts';
import type { Reading } from './history.ts';
import type { Random } from './random.ts';
import type { Books } from './recorded-client.ts';
import { settled } from './settled.ts';

const LOOK_EVERY_MS = 60;
const LOOK_UPS_A_LOOK = 6;
const LOOK_UPS_AT_ONCE = 16;

/** An answer and when it was asked for and came. */
interface Read<Answer> {
  readonly reading: Reading;
  readonly answer: Answer;
}

/** Calls and notes the time on both sides. */
export async function timed<Answer>(call: () => Promise<Answer>): Promise<Read<Answer>> {
  const sentAt = Date.now();
  const answer = await settled(call());
  return { reading: { sentAt, receivedAt: Date.now() }, answer };
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
      const some = Array.from({ length: LOOK_UPS_A_LOOK }, () => ids[random.below(ids.length)]);
      await this.look(some.filter((id) => id !== undefined));
      await delay(LOOK_EVERY_MS, undefined, { signal }).catch(() => undefined);
    }
  }

  /**
   * One list, a look at each of these servers, and the counters; false where the registry went away meanwhile. The
   * counters are compared first: they tell of an absence, by which the rest is judged.
   */
  async look(serverIds: readonly string[]): Promise<boolean> {
    const { auditor } = this.#books;
    try {
      const list = await timed(() => this.#client.list());
      const held = await this.#lookUp(serverIds);
      const stats = await timed(() => this.#client.stats());
      auditor.stats(stats.reading, stats.answer);
      auditor.list(list.reading, list.answer.servers);
      for (const [serverId, { reading, answer }] of held) auditor.get(serverId, reading, answer);
      return true;
    } catch (error) {
      this.#failed(error);
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

  #failed(error: unknown): void {
    if (!(error instanceof RegistryError)) throw error;
    if (error.kind === 'network' || error.kind === 'aborted') return;
    const now = Date.now();
    this.#books.auditor.unexpected(null, { sentAt: now, receivedAt: now }, error.message);
  }
}
