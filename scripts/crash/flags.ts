/** The command line of the crash rounds → a plan, or one line that says what is wrong with it. */
import { Command, CommanderError, InvalidArgumentError } from 'commander';
import type { RunPlan } from './rounds.ts';

const USAGE_ERROR = 2;
const MAX_ROUNDS = 100_000;
const MAX_SEED = 2 ** 32;

/** Either what to run, or the exit code to end with at once; the reason has been printed. */
export type Flags = { plan: RunPlan } | { exitCode: number };

/** Reads the arguments after the script's name. `freshSeed` is used where none is given. */
export function readFlags(args: readonly string[], freshSeed: number): Flags {
  const program = new Command('test:crash')
    .usage('[options]')
    .description(
      'Runs a registry under traffic, crashes it with SIGKILL at random moments, restarts it on the same disk,\n' +
        'and compares what it then holds with what it had acknowledged. Exits with 0 only if nothing was broken.',
    )
    .option(
      '--rounds <count>',
      'crashes, each followed by a restart and an audit',
      wholeNumber(1, MAX_ROUNDS),
      100,
    )
    .option(
      '--seed <seed>',
      'repeats the decisions of a run (its timing cannot be repeated)',
      wholeNumber(0, MAX_SEED - 1),
    )
    .option('--first <round>', 'begins with the decisions of this round', wholeNumber(1, MAX_ROUNDS), 1)
    .allowExcessArguments(false)
    .showSuggestionAfterError(false)
    .exitOverride();
  try {
    program.parse(args, { from: 'user' });
    const {
      rounds,
      seed = freshSeed,
      first,
    } = program.opts<{ rounds: number; seed?: number; first: number }>();
    return { plan: { rounds, seed, first } };
  } catch (error) {
    if (!(error instanceof CommanderError)) throw error;
    return { exitCode: error.exitCode === 0 ? 0 : USAGE_ERROR };
  }
}

function wholeNumber(from: number, to: number): (text: string) => number {
  return (text) => {
    const number = /^\d{1,10}$/.test(text) ? Number(text) : Number.NaN;
    if (number >= from && number <= to) return number;
    throw new InvalidArgumentError(`It must be a whole number from ${from} to ${to}.`);
  };
}
