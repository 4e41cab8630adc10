/** A fleet of servers, each kept registered by the project's own client; some die without a word. */
import { setTimeout as delay } from 'node:timers/promises';
import { RegistryError, type Heartbeat, type Registration } from '../../../src/client/client.ts';
import type { Random } from '../random.ts';
import type { RecordedClient } from './recorded-client.ts';

export interface FleetPlan {
  /** What the nth server says of itself, from 0 on. */
  readonly registration: (index: number) => Registration;
  /** Makes the client of one server. */
  readonly client: () => RecordedClient;
  /** Whether the nth server holds a session; none does if absent. */
  readonly session?: (index: number) => boolean;
}

interface Member {
  readonly session: boolean;
  readonly client: RecordedClient;
  readonly heartbeat: Heartbeat;
}

/** Deregistrations under way at once, at the end. */
const FAREWELLS_AT_ONCE = 16;

export class Fleet {
  /** How many died. */
  died = 0;
  /** How often one registered that had been registered before. */
  registeredAgain = 0;
  /** Why a registration or a heartbeat failed last, if any did. */
  lastFailure: string | undefined;
  readonly #plan: FleetPlan;
  readonly #registered = new Set<string>();
  readonly #alive = new Map<string, Member>();
  #everStarted = 0;

  constructor(plan: FleetPlan) {
    this.#plan = plan;
  }

  get alive(): number {
    return this.#alive.size;
  }

  /** How many of those that live hold a session, or try to. */
  get sessionsAlive(): number {
    return [...this.#alive.values()].filter(({ session }) => session).length;
  }

  /** How many were registered at any time. */
  get registered(): number {
    return this.#registered.size;
  }

  /** Starts so many, evenly spread over `withinMs`, so that their heartbeats are spread as well. */
  async start(servers: number, withinMs: number, signal: AbortSignal): Promise<void> {
    const startedAt = performance.now();
    for (let index = 0; index < servers; index += 1) {
      const waitMs = startedAt + (index * withinMs) / servers - performance.now();
      if (waitMs > 1) await delay(waitMs, undefined, { signal });
      signal.throwIfAborted();
      this.startOne();
    }
  }

  /** `session` whether it holds one; as planned for its number if absent. */
  startOne(isHeld?: boolean): void {
    const index = this.#everStarted;
    this.#everStarted += 1;
    const registration = this.#plan.registration(index);
    const session = isHeld ?? this.#plan.session?.(index) === true;
    const { serverId } = registration;
    const client = this.#plan.client();
    const heartbeat = client.startHeartbeat(registration, { session });
    heartbeat.addEventListener('registered', () => {
      if (this.#registered.has(serverId)) this.registeredAgain += 1;
      this.#registered.add(serverId);
    });
    heartbeat.addEventListener('failed', ({ detail: { error } }) => {
      this.lastFailure = error.message;
    });
    this.#alive.set(serverId, { client, heartbeat, session });
  }

  /** Has a server fall silent, as a crash does; but only between two writes, so that the time of its last is known. */
  async kill(serverId: string): Promise<void> {
    const member = this.#alive.get(serverId);
    if (!this.#alive.delete(serverId) || member === undefined) return;
    this.died += 1;
    await member.client.idle();
    member.client.cut();
    await member.heartbeat.stop();
  }

  /** Kills one at random, and starts another in its place. */
  async replaceOne(random: Random): Promise<void> {
    const victim = [...this.#alive.keys()][random.below(Math.max(1, this.#alive.size))];
    if (victim === undefined) return;
    this.startOne(this.#alive.get(victim)?.session);
    await this.kill(victim);
  }

  /** Ends every server that lives, so that nothing is sent any more. */
  async end({ deregister }: { readonly deregister: boolean }): Promise<void> {
    const left = [...this.#alive.values()];
    this.#alive.clear();
    const endNext = async () => {
      for (let member = left.pop(); member !== undefined; member = left.pop()) {
        // A failure of that is no more than a lease that runs out by itself, and its client has told of it.
        await member.heartbeat.stop({ deregister }).catch((error: unknown) => {
          if (!(error instanceof RegistryError)) throw error;
        });
      }
    };
    await Promise.all(Array.from({ length: FAREWELLS_AT_ONCE }, endNext));
  }
}
