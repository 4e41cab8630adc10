#!/usr/bin/env node
/** The command line: which commands there are, and how each of them may end. */
import { Command, CommanderError } from 'commander';
import { VERSION } from '../version.ts';
import { addAnnounce } from './announce/command.ts';
import { addShortCommands } from './commands.ts';
import { CommandError, EXIT } from './exit-codes.ts';
import { endWithOutput, printError } from './screen.ts';
import { addStart } from './start/command.ts';

endWithOutput();
const program = new Command('rollcall')
  .description('A server registry: run one, announce servers to it, read its list.')
  .version(VERSION)
  .showSuggestionAfterError()
  .exitOverride();
addStart(program);
addAnnounce(program);
addShortCommands(program);

try {
  await program.parseAsync();
} catch (error) {
  process.exitCode = exitCodeOf(error);
}

function exitCodeOf(error: unknown): number {
  // It has said everything itself.
  if (error instanceof CommanderError) return error.exitCode === 0 ? EXIT.ok : EXIT.unusable;
  if (error instanceof CommandError) {
    printError(`rollcall: ${error.message}`);
    return error.exitCode;
  }
  printError(`rollcall: ${error instanceof Error ? (error.stack ?? error.message) : String(error)}`);
  return EXIT.failed;
}
