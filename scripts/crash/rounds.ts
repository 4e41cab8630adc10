/** The crash rounds: traffic, SIGKILL at a random moment, restart on the same disk, audit. */
import { setTimeout as delay } from 'node:timers/promises';
import { RegistryClient } from '../../src/client/client.ts';
import { Auditor } from './auditor.ts';
import { Ledger } from './ledger.ts';
import { planRound, type RoundPlan } from './plan.ts';
import { stream } from './random.ts';
import type { Books } from './recorded-client.ts';
import type { RegistryProcess } from './registry-process.ts';
import { SHORT_TERMS, sweptWithinMs } from './terms.ts';
import { Traffic } from './traffic.ts';
import type { Violation } from './violation.ts';
import { timed, Watch } from './watch.ts';

/** What to run. */
export interface RunPlan {
  readonly seed: number;
  /** The number of the first round; 1 unless a round is repeated. */
  readonly first: number;
  readonly rounds: number;
}

/** Where a run stands, or what came out. */
export interface Tally {
  readonly roundsDone: number;
  readonly roundsByKind: ReadonlyMap<RoundPlan['kind'], number>;
  readonly crashes: number;
  readonly acknowledged: number;
  readonly unknown: number;
  readonly audits: number;
  readonly absences: number;
  readonly servers: number;
  /** From the start of a process to the first answer of its object, in the order of the starts. */
  readonly restartsMs: readonly number[];
  readonly violations: readonly Violation[];
}

/** Servers not written to for this long are gone, and were looked up often enough since. */
const LOOKED_UP_AFTER_RESTART_MS = 40_000;

export class Rounds {
  readonly #plan: RunPlan;
  readonly #process: RegistryProcess;
  readonly #books: Books;
  readonly #traffic: Traffic;
  readonly #watch: Watch;
  readonly #client: RegistryClient;
  readonly #restartsMs: number[] = [];
  readonly #roundsByKind = new Map<RoundPlan['kind'], number>();
  #roundsDone = 0;
  #crashes = 0;
  #absences = 0;

  constructor(plan: RunPlan, registry: RegistryProcess) {
    this.#plan = plan;
    this.#process = registry;
    const ledger = new Ledger(SHORT_TERMS);
    this.#books = { ledger, auditor: new Auditor(ledger, Date.now()) };
    this.#client = new RegistryClient(registry.url);
    this.#traffic = new Traffic(registry.url, this.#books);
    this.#watch = new Watch(this.#client, this.#books);
  }

  /** Where the run stands. */
  get tally(): Tally {
    const { ledger, auditor } = this.#books;
    return {
      roundsDone: this.#roundsDone,
      roundsByKind: this.#roundsByKind,
      crashes: this.#crashes,
      acknowledged: ledger.acknowledged,
      unknown: ledger.unknown,
      audits: auditor.audits,
      absences: this.#absences,
      servers: [...ledger.ids()].length,
      restartsMs: this.#restartsMs,
      violations: auditor.violations,
    };
  }

  /**
   * Runs them all, and at the end lets every server die and be swept. `onRound` is called after each. Rejects when
   * the signal is aborted and where the registry does not come up; the process is left running.
   */
  async run(onRound: () => void, signal: AbortSignal): Promise<void> {
    const { first, rounds, seed } = this.#plan;
    try {
      await this.#start(signal);
      for (let round = first; round < first + rounds; round += 1) {
        this.#books.auditor.round = round;
        this.#traffic.round(seed, round);
        await this.#round(planRound(seed, round, SHORT_TERMS), round, signal);
        this.#roundsDone += 1;
        onRound();
      }
    } finally {
      await this.#traffic.stop();
    }
    await this.#end(signal);
  }

  async #round(plan: RoundPlan, round: number, signal: AbortSignal): Promise<void> {
    const over = new AbortController();
    const watching = this.#watch.follow(stream(this.#plan.seed, `watch of round ${round}`), over.signal);
    try {
      await delay(plan.upMs, undefined, { signal });
      await this.#crash();
    } finally {
      over.abort();
      await watching;
    }
    await delay(plan.downMs, undefined, { signal });
    if (plan.startingMs !== null) {
      this.#spawn();
      await delay(plan.startingMs, undefined, { signal });
      await this.#crash();
    }
    await this.#start(signal);
    await this.#lookUpAll();
    this.#roundsByKind.set(plan.kind, (this.#roundsByKind.get(plan.kind) ?? 0) + 1);
  }

  async #crash(): Promise<void> {
    const killed = this.#process.kill();
    // In the same breath, so that no answer is noted in between; after it, because until then it may have acted.
    this.#books.ledger.killed(Date.now());
    this.#crashes += 1;
    await killed;
  }

  #spawn(): number {
    const at = Date.now();
    this.#books.ledger.spawned(at);
    this.#process.spawn();
    return at;
  }

  /** Starts the process; what its first answer tells of an absence is known before anything else is judged. */
  async #start(signal: AbortSignal): Promise<void> {
    const { ledger, auditor } = this.#books;
    const absencesBefore = ledger.absences.length;
    const spawnedAt = this.#spawn();
    const { reading, answer } = await this.#process.up(() => timed(() => this.#client.stats()), signal);
    ledger.up(reading.receivedAt);
    auditor.stats(reading, answer);
    this.#restartsMs.push(reading.receivedAt - spawnedAt);
    if (ledger.absences.length > absencesBefore) this.#absences += 1;
  }

  /** The audit after a restart: every server that was written to of late is looked up. */
  async #lookUpAll(): Promise<void> {
    const { ledger } = this.#books;
    const since = Date.now() - LOOKED_UP_AFTER_RESTART_MS;
    const ids = [...ledger.ids()].filter((id) => (ledger.history(id)?.writes.at(-1)?.sentAt ?? 0) > since);
    await this.#watch.look(ids);
  }

  /** Nobody says anything any more: in time the list is empty, every server swept, and the registry asleep. */
  async #end(signal: AbortSignal): Promise<void> {
    const { ledger, auditor } = this.#books;
    const now = Date.now();
    const reading = { sentAt: now, receivedAt: now };
    const beliefs = [...ledger.ids()].map((id) => ledger.history(id)?.belief(reading));
    const lastEnd = Math.max(
      now,
      ...beliefs.map((belief) => (belief === undefined ? now : ledger.bounds(belief).mayListUntil)),
    );
    // One sweep interval more, for the last checkpoint, which may come after the sweep.
    const asleepAt = lastEnd + sweptWithinMs(SHORT_TERMS) + SHORT_TERMS.checkpointIntervalMs;
    while (Date.now() < asleepAt) {
      await this.#watch.look([]);
      await delay(100, undefined, { signal });
    }
    await this.#lookUpAll();
    const stats = await timed(() => this.#client.stats());
    const { live, stale, nextAlarmAt } = stats.answer;
    if (live > 0 || stale > 0 || nextAlarmAt !== null) {
      auditor.unexpected(null, stats.reading, `at the end ${JSON.stringify({ live, stale, nextAlarmAt })}`);
    }
  }
}
