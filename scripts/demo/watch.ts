/** Watches the registry from outside, by list after list and by its counters, and remembers what was wrong. */
import { setTimeout as delay } from 'node:timers/promises';
import type { RegistryClient } from '../../src/client/client.ts';
import type { Fleet } from './fleet.ts';

/** Where the run stands; `before`, `during` and `after` are meant of the sweep. */
export type Phase = 'registering' | 'before' | 'during' | 'after';

/** The counters of the registry that the demo shows. */
export interface Counters {
  live: number;
  stale: number;
  swept: number;
  sweeps: number;
}

const LIST_EVERY_MS = 25;
const COUNT_EVERY_MS = 100;

/** What has been seen so far. */
export class Watch {
  phase: Phase = 'registering';
  counters: Counters = { live: 0, stale: 0, swept: 0, sweeps: 0 };
  /** How long each list took, from request to parsed answer, by the phase in which it was asked for. */
  readonly listMs: Record<Phase, number[]> = { registering: [], before: [], during: [], after: [] };
  /** Lists that lacked a survivor, or a server not yet killed, though all had been registered. */
  incompleteLists = 0;
  /** Calls that failed, and the latest reason. */
  failedCalls = 0;
  lastFailure: string | undefined;
  readonly #client: RegistryClient;
  readonly #fleet: Fleet;

  constructor(client: RegistryClient, fleet: Fleet) {
    this.#client = client;
    this.#fleet = fleet;
  }

  /** True once the doomed have been killed. */
  get silent(): boolean {
    return this.#fleet.silent;
  }

  /** Asks for lists and counters in turn until `signal` is aborted; never rejects. */
  async run(signal: AbortSignal): Promise<void> {
    await Promise.all([
      this.#repeat(() => this.#list(signal), LIST_EVERY_MS, signal),
      this.#repeat(() => this.#count(signal), COUNT_EVERY_MS, signal),
    ]);
  }

  async #repeat(look: () => Promise<void>, everyMs: number, signal: AbortSignal): Promise<void> {
    while (!signal.aborted) {
      try {
        await look();
        await delay(everyMs, undefined, { signal });
      } catch (error) {
        if (signal.aborted) return;
        this.failedCalls += 1;
        this.lastFailure = error instanceof Error ? error.message : String(error);
        await delay(everyMs);
      }
    }
  }

  async #list(signal: AbortSignal): Promise<void> {
    if (this.phase === 'registering' && this.#fleet.complete) this.phase = 'before';
    const { phase } = this;
    const expected = phase === 'registering' ? [] : this.#fleet.expected;
    const askedAtMs = performance.now();
    const { servers } = await this.#client.list({ signal });
    this.listMs[phase].push(performance.now() - askedAtMs);
    const listed = new Set(servers.map(({ serverId }) => serverId));
    if (expected.some((id) => !listed.has(id))) this.incompleteLists += 1;
    if (listed.size < this.#fleet.size) this.#sweepBegins();
  }

  async #count(signal: AbortSignal): Promise<void> {
    const { live, stale, swept, sweeps } = await this.#client.stats({ signal });
    this.counters = { live, stale, swept, sweeps };
    if (stale > 0 || swept > 0) this.#sweepBegins();
    if (this.phase === 'during' && swept >= this.#fleet.doomed.size && stale === 0) this.phase = 'after';
  }

  #sweepBegins(): void {
    if (this.phase === 'before' && this.#fleet.silent) this.phase = 'during';
  }
}
