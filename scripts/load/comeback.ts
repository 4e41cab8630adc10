/** The registry is killed in the middle of a run and started again: who comes back how soon, and who reads meanwhile. */
import { setTimeout as delay } from 'node:timers/promises';
import type { RegistryClient } from '../../src/client/client.ts';
import type { Auditor } from '../lib/audit/auditor.ts';
import type { Fleet } from '../lib/audit/fleet.ts';
import type { Ledger } from '../lib/audit/ledger.ts';
import { timed } from '../lib/audit/watch.ts';
import type { LocalRegistry } from '../lib/registry/local-registry.ts';

const LOOK_EVERY_MS = 50;
/** A session is tried within 30 s, and again within 60 s where that could not be opened. */
const BACK_WITHIN_MS = 90_000;

/** Times in milliseconds. */
export interface ComebackResults {
  /** From the SIGKILL to the first answer; null where that never came. */
  readonly downMs: number | null;
  /** Sessions that were held, and lost by it. */
  readonly sessionsLost: number;
  /** From the first answer until the session of every server was held again; null where that never came. */
  readonly allHeldAfterMs: number | null;
  /** Servers that had to register again: their places were not kept. */
  readonly registeredAgain: number;
  /** Lists that failed after the first answer. */
  readonly listsFailed: number;
}

export interface ComebackParts {
  readonly registry: Pick<LocalRegistry, 'kill' | 'spawn' | 'up'>;
  readonly client: RegistryClient;
  readonly ledger: Ledger;
  readonly auditor: Auditor;
  readonly fleet: Fleet;
  /** Lists that failed so far. */
  readonly listsFailed: () => number;
}

export class Comeback {
  readonly #parts: ComebackParts;
  #isDown = false;
  #killedAt: number | undefined;
  #backAt: number | undefined;
  #allHeldAt: number | undefined;
  #sessionsLost = 0;
  #registeredBefore = 0;
  #failedBefore = 0;

  constructor(parts: ComebackParts) {
    this.#parts = parts;
  }

  /** Whether what is answered now can't be judged: nobody knows yet what the registry makes of its downtime. */
  get isDown(): boolean {
    return this.#isDown;
  }

  /** What came of it; null where the registry was not killed. */
  get results(): ComebackResults | null {
    const [killedAt, backAt] = [this.#killedAt, this.#backAt];
    if (killedAt === undefined) return null;
    const { fleet, listsFailed } = this.#parts;
    return {
      downMs: backAt === undefined ? null : backAt - killedAt,
      sessionsLost: this.#sessionsLost,
      allHeldAfterMs: backAt === undefined || this.#allHeldAt === undefined ? null : this.#allHeldAt - backAt,
      registeredAgain: fleet.registeredAgain - this.#registeredBefore,
      listsFailed: backAt === undefined ? 0 : listsFailed() - this.#failedBefore,
    };
  }

  /** Resolves when every session is held again, or had the time for it, or the signal is aborted. */
  async run(afterMs: number, signal: AbortSignal): Promise<void> {
    try {
      await delay(afterMs, undefined, { signal });
      const until = (await this.#crash(signal)) + BACK_WITHIN_MS;
      while (!this.#isEverySessionHeld) {
        if (Date.now() > until) return;
        await delay(LOOK_EVERY_MS, undefined, { signal });
      }
      this.#allHeldAt = Date.now();
    } catch (error) {
      if (!signal.aborted) throw error;
    }
  }

  get #isEverySessionHeld(): boolean {
    const { ledger, fleet } = this.#parts;
    return ledger.sessions.held >= fleet.sessionsAlive;
  }

  /** Gives when it was back, in epoch milliseconds. */
  async #crash(signal: AbortSignal): Promise<number> {
    const { registry, client, ledger, auditor, fleet, listsFailed } = this.#parts;
    this.#sessionsLost = ledger.sessions.held;
    this.#registeredBefore = fleet.registeredAgain;
    this.#isDown = true;
    const killed = registry.kill();
    const killedAt = Date.now();
    ledger.killed(killedAt);
    this.#killedAt = killedAt;
    await killed;
    ledger.spawned(Date.now());
    registry.spawn();
    const { reading, answer } = await registry.up(() => timed(() => client.stats()), signal);
    this.#backAt = reading.receivedAt;
    this.#failedBefore = listsFailed();
    ledger.up(reading.receivedAt);
    auditor.stats(reading, answer);
    this.#isDown = false;
    return reading.receivedAt;
  }
}
