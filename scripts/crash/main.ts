/** The crash rounds as a command: `npm run test:crash -- --rounds 20`. */
import { randomInt } from 'node:crypto';
import { listenForInterrupts } from '../lib/interruption.ts';
import { runCommand } from '../lib/options.ts';
import { Screen } from '../lib/screen.ts';
import { parseOptions } from './options.ts';
import { heading, line, summary } from './report.ts';
import { Rounds, type RunPlan } from './rounds.ts';

const EXIT_CODES = { kept: 0, broken: 1 } as const;
/** Where there is no terminal to draw on, one line for so many rounds. */
const ROUNDS_A_LINE = 10;

/** Resolves with the exit code. */
async function crash(plan: RunPlan): Promise<number> {
  const interruption = listenForInterrupts();
  const screen = new Screen(process.stdout);
  const rounds = new Rounds(plan, () => {
    const { tally } = rounds;
    if (tally.roundsDone % ROUNDS_A_LINE === 0) screen.note(line(plan, tally));
  });
  const startedAtMs = performance.now();
  try {
    screen.say(heading(plan, screen.paint));
    screen.follow(() => line(plan, rounds.tally));
    await rounds.run(interruption.signal);
    screen.rest();
    const { tally } = rounds;
    screen.say(summary(plan, tally, performance.now() - startedAtMs, screen.paint));
    if (tally.broken === 0) return EXIT_CODES.kept;
    screen.say(`The registries printed last:\n${rounds.output}`);
  } catch (error) {
    screen.rest();
    if (interruption.exitCode !== undefined) screen.say('Interrupted; everything has been stopped.');
    else process.stderr.write(`${error instanceof Error ? error.message : String(error)}\n`);
  }
  return interruption.exitCode ?? EXIT_CODES.broken;
}

await runCommand(parseOptions(process.argv.slice(2), randomInt(2 ** 32)), crash);
