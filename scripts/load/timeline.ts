/** The run second by second: what the readers and writers saw, and what the registry says of itself. */
import type { RegistryClient } from '../../src/client/client.ts';
import type { Latencies } from './latencies.ts';
import type { Second, SweepMark } from './results.ts';

const EVERY_MS = 1000;
/** An answer that comes later would tell of another second. */
const STATS_WITHIN_MS = 900;

export type Stats = Awaited<ReturnType<RegistryClient['stats']>>;

export interface TimelineSources {
  readonly client: RegistryClient;
  readonly lists: Latencies;
  readonly writes: Latencies;
  /** Failed requests so far. */
  readonly errorCount: () => number;
  /** Told each second, with what the registry said, if it did. */
  readonly onSecond: (second: Second, stats: Stats | undefined) => void;
}

export class Timeline {
  readonly #sources: TimelineSources;
  readonly #seconds: Second[] = [];
  readonly #sweeps = new Map<number, SweepMark>();
  #startedAt = Date.now();
  #timer: NodeJS.Timeout | undefined;
  #errorsBefore = 0;
  #sweptAtStart: number | undefined;

  constructor(sources: TimelineSources) {
    this.#sources = sources;
  }

  get seconds(): readonly Second[] {
    return this.#seconds;
  }

  get sweeps(): readonly SweepMark[] {
    return [...this.#sweeps.values()];
  }

  /** Begins with an empty second. */
  start(): void {
    this.#startedAt = Date.now();
    this.#sources.lists.takeSecond();
    this.#sources.writes.takeSecond();
    this.#errorsBefore = this.#sources.errorCount();
    this.#timer = setInterval(() => void this.#tick(), EVERY_MS);
  }

  stop(): void {
    clearInterval(this.#timer);
  }

  async #tick(): Promise<void> {
    const { client, lists, writes, errorCount, onSecond } = this.#sources;
    const at = Math.round((Date.now() - this.#startedAt) / 1000);
    const list = lists.takeSecond();
    const write = writes.takeSecond();
    const errors = errorCount() - this.#errorsBefore;
    this.#errorsBefore += errors;
    const stats = await client.stats({ timeoutMs: STATS_WITHIN_MS }).catch(() => undefined);
    if (stats !== undefined) this.#noteSweep(stats);
    this.#sweptAtStart ??= stats?.swept;
    const second = {
      at,
      lists: list.count,
      listP50Ms: list.p50,
      listP99Ms: list.p99,
      writes: write.count,
      writeP99Ms: write.p99,
      errors,
      live: stats?.live ?? null,
      stale: stats?.stale ?? null,
      swept: stats === undefined ? null : stats.swept - (this.#sweptAtStart ?? stats.swept),
    };
    this.#seconds.push(second);
    onSecond(second, stats);
  }

  #noteSweep({ lastSweep }: Stats): void {
    if (lastSweep === null || lastSweep.at < this.#startedAt) return;
    const from = (lastSweep.at - this.#startedAt) / 1000;
    this.#sweeps.set(lastSweep.at, { from, to: from + lastSweep.tookMs / 1000, deleted: lastSweep.deleted });
  }
}
