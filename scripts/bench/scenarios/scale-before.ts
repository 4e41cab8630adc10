/** Whether a list of one object costs more than in another release, whose bundle is given: both in turns. */
import { mkdtempSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { summarizeLatencies } from '../../lib/statistics.ts';
import { recordAll, type Metric } from '../compare.ts';
import { makeRequest, type BenchRequest } from '../http.ts';
import { LimitedRuntime } from '../limited-runtime.ts';
import type { ContenderName } from '../runtime.ts';
import type { Bench } from '../scenario.ts';
import { freshPage, heartbeatOf, PAGE, registerAll, WRITERS, type Rung } from './scale-traffic.ts';

const RUNG: Rung = { servers: 10_000, shards: 1 };
export const ONE_OBJECT = '10,000 in 1, in turns';
const SLICE_MS = 1000;
const ROUNDS = { full: 7, quick: 1 } as const;
const VARS = { WRITE_ACCESS: 'open', RATE_LIMIT: 'off', SERVER_TTL_MS: '3600000', MAX_SERVERS: '20000' };
const LIST = makeRequest('GET', '/servers');

interface Side {
  readonly contender: ContenderName;
  readonly runtime: LimitedRuntime;
  readonly rounds: Round[];
}

interface Round {
  readonly heartbeats: number;
  readonly lists: number;
  readonly pageMs: number;
}

const METRICS: readonly Metric<Round>[] = [
  ['heartbeats', 'per second', ({ heartbeats }) => heartbeats],
  ['lists', 'per second', ({ lists }) => lists],
  [PAGE, 'ms', ({ pageMs }) => pageMs],
];

/** Nothing where no bundle is given. */
export async function measureBefore(bench: Bench, folder: string): Promise<void> {
  const { against, bundles, list, profile, signal } = bench;
  if (against === undefined) return;
  const sides: Side[] = [];
  try {
    const scripts: [ContenderName, string][] = [
      ['rollcall', bundles.product],
      ['release before', readFileSync(against, 'utf8')],
    ];
    for (const [contender, script] of scripts) {
      bench.doing(`${ONE_OBJECT}: registrations at ${contender}`);
      const home = mkdtempSync(join(folder, 'home-'));
      const runtime = await LimitedRuntime.start({ script, folder: home, vars: VARS, list });
      sides.push({ contender, runtime, rounds: [] });
      await registerAll(runtime.target, RUNG, signal);
    }
    for (let round = -1; round < ROUNDS[profile.name]; round += 1) {
      bench.doing(`${ONE_OBJECT}, round ${Math.max(1, round + 1)}`);
      // Who comes second finds the machine as the first left it: they change places.
      for (const side of round % 2 === 0 ? sides : sides.toReversed()) {
        signal.throwIfAborted();
        const measured = await measureRound(side.runtime, round);
        if (round >= 0) side.rounds.push(measured);
      }
    }
    const [ours, before] = sides;
    if (ours === undefined || before === undefined) return;
    const name = { scenario: 'scale', case: ONE_OBJECT } as const;
    const contender = before.contender;
    recordAll(bench, { ...name, contender }, METRICS, before.rounds, [], undefined);
    recordAll(bench, { ...name, contender: 'rollcall' }, METRICS, ours.rounds, before.rounds, contender);
  } finally {
    for (const { runtime } of sides) await runtime.stop();
  }
}

async function measureRound({ target }: LimitedRuntime, round: number): Promise<Round> {
  const loop = (connections: number, next: (sent: number) => BenchRequest) =>
    target.loop({ connections, durationMs: SLICE_MS, next });
  const heartbeats = await loop(WRITERS, (sent) => heartbeatOf(sent % RUNG.servers));
  const lists = await loop(2, () => LIST);
  const pages = await loop(1, (sent) => freshPage((round + 2) * 100_000 + sent));
  return {
    heartbeats: heartbeats.perSecond,
    lists: lists.perSecond,
    pageMs: summarizeLatencies(pages.latenciesMs).p50,
  };
}
