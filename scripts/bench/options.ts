/** The command line of `npm run bench`. */
import { Command, CommanderError, InvalidArgumentError } from 'commander';
import type { ScenarioName } from './results.ts';

/** What a run is asked to do. */
export interface BenchOptions {
  readonly quick: boolean;
  /** The scenarios to run; all of them where empty. */
  readonly only: readonly ScenarioName[];
  readonly json: string | undefined;
  readonly html: string | undefined;
  /** A folder for the charts as SVG files. */
  readonly charts: string | undefined;
  /** A Markdown file with a marked place for the tables. */
  readonly docs: string | undefined;
  /** Exit with 1 where a goal is missed. */
  readonly check: boolean;
  readonly seed: number;
}

/** What the arguments come to: options, or a text to print and an exit code. */
export type Parsed =
  { readonly options: BenchOptions } | { readonly exitCode: number; readonly message: string };

/** Reads the arguments after the script's name. */
export function parseOptions(args: readonly string[], scenarios: readonly ScenarioName[]): Parsed {
  let message = '';
  const command = new Command('npm run bench --')
    .description('Measures Rollcall and its contenders inside the real runtime. Full: under 8 minutes.')
    .option('--quick', 'a smaller run, under a minute', false)
    .option('--only <name>', `one scenario (repeatable): ${scenarios.join(', ')}`, scenario(scenarios), [])
    .option('--json <file>', 'write every figure as JSON')
    .option('--html <file>', 'write one self-contained page with charts')
    .option('--charts <folder>', 'write the charts as SVG files')
    .option('--docs <file>', 'put the tables in the marked place of a Markdown file')
    .option('--check', 'exit with 1 if a goal is missed', false)
    .option('--seed <number>', 'order of the contenders', integer, 1)
    .exitOverride()
    .configureOutput({
      writeOut: (text) => (message += text),
      writeErr: (text) => (message += text),
    });
  try {
    command.parse(args, { from: 'user' });
  } catch (error) {
    if (!(error instanceof CommanderError)) throw error;
    return { exitCode: error.exitCode === 0 ? 0 : 2, message };
  }
  if (command.args.length > 0) {
    return { exitCode: 2, message: `error: unexpected argument '${command.args.join(' ')}'\n` };
  }
  const { quick, only, json, html, charts, docs, check, seed } = command.opts<Partial<BenchOptions>>();
  return {
    options: {
      quick: quick ?? false,
      only: only ?? [],
      json,
      html,
      charts,
      docs,
      check: check ?? false,
      seed: seed ?? 1,
    },
  };
}

function scenario(scenarios: readonly ScenarioName[]) {
  return (value: string, before: readonly ScenarioName[]): readonly ScenarioName[] => {
    const name = scenarios.find((known) => known === value);
    if (name === undefined) throw new InvalidArgumentError(`Choose from ${scenarios.join(', ')}.`);
    return [...before, name];
  };
}

function integer(value: string): number {
  if (!/^\d{1,9}$/.test(value)) throw new InvalidArgumentError('It must be a whole number.');
  return Number(value);
}
