/**
 * The rounds without traffic: a few servers heartbeat together, and then nobody calls for so long that the runtime drops
 * the object from memory. What was answered 200 must be there when it wakes, and after a crash as well.
 */
import { setTimeout as delay } from 'node:timers/promises';
import { RegistryError } from '../../src/client/client.ts';
import { RecordedClient } from '../lib/audit/recorded-client.ts';
import { randomStream, type Random } from '../lib/random.ts';
import type { QuietPhase } from './plan.ts';
import type { Subject } from './subject.ts';

const SERVERS = Array.from({ length: 12 }, (_, index) => `sleeper:${index + 1}`);

export class Sleep {
  readonly #subject: Subject;
  readonly #seed: number;
  readonly #client: RecordedClient;
  /** Quiet phases without a crash, and those of them in which the object was dropped from memory, by its own count. */
  quiet = 0;
  asleep = 0;

  constructor(subject: Subject, seed: number) {
    this.#subject = subject;
    this.#seed = seed;
    this.#client = new RecordedClient(subject.registry.url, subject.books);
  }

  /** Heartbeats, lets the object sleep, and audits what it holds when it wakes, phase by phase. */
  async round(round: number, phases: readonly QuietPhase[], signal: AbortSignal): Promise<void> {
    const random = randomStream(this.#seed, `sleep of round ${round}`);
    for (const { quietMs, endedBy } of phases) {
      await this.#beat(random);
      const { loads } = await this.#subject.watch.stats();
      await delay(quietMs, undefined, { signal });
      if (endedBy === 'crash') {
        await this.#subject.crash();
        await this.#subject.start(signal);
      }
      if (endedBy === 'heartbeats') await this.#beat(random);
      await this.#subject.watch.tryToLook(SERVERS);
      await this.#subject.followers.settle(signal);
      if (endedBy === 'crash') continue;
      this.quiet += 1;
      if ((await this.#subject.watch.stats()).loads > loads) this.asleep += 1;
    }
  }

  /** Every server once: a heartbeat, with new metadata or none; a registration where it is not held. */
  async #beat(random: Random): Promise<void> {
    const metadata = () => ({ players: random.below(1000) });
    const beats = SERVERS.map((id) => ({ id, carried: random.chance(0.5) ? { metadata: metadata() } : {} }));
    await Promise.all(
      beats.map(async ({ id, carried }) => {
        try {
          await this.#client.heartbeat(id, carried);
        } catch (error) {
          if (!(error instanceof RegistryError)) throw error;
          // That it should have been held is reported already.
          const endpoint = `wss://${id.replace(':', '-')}.crash.example.com`;
          await this.#client.register({ serverId: id, endpoint, publicKey: 'key', ...carried });
        }
      }),
    );
  }
}
