/** Whether the sweep was exact: nobody too many, nobody too few, and counted right. */
import type { Auditor } from '../lib/audit/auditor.ts';
import type { Look } from '../lib/audit/watch.ts';
import { sessionGraceMs } from '../lib/audit/session-book.ts';
import { NOISE_MS } from '../lib/audit/terms.ts';
import { termsOf, type Plan } from './plan.ts';
import type { Watch } from './watch.ts';

/** One thing that had to be so. */
export interface Finding {
  readonly ok: boolean;
  /** What was expected, as a sentence that is true where `ok`, and what was found instead where not. */
  readonly text: string;
}

/**
 * Judges a run by the last look, for which each of the `doomed` was looked up while the survivors still heartbeat, and by
 * what the auditor made of all that came before.
 */
export function judge(
  plan: Plan,
  doomed: ReadonlySet<string>,
  last: Look,
  { counts }: Auditor,
  watch: Watch,
): Finding[] {
  const { killed, servers } = plan;
  const listed = last.list.answer.servers;
  const ghosts = listed.filter(({ serverId }) => doomed.has(serverId)).length;
  const survivors = listed.length - ghosts;
  const notFound = [...last.held.values()].filter((held) => held === null).length;
  const missing = counts.get('live server missing') ?? 0;
  const others = [...counts].filter(([rule]) => rule !== 'live server missing');
  const { swept, stale } = last.stats.answer;
  const lists = Object.values(watch.listMs).flat().length;
  return [
    finding(
      watch.failedCalls === 0,
      `every list was answered, ${lists} in all`,
      `${watch.failedCalls} calls failed: ${watch.lastFailure ?? ''}`,
    ),
    finding(
      missing === 0,
      `no survivor was missing from any list`,
      `${missing} servers were missing from a list while their lease ran`,
    ),
    finding(
      ghosts === 0 && survivors === servers - killed,
      `the ${killed} killed are gone from the list, and nobody else`,
      `${ghosts} killed servers still listed, and ${survivors} of ${servers - killed} survivors`,
    ),
    ...departures(plan, watch),
    finding(
      notFound === killed,
      `GET /servers/<id> gives 404 for each of them`,
      `404 for ${notFound} of ${killed}`,
    ),
    finding(swept === killed, `the registry counts ${killed} swept`, `it counts ${swept}`),
    finding(stale === 0, `none is left stale`, `${stale} are`),
    finding(
      others.length === 0,
      `every answer showed what had been acknowledged`,
      others.map(([rule, times]) => `${times} × ${rule}`).join(', '),
    ),
  ];
}

/** A session tells of the death of its server; heartbeats only cease. */
function departures(plan: Plan, { departures: { goneAfterMs } }: Watch): Finding[] {
  const { session: bySession, heartbeats } = goneAfterMs;
  if (bySession === undefined) return [];
  const seconds = (ms: number) => `${(ms / 1000).toFixed(1)} s`;
  const others = heartbeats === undefined ? '' : `, by silence after ${seconds(heartbeats)}`;
  const withinMs = sessionGraceMs(termsOf(plan)) + 2 * NOISE_MS;
  return [
    finding(
      bySession <= withinMs,
      `the dead were gone by session after ${seconds(bySession)}${others}`,
      `by session after ${seconds(bySession)}, not within ${seconds(withinMs)}`,
    ),
  ];
}

function finding(ok: boolean, expected: string, found: string): Finding {
  return { ok, text: ok ? expected : `expected: ${expected}; found: ${found}` };
}
