/** The crash rounds: which registry each goes to, side by side, and where they stand. */
import { bundleProduct } from '../lib/registry/local-registry.ts';
import type { FollowedTally } from '../lib/audit/followers.ts';
import type { Rule, Violation } from '../lib/audit/violation.ts';
import { planRound, SHORT_TERMS, SLEEPY_TERMS, type RoundPlan } from './plan.ts';
import { Sleep } from './sleep.ts';
import { Storm } from './storm.ts';
import { Subject } from './subject.ts';

/** What to run. */
export interface RunPlan {
  readonly seed: number;
  /** The number of the first round; 1 unless a round is repeated. */
  readonly first: number;
  readonly rounds: number;
  /** Objects of the list. */
  readonly shards: number;
}

/** Where a run stands, or what came out. */
export interface Tally {
  readonly roundsDone: number;
  readonly roundsByKind: ReadonlyMap<RoundPlan['kind'], number>;
  readonly crashes: number;
  readonly acknowledged: number;
  readonly unknown: number;
  readonly audits: number;
  readonly downtimes: number;
  /** Quiet phases without a crash, and those in which the object really fell asleep. */
  readonly quiet: number;
  readonly asleep: number;
  readonly servers: number;
  /** What came to the readers that follow the list. */
  readonly followed: FollowedTally;
  /** From the start of a process to the first answer of its object. */
  readonly restartsMs: readonly number[];
  readonly broken: number;
  readonly counts: ReadonlyMap<Rule, number>;
  readonly violations: readonly Violation[];
}

interface NumberedRound {
  readonly round: number;
  readonly plan: RoundPlan;
}

export class Rounds {
  readonly #plan: RunPlan;
  readonly #onRound: () => void;
  readonly #roundsByKind = new Map<RoundPlan['kind'], number>();
  readonly #sleeps: Sleep[] = [];
  #subjects: readonly Subject[] = [];

  /** `onRound` is called after each round. */
  constructor(plan: RunPlan, onRound: () => void) {
    this.#plan = plan;
    this.#onRound = onRound;
  }

  /** Where the run stands. */
  get tally(): Tally {
    const sum = (of: (subject: Subject) => number) =>
      this.#subjects.reduce((total, subject) => total + of(subject), 0);
    const counts = new Map<Rule, number>();
    for (const { auditor } of this.#subjects) {
      for (const [rule, times] of auditor.counts) counts.set(rule, (counts.get(rule) ?? 0) + times);
    }
    return {
      roundsDone: [...this.#roundsByKind.values()].reduce((total, times) => total + times, 0),
      roundsByKind: this.#roundsByKind,
      crashes: sum(({ crashes }) => crashes),
      acknowledged: sum(({ ledger }) => ledger.acknowledged),
      unknown: sum(({ ledger }) => ledger.unknown),
      audits: sum(({ auditor }) => auditor.audits),
      downtimes: sum(({ downtimes }) => downtimes),
      quiet: this.#sleeps.reduce((total, sleep) => total + sleep.quiet, 0),
      asleep: this.#sleeps.reduce((total, sleep) => total + sleep.asleep, 0),
      followed: {
        steps: sum(({ followers }) => followers.tally.steps),
        bySocket: sum(({ followers }) => followers.tally.bySocket),
        byStream: sum(({ followers }) => followers.tally.byStream),
        verified: sum(({ followers }) => followers.tally.verified),
      },
      servers: sum(({ ledger }) => ledger.size),
      restartsMs: this.#subjects.flatMap(({ restartsMs }) => restartsMs),
      broken: sum(({ auditor }) => auditor.broken),
      counts,
      violations: this.#subjects.flatMap(({ auditor }) => auditor.violations),
    };
  }

  /** What the registries printed last. */
  get output(): string {
    return this.#subjects.map(({ registry }) => registry.output).join('\n');
  }

  /**
   * Runs them all: those with traffic one after the other on one registry, and beside them those in which a registry
   * sleeps, on registries of their own. Rejects when the signal is aborted and where a registry does not come up;
   * either way nothing is left running.
   */
  async run(signal: AbortSignal): Promise<void> {
    const { first, rounds, seed, shards } = this.#plan;
    const all = Array.from({ length: rounds }, (_, index) => {
      const round = first + index;
      return { round, plan: planRound(seed, round) };
    });
    const groups = [SHORT_TERMS, ...SLEEPY_TERMS].map((terms, index) => ({
      terms,
      rounds: all.filter(({ plan }) => ('crashes' in plan ? 0 : 1 + plan.registry) === index),
    }));
    const script = await bundleProduct();
    const prepared = groups
      .filter((group) => group.rounds.length > 0)
      .map(async ({ terms, rounds: its }) => ({
        rounds: its,
        subject: await Subject.prepare(terms, shards, script),
      }));
    const lanes = await Promise.all(prepared);
    this.#subjects = lanes.map(({ subject }) => subject);
    const failed = new AbortController();
    const stopping = AbortSignal.any([signal, failed.signal]);
    try {
      await Promise.all(
        lanes.map(async (lane) => {
          try {
            await this.#runLane(lane.subject, lane.rounds, stopping);
          } catch (error) {
            failed.abort(error);
            throw error;
          }
        }),
      );
    } finally {
      failed.abort();
      await Promise.all(this.#subjects.map(({ registry }) => registry.end()));
    }
  }

  async #runLane(subject: Subject, rounds: readonly NumberedRound[], signal: AbortSignal): Promise<void> {
    const storm = new Storm(subject, this.#plan.seed);
    const sleep = new Sleep(subject, this.#plan.seed);
    this.#sleeps.push(sleep);
    try {
      await subject.start(signal);
      subject.followers.start();
      for (const { round, plan } of rounds) {
        subject.auditor.round = round;
        if ('crashes' in plan) await storm.round(round, plan.crashes, signal);
        else await sleep.round(round, plan.phases, signal);
        this.#roundsByKind.set(plan.kind, (this.#roundsByKind.get(plan.kind) ?? 0) + 1);
        this.#onRound();
      }
      if (rounds.some(({ plan }) => 'crashes' in plan)) await storm.end(signal);
    } finally {
      await storm.stop();
      await subject.followers.stop();
    }
  }
}
