/** Watches the registry from outside, list after list, and remembers what it took and what failed. */
import { setTimeout as delay } from 'node:timers/promises';
import type { Fleet } from '../lib/audit/fleet.ts';
import type { Watch as Auditing } from '../lib/audit/watch.ts';
import { Departures } from './departures.ts';
import type { Plan } from './plan.ts';

/** Where the run stands; `before`, `during` and `after` are meant of the sweep. */
export type Phase = 'registering' | 'before' | 'during' | 'after';

const LOOK_EVERY_MS = 25;

export class Watch {
  phase: Phase = 'registering';
  /** The counters of the registry that the demo shows. */
  counters = { live: 0, stale: 0, swept: 0 };
  readonly departures = new Departures();
  /** True once the doomed have been killed. */
  silent = false;
  /** How long each list took, from request to parsed answer, by the phase in which it was asked for. */
  readonly listMs: Record<Phase, number[]> = { registering: [], before: [], during: [], after: [] };
  /** Looks that failed, and the latest reason. */
  failedCalls = 0;
  lastFailure: string | undefined;
  readonly #plan: Plan;
  readonly #fleet: Fleet;
  readonly #auditing: Auditing;

  constructor(plan: Plan, fleet: Fleet, auditing: Auditing) {
    this.#plan = plan;
    this.#fleet = fleet;
    this.#auditing = auditing;
  }

  /** Asks for the list and the counters again and again until `signal` is aborted; never rejects. */
  async run(signal: AbortSignal): Promise<void> {
    while (!signal.aborted) {
      try {
        await this.#look();
      } catch (error) {
        this.failedCalls += 1;
        this.lastFailure = error instanceof Error ? error.message : String(error);
      }
      await delay(LOOK_EVERY_MS, undefined, { signal }).catch(() => undefined);
    }
  }

  async #look(): Promise<void> {
    const { servers, killed } = this.#plan;
    if (this.phase === 'registering' && this.#fleet.registered === servers) this.phase = 'before';
    const { phase } = this;
    const { list, stats } = await this.#auditing.look([]);
    this.listMs[phase].push(list.tookMs);
    this.departures.listed(list.answer.servers.map(({ serverId }) => serverId));
    const { live, stale, swept } = stats.answer;
    this.counters = { live, stale, swept };
    const hasBegun = stale > 0 || swept > 0 || list.answer.servers.length < servers;
    if (this.phase === 'before' && this.silent && hasBegun) this.phase = 'during';
    if (this.phase === 'during' && swept >= killed && stale === 0) this.phase = 'after';
  }
}
