/** The run second by second: what the readers and writers saw, and what the registry says of itself. */
import type { RegistryClient } from '../../src/client/client.ts';
import type { StatsAnswer } from '../../src/protocol/protocol.ts';
import type { Reading } from '../lib/audit/history.ts';
import { readable } from '../lib/report/tables.ts';
import type { Latencies } from '../lib/statistics.ts';
import type { Second, SweepMark } from './results.ts';

const EVERY_MS = 1000;
/** An answer that comes later would tell of another second. */
const STATS_WITHIN_MS = 900;

export interface TimelineSources {
  readonly client: RegistryClient;
  readonly lists: Latencies;
  readonly writes: Latencies;
  /** Failed requests so far. */
  readonly errorCount: () => number;
  /** Given each second what the registry said, if it did. */
  readonly told: (reading: Reading, stats: StatsAnswer) => void;
}

export class Timeline {
  readonly seconds: Second[] = [];
  readonly #sources: TimelineSources;
  readonly #sweeps = new Map<number, SweepMark>();
  #startedAt = Date.now();
  #timer: NodeJS.Timeout | undefined;
  #errorsBefore = 0;
  #sweptAtStart: number | undefined;

  constructor(sources: TimelineSources) {
    this.#sources = sources;
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
    const { client, lists, writes, errorCount, told } = this.#sources;
    const sentAt = Date.now();
    const list = lists.takeSecond();
    const write = writes.takeSecond();
    const errors = errorCount() - this.#errorsBefore;
    this.#errorsBefore += errors;
    const stats = await client.stats({ timeoutMs: STATS_WITHIN_MS }).catch(() => undefined);
    if (stats !== undefined) {
      told({ sentAt, receivedAt: Date.now() }, stats);
      this.#noteSweep(stats);
    }
    this.#sweptAtStart ??= stats?.swept;
    this.seconds.push({
      at: Math.round((sentAt - this.#startedAt) / 1000),
      lists: list.count,
      listP50Ms: list.p50,
      listP99Ms: list.p99,
      writes: write.count,
      writeP99Ms: write.p99,
      errors,
      live: stats?.live ?? null,
      stale: stats?.stale ?? null,
      swept: stats === undefined ? null : stats.swept - (this.#sweptAtStart ?? stats.swept),
    });
  }

  #noteSweep({ lastSweep }: StatsAnswer): void {
    if (lastSweep === null || lastSweep.at < this.#startedAt) return;
    const from = (lastSweep.at - this.#startedAt) / 1000;
    this.#sweeps.set(lastSweep.at, { from, to: from + lastSweep.tookMs / 1000, deleted: lastSweep.deleted });
  }
}

/** The second that ended last, for the screen. `endsAt` is on the clock of `performance`. */
export function secondLines(
  { seconds }: Timeline,
  alive: number,
  broken: ReadonlyMap<string, number>,
  endsAt: number,
): string[] {
  const second = seconds.at(-1);
  if (second === undefined) return ['under load …'];
  const leftS = Math.max(0, Math.ceil((endsAt - performance.now()) / 1000));
  const promises = [...broken].map(([rule, times]) => `${rule} ×${times}`);
  return [
    `${second.at} s: lists ${second.lists}/s  p50 ${readable(second.listP50Ms)} ms  p99 ${readable(second.listP99Ms)} ms  errors ${second.errors}`,
    `writes ${second.writes}/s  p99 ${readable(second.writeP99Ms)} ms  servers ${alive}`,
    `live ${second.live ?? '?'}  stale ${second.stale ?? '?'}  swept ${second.swept ?? '?'}  ${leftS} s left`,
    ...(promises.length > 0 ? [`BROKEN PROMISES: ${promises.join(', ')}`] : []),
  ];
}
