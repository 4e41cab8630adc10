/** The command line of the benchmark. */
import { InvalidArgumentError } from 'commander';
import { DEFAULT_LIST } from '../../src/protocol/lists.ts';
import { command, listName, option, readOptions, refuse, wholeNumber, type Parsed } from '../lib/options.ts';
import type { ScenarioName } from './results.ts';

/** What a run is asked to do. */
export interface BenchOptions {
  readonly quick?: boolean;
  /** The scenarios to run; all of them if absent. */
  readonly only?: readonly ScenarioName[];
  readonly json?: string;
  readonly html?: string;
  /** A folder for the charts as SVG files. */
  readonly charts?: string;
  /** A Markdown file with a marked place for the tables. */
  readonly docs?: string;
  /** The list of the product that is measured. */
  readonly list: string;
  /** The bundle of another release, for scenarios that compare with one. */
  readonly against?: string;
  /** Exit with 1 where a goal is missed. */
  readonly check?: boolean;
  readonly seed: number;
}

const MAX_SEED = 999_999_999;

/** Reads the arguments after the script's name. */
export function parseOptions(
  args: readonly string[],
  scenarios: readonly ScenarioName[],
): Parsed<BenchOptions> {
  const scenario = (value: string, before: readonly ScenarioName[] = []): readonly ScenarioName[] => {
    const name = scenarios.find((known) => known === value);
    if (name === undefined) throw new InvalidArgumentError(`Choose from ${scenarios.join(', ')}.`);
    return [...before, name];
  };
  const made = command(
    'npm run bench --',
    'Measures Rollcall and its contenders inside the real runtime. Full: under 8 minutes.',
  )
    .option('--quick', 'a smaller run, under a minute')
    .option('--only <name>', `one scenario (repeatable): ${scenarios.join(', ')}`, scenario)
    .option('--json <file>', 'write every figure as JSON')
    .option('--html <file>', 'write one self-contained page with charts')
    .option('--charts <folder>', 'write the charts as SVG files')
    .option('--docs <file>', 'put the tables in the marked place of a Markdown file')
    .addOption(option('--list <name>', "which of the product's lists is measured", listName, DEFAULT_LIST))
    .option('--against <file>', 'the bundle of another release, for beside and scale')
    .option('--check', 'exit with 1 if a goal is missed')
    .addOption(option('--seed <number>', 'order of the contenders', wholeNumber(0, MAX_SEED), '1'));
  const parsed = readOptions<BenchOptions>(made, args);
  if ('options' in parsed && parsed.options.against !== undefined && parsed.options.list !== DEFAULT_LIST) {
    return refuse('--against and --list exclude each other: another release may not know the list');
  }
  return parsed;
}
