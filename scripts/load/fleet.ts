/** The servers of a run: they register, heartbeat, and some die silently and are replaced, at random by a seed. */
import { setTimeout as delay } from 'node:timers/promises';
import type { Random } from '../report/random.ts';
import type { Latencies } from './latencies.ts';
import { LoadServer, type ServerPlan } from './server.ts';
import type { Verifier } from './verifier.ts';

export interface FleetPlan extends Omit<ServerPlan, 'serverId' | 'endpoint'> {
  readonly idPrefix: string;
  readonly servers: number;
  readonly churnPerMinute: number;
  readonly random: Random;
}

/** Deregistrations under way at once, at the end. */
const FAREWELLS_AT_ONCE = 16;
const CHURN_EVERY_MS = 250;
const MINUTE_MS = 60_000;

export class Fleet {
  readonly #plan: FleetPlan;
  readonly #verifier: Verifier;
  readonly #latencies: Latencies;
  readonly #failed: (what: string) => void;
  #alive: LoadServer[] = [];
  #everStarted = 0;
  #died = 0;

  /** `failed` is told of each write that was no success; the client tries again by itself. */
  constructor(plan: FleetPlan, verifier: Verifier, latencies: Latencies, failed: (what: string) => void) {
    this.#plan = plan;
    this.#verifier = verifier;
    this.#latencies = latencies;
    this.#failed = failed;
  }

  get aliveCount(): number {
    return this.#alive.length;
  }

  get diedCount(): number {
    return this.#died;
  }

  /** Starts all servers, evenly spread over `rampMs`, so that their heartbeats are spread as well. */
  async start(rampMs: number, signal: AbortSignal): Promise<void> {
    const startedAt = performance.now();
    for (let index = 0; index < this.#plan.servers; index += 1) {
      const dueAt = startedAt + (index * rampMs) / this.#plan.servers;
      const waitMs = dueAt - performance.now();
      if (waitMs > 1) await delay(waitMs, undefined, { signal });
      signal.throwIfAborted();
      this.#startOne();
    }
  }

  /** Lets servers die and starts others in their place, until the signal. */
  async churn(signal: AbortSignal): Promise<void> {
    const perMs = (this.#plan.servers * this.#plan.churnPerMinute) / MINUTE_MS;
    let due = 0;
    for (let last = performance.now(); !signal.aborted;) {
      await delay(CHURN_EVERY_MS, undefined, { signal }).catch(() => undefined);
      const now = performance.now();
      due += (now - last) * perMs;
      last = now;
      for (; due >= 1 && !signal.aborted; due -= 1) this.#replaceOne();
    }
  }

  /** Deregisters everybody who is alive; what died is left to the registry. */
  async end(): Promise<void> {
    const left = this.#alive;
    this.#alive = [];
    const farewell = async () => {
      for (let server = left.pop(); server !== undefined; server = left.pop()) await server.leave();
    };
    await Promise.all(Array.from({ length: FAREWELLS_AT_ONCE }, farewell));
  }

  #startOne(): void {
    const index = this.#everStarted;
    this.#everStarted += 1;
    const plan = {
      ...this.#plan,
      serverId: `${this.#plan.idPrefix}${index}`,
      endpoint: `wss://load-${index}.example.net:4433/play`,
    };
    this.#alive.push(new LoadServer(plan, this.#verifier, this.#latencies, this.#failed));
  }

  #replaceOne(): void {
    const [victim] = this.#alive.splice(Math.floor(this.#plan.random() * this.#alive.length), 1);
    if (victim === undefined) return;
    this.#died += 1;
    void victim.die();
    this.#startOne();
  }
}
