/** What the crash rounds print: a bar while they run, then a table, and an account of every violation. */
import { createLogUpdate } from 'log-update';
import { styleText } from 'node:util';
import { summarize } from '../support/latency.ts';
import type { RunPlan, Tally } from './rounds.ts';
import type { Violation } from './violation.ts';

const BAR_COLUMNS = 40;
const DRAW_EVERY_MS = 200;
/** Where there is no terminal to draw on, one line for so many rounds. */
const ROUNDS_A_LINE = 10;
/** Accounts printed in full; one fault often breaks many promises. */
const ACCOUNTS = 10;

type Style = Parameters<typeof styleText>[0];

export class Screen {
  readonly #plan: RunPlan;
  readonly #isTerminal = process.stdout.isTTY;
  readonly #hasColours = this.#isTerminal && process.stdout.hasColors();
  readonly #drawOver = createLogUpdate(process.stdout);
  #timer: NodeJS.Timeout | undefined;

  constructor(plan: RunPlan) {
    this.#plan = plan;
  }

  /** Prints what stays. */
  say(text: string): void {
    process.stdout.write(`${text}\n`);
  }

  /** Prints what is about to run, and how to repeat it. */
  announce(): void {
    const { rounds, seed, first } = this.#plan;
    const which = first === 1 ? `${rounds} rounds` : `${rounds} rounds from ${first} on`;
    this.say(this.#paint('bold', `Crash rounds: ${which}, seed ${seed}`));
  }

  /** Draws where the run stands until `rest`; in a terminal only. */
  follow(tally: () => Tally): void {
    if (!this.#isTerminal) return;
    this.#timer = setInterval(() => {
      this.#drawOver(this.#line(tally()));
    }, DRAW_EVERY_MS);
  }

  /** A round is done. */
  round(tally: Tally): void {
    if (!this.#isTerminal && tally.roundsDone % ROUNDS_A_LINE === 0) this.say(this.#line(tally));
  }

  /** Stops drawing, and gives the cursor back. */
  rest(): void {
    clearInterval(this.#timer);
    if (!this.#isTerminal) return;
    this.#drawOver.clear();
    this.#drawOver.done();
  }

  /** Prints what came out. */
  conclude(tally: Tally, tookMs: number): void {
    const { p50Ms, maxMs } = summarize(tally.restartsMs);
    const kinds = [...tally.roundsByKind].map(([kind, count]) => `${count} × ${kind}`).join(', ');
    const rows: [string, string][] = [
      ['rounds', `${tally.roundsDone} in ${(tookMs / 1000).toFixed(1)} s (${kinds})`],
      ['crashes', String(tally.crashes)],
      ['absences noticed', String(tally.absences)],
      ['servers', String(tally.servers)],
      ['writes acknowledged', String(tally.acknowledged)],
      ['writes cut off', String(tally.unknown)],
      ['answers audited', String(tally.audits)],
      ['restart', `median ${(p50Ms / 1000).toFixed(2)} s, longest ${(maxMs / 1000).toFixed(2)} s`],
      ['violations', String(tally.violations.length)],
    ];
    const columns = Math.max(...rows.map(([name]) => name.length)) + 2;
    for (const [rule, count] of countByRule(tally.violations)) rows.push(['', `${count} × ${rule}`]);
    this.say(['', ...rows.map(([name, value]) => `  ${name.padEnd(columns)}${value}`), ''].join('\n'));
    for (const violation of tally.violations.slice(0, ACCOUNTS)) this.say(this.#account(violation));
    const unsaid = tally.violations.length - ACCOUNTS;
    if (unsaid > 0) this.say(`and ${unsaid} more\n`);
    this.say(
      tally.violations.length === 0
        ? this.#paint(['bold', 'green'], 'Everything acknowledged was kept, and nobody lost a place.')
        : this.#paint(['bold', 'red'], `Promises were broken. Repeat with --seed ${this.#plan.seed}.`),
    );
  }

  #line(tally: Tally): string {
    const { rounds } = this.#plan;
    const full = Math.floor((tally.roundsDone / rounds) * BAR_COLUMNS);
    const bar = '█'.repeat(full) + '░'.repeat(BAR_COLUMNS - full);
    const { acknowledged, audits, violations } = tally;
    const count = `${String(tally.roundsDone).padStart(String(rounds).length)}/${rounds}`;
    return `${bar} ${count}  ${acknowledged} acknowledged  ${audits} audited  ${violations.length} violations`;
  }

  #account({ rule, serverId, round, account }: Violation): string {
    const heading = `round ${round}: ${rule}${serverId === null ? '' : `: ${serverId}`}`;
    return [this.#paint('red', heading), ...account.map((line) => `  ${line}`), ''].join('\n');
  }

  #paint(style: Style, text: string): string {
    return this.#hasColours ? styleText(style, text) : text;
  }
}

function countByRule(violations: readonly Violation[]): Map<string, number> {
  const counts = new Map<string, number>();
  for (const { rule } of violations) counts.set(rule, (counts.get(rule) ?? 0) + 1);
  return counts;
}
