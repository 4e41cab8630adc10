/** What the crash rounds print: a bar while they run, then a table, and an account of every violation. */
import { bar, type Paint } from '../lib/screen.ts';
import { summarizeLatencies } from '../lib/statistics.ts';
import type { RunPlan, Tally } from './rounds.ts';

const BAR_COLUMNS = 40;
/** Accounts printed in full; one fault often breaks many promises. */
const ACCOUNTS = 10;

/** What is about to run, and how to repeat it. */
export function heading({ rounds, seed, first }: RunPlan, paint: Paint): string {
  const which = first === 1 ? `${rounds} rounds` : `${rounds} rounds from ${first} on`;
  return paint('bold', `Crash rounds: ${which}, seed ${seed}`);
}

/** Where the run stands, in one line. */
export function line({ rounds }: RunPlan, { roundsDone, acknowledged, audits, broken }: Tally): string {
  const { full, empty } = bar(roundsDone / rounds, BAR_COLUMNS);
  const count = `${String(roundsDone).padStart(String(rounds).length)}/${rounds}`;
  return `${full}${empty} ${count}  ${acknowledged} acknowledged  ${audits} audited  ${broken} violations`;
}

/** What came out. */
export function summary({ seed }: RunPlan, tally: Tally, tookMs: number, paint: Paint): string {
  const { followed } = tally;
  const { p50, max } = summarizeLatencies(tally.restartsMs);
  const kinds = [...tally.roundsByKind].map(([kind, count]) => `${count} × ${kind}`).join(', ');
  const rows: [string, string][] = [
    ['rounds', `${tally.roundsDone} in ${(tookMs / 1000).toFixed(1)} s (${kinds})`],
    ['crashes', String(tally.crashes)],
    ['downtimes noticed', String(tally.downtimes)],
    ['fell asleep', `in ${tally.asleep} of ${tally.quiet} quiet phases`],
    ['servers', String(tally.servers)],
    ['writes acknowledged', String(tally.acknowledged)],
    ['writes cut off', String(tally.unknown)],
    ['answers audited', String(tally.audits)],
    [
      'steps of followers',
      `${followed.steps}, ${followed.verified} lists compared; pushed: ${followed.bySocket} by socket, ${followed.byStream} by stream`,
    ],
    ['restart', `median ${(p50 / 1000).toFixed(2)} s, longest ${(max / 1000).toFixed(2)} s`],
    ['violations', String(tally.broken)],
    ...[...tally.counts].map(([rule, times]): [string, string] => ['', `${times} × ${rule}`]),
  ];
  const columns = Math.max(...rows.map(([name]) => name.length)) + 2;
  const accounts = tally.violations.slice(0, ACCOUNTS).map(({ round, rule, serverId, account }) => {
    const title = `round ${round}: ${rule}${serverId === null ? '' : `: ${serverId}`}`;
    return [paint('red', title), ...account.map((text) => `  ${text}`), ''].join('\n');
  });
  const unsaid = tally.broken - accounts.length;
  return [
    '',
    ...rows.map(([name, value]) => `  ${name.padEnd(columns)}${value}`),
    '',
    ...accounts,
    ...(unsaid > 0 ? [`and ${unsaid} more\n`] : []),
    tally.broken === 0
      ? paint(['bold', 'green'], 'Everything acknowledged was kept, and no server was dropped.')
      : paint(['bold', 'red'], `Promises were broken. Repeat with --seed ${seed}.`),
  ].join('\n');
}
