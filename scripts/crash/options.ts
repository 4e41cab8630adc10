/** The command line of the crash rounds. */
import { command, option, readOptions, wholeNumber, type Parsed } from '../lib/options.ts';
import { MAX_SHARDS } from '../../src/protocol/shards/shard.ts';
import type { RunPlan } from './rounds.ts';

const MAX_ROUNDS = 100_000;
const MAX_SEED = 2 ** 32;

/** Reads the arguments after the script's name. `freshSeed` is used where none is given. */
export function parseOptions(args: readonly string[], freshSeed: number): Parsed<RunPlan> {
  const made = command(
    'npm run test:crash --',
    'Runs registries under traffic and without, crashes them with SIGKILL at random moments, lets them sleep, ' +
      'restarts them on the same disk, and compares what they then hold with what they had acknowledged. Exits ' +
      'with 0 only if nothing was broken.',
  )
    .addOption(option('--rounds <count>', 'each ends with an audit', wholeNumber(1, MAX_ROUNDS), '100'))
    .addOption(
      option(
        '--seed <seed>',
        'repeats the decisions of a run (its timing cannot be repeated)',
        wholeNumber(0, MAX_SEED - 1),
      ),
    )
    .addOption(
      option('--first <round>', 'begins with the decisions of this round', wholeNumber(1, MAX_ROUNDS), '1'),
    )
    .addOption(option('--shards <count>', 'objects of the list', wholeNumber(1, MAX_SHARDS), '1'));
  const parsed = readOptions<Omit<RunPlan, 'seed'> & Partial<RunPlan>>(made, args);
  return 'options' in parsed ? { options: { seed: freshSeed, ...parsed.options } } : parsed;
}
