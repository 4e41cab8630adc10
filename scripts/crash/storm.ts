/** The rounds with traffic: SIGKILL at a random moment, restart on the same disk, audit. */
import { setTimeout as delay } from 'node:timers/promises';
import { sweptWithinMs } from '../lib/audit/terms.ts';
import { timed } from '../lib/audit/watch.ts';
import { randomStream } from '../lib/random.ts';
import type { Crash } from './plan.ts';
import type { Subject } from './subject.ts';
import { Traffic } from './traffic.ts';

export class Storm {
  readonly #subject: Subject;
  readonly #traffic: Traffic;
  readonly #seed: number;

  constructor(subject: Subject, seed: number) {
    this.#subject = subject;
    this.#traffic = new Traffic(subject.registry.url, subject.books);
    this.#seed = seed;
  }

  /** Crashes the registry under traffic, as planned, and leaves it running and audited. */
  async round(round: number, crashes: readonly Crash[], signal: AbortSignal): Promise<void> {
    const subject = this.#subject;
    this.#traffic.round(this.#seed, round);
    for (const [index, crash] of crashes.entries()) {
      if (crash.isWhileStarting) {
        subject.spawn();
        await delay(crash.afterMs, undefined, { signal });
        await subject.crash();
      } else {
        if (index > 0) await subject.start(signal);
        await this.#crashUnderWatch(round, crash, signal);
      }
      await delay(crash.downMs, undefined, { signal });
    }
    await subject.start(signal);
    await subject.lookUpAll();
    await this.#settle(signal);
  }

  /** Nobody says anything any more: in time the list is empty, every server swept, and the registry asleep. */
  async end(signal: AbortSignal): Promise<void> {
    await this.stop();
    await this.#leaveUnwatched(signal);
    const { ledger, auditor, watch, client } = this.#subject;
    const { terms } = ledger;
    const now = Date.now();
    const reading = { sentAt: now, receivedAt: now };
    const ends = [...ledger.ids()].map((id) => ledger.bounds(id, ledger.belief(id, reading)).mayListUntil);
    // One checkpoint interval more, for the last checkpoint, which may come after the sweep.
    const asleepAt = Math.max(now, ...ends) + sweptWithinMs(terms) + terms.checkpointIntervalMs;
    while (Date.now() < asleepAt) {
      await watch.tryToLook([]);
      await delay(100, undefined, { signal });
    }
    await this.#subject.lookUpAll();
    const stats = await timed(() => client.stats());
    const { live, stale, nextAlarmAt } = stats.answer;
    if (live > 0 || stale > 0 || nextAlarmAt !== null) {
      const left = JSON.stringify({ live, stale, nextAlarmAt });
      auditor.unexpected(null, stats.reading, `at the end ${left}`);
    }
  }

  /** Ends the traffic. */
  stop(): Promise<void> {
    return this.#traffic.stop();
  }

  /**
   * Has the last reader leave who follows the list: a list that is watched keeps its alarm. That a stream has no reader
   * any more is seen by its next comment only, so a last crash takes the sockets.
   */
  async #leaveUnwatched(signal: AbortSignal): Promise<void> {
    const subject = this.#subject;
    await subject.followers.settle(signal);
    await subject.followers.stop();
    await subject.crash();
    await subject.start(signal);
  }

  /** While the servers rest, all who follow the list have it. */
  async #settle(signal: AbortSignal): Promise<void> {
    const goOn = this.#traffic.rest();
    try {
      await this.#subject.followers.settle(signal);
    } finally {
      goOn();
    }
  }

  async #crashUnderWatch(round: number, { afterMs }: Crash, signal: AbortSignal): Promise<void> {
    const over = new AbortController();
    const random = randomStream(this.#seed, `watch of round ${round}`);
    const watching = this.#subject.watch.follow(random, over.signal);
    try {
      await delay(afterMs, undefined, { signal });
      await this.#subject.crash();
    } finally {
      over.abort();
      await watching;
    }
  }
}
