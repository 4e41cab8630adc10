/** The servers of the demo: each kept registered by a heartbeat of its own, some killed without a word. */
import { setTimeout as delay } from 'node:timers/promises';
import type { Heartbeat, RegistryClient } from '../../src/client/client.ts';
import type { Plan } from './plan.ts';

const REGIONS = ['eu-central', 'eu-west', 'us-east', 'us-west', 'ap-south'] as const;

const POLL_EVERY_MS = 20;
const REGISTERED_AFTER_AT_MOST_MS = 60_000;

interface Member {
  id: string;
  heartbeat: Heartbeat;
  /** Aborting it is the server's sudden death. */
  power: AbortController;
}

/** A fleet that registers, heartbeats, and loses some of its servers. */
export class Fleet {
  /** The ids of those that are to be killed, spread evenly over the fleet, and of those that are not. */
  readonly doomed: ReadonlySet<string>;
  readonly survivors: ReadonlySet<string>;
  /** True once the doomed have been killed. */
  silent = false;
  /** Why a heartbeat or a registration failed last, if any did. */
  lastFailure: string | undefined;
  readonly #client: RegistryClient;
  readonly #ids: readonly string[];
  readonly #registered = new Set<string>();
  readonly #members: Member[] = [];

  constructor(plan: Plan, client: RegistryClient) {
    this.#client = client;
    // Ids as they are in the field, with characters that a path would not carry unencoded.
    this.#ids = Array.from({ length: plan.servers }, (_, i) => `demo:${String(i + 1).padStart(4, '0')}/+=`);
    const dies = (i: number) =>
      Math.floor(((i + 1) * plan.killed) / plan.servers) > Math.floor((i * plan.killed) / plan.servers);
    this.doomed = new Set(this.#ids.filter((_, i) => dies(i)));
    this.survivors = new Set(this.#ids.filter((_, i) => !dies(i)));
  }

  get size(): number {
    return this.#ids.length;
  }

  /** The ids that a list asked for now must have: the killed ones may be on it for a while, but need not. */
  get expected(): readonly string[] {
    return this.silent ? [...this.survivors] : this.#ids;
  }

  /** True once every server has been registered. */
  get complete(): boolean {
    return this.#registered.size === this.#ids.length;
  }

  /** Starts the servers one after the other, evenly over `withinMs`; rejects when `signal` is aborted. */
  async start(withinMs: number, signal: AbortSignal): Promise<void> {
    const startedAtMs = performance.now();
    for (const [i, id] of this.#ids.entries()) {
      const dueInMs = startedAtMs + (withinMs * i) / this.#ids.length - performance.now();
      if (dueInMs > 1) await delay(dueInMs, undefined, { signal });
      this.#switchOn(id, i);
    }
  }

  /** Resolves once every server has been registered; rejects if that takes too long, or `signal` is aborted. */
  async registered(signal: AbortSignal): Promise<void> {
    const untilMs = performance.now() + REGISTERED_AFTER_AT_MOST_MS;
    while (!this.complete) {
      if (performance.now() > untilMs) {
        const reason = this.lastFailure ?? 'the registry takes too long to answer';
        throw new Error(
          `only ${this.#registered.size} of ${this.size} servers could be registered: ${reason}`,
        );
      }
      await delay(POLL_EVERY_MS, undefined, { signal });
    }
  }

  /** Cuts the power of the doomed: no deregistration, no last heartbeat. */
  async kill(): Promise<void> {
    this.silent = true;
    const victims = this.#members.filter(({ id }) => this.doomed.has(id));
    for (const { power } of victims) power.abort();
    await Promise.all(victims.map(({ heartbeat }) => heartbeat.stop()));
  }

  /** Ends every server, so that nothing is sent any more. */
  async end(): Promise<void> {
    await Promise.all(this.#members.map(({ heartbeat }) => heartbeat.stop()));
  }

  #switchOn(id: string, index: number): void {
    const power = new AbortController();
    const heartbeat = this.#client.startHeartbeat(
      {
        serverId: id,
        endpoint: `wss://server-${index + 1}.demo.example.com`,
        publicKey: `key of ${id}`,
        region: REGIONS[index % REGIONS.length] ?? REGIONS[0],
        metadata: { players: index % 17 },
      },
      { signal: power.signal },
    );
    heartbeat.addEventListener('registered', () => this.#registered.add(id));
    heartbeat.addEventListener('failed', ({ detail }) => {
      this.lastFailure = detail.error.message;
    });
    this.#members.push({ id, heartbeat, power });
  }
}
