/** The flags of `rollcall start`. */
import { Option, type Command } from 'commander';
import { wholeNumber } from '../flags.ts';

const DEFAULT_PORT = 8787;
const DEFAULT_DATA = 'rollcall-data';

interface Given {
  port: number;
  host: string;
  ip?: string;
  data: string;
  publish?: string;
  persistTo?: string;
  token?: string;
  open: boolean;
  var: string[];
  json: boolean;
}

/** Adds the command to `program`. */
export function addStart(program: Command): void {
  program
    .command('start')
    .description('run a registry on this machine until Ctrl-C or SIGTERM, and keep what it holds in a folder')
    .option(
      '--port <number>',
      'the port to listen on; 0 for any free one',
      wholeNumber(0, 65_535),
      DEFAULT_PORT,
    )
    .option(
      '--host <address>',
      'the address to listen on: 0.0.0.0 or :: for all of this machine',
      'localhost',
    )
    .addOption(
      new Option('--data <dir>', 'the folder that keeps the registry')
        .default(DEFAULT_DATA)
        .env('ROLLCALL_DATA'),
    )
    .option('--publish <dir>', 'a folder in which the list is kept as files, for a web server to serve')
    .addOption(new Option('--persist-to <dir>', 'the same as --data').hideHelp())
    .addOption(new Option('--ip <address>', 'the same as --host').hideHelp())
    .option(
      '--token <token>',
      'who may write: whoever sends this token; better in the variable REGISTRY_TOKEN',
    )
    .option('--open', 'who may write: anyone who reaches it', false)
    .option('--var <NAME:VALUE...>', 'a variable of the registry; repeatable', [])
    .option('--json', 'log lines of JSON, as is done wherever the output is no terminal', false)
    .addHelpText(
      'after',
      '\nWithout --host, only this machine reaches it and anyone on it may write. Variables are read from the environment\nand from .dev.vars as well. docs/self-hosting.md has the rest.',
    )
    .action(async ({ ip, persistTo, token, publish, ...given }: Given) => {
      // Loaded when it is needed: the other commands have no use for what it brings along.
      const { start } = await import('./start.ts');
      process.exitCode = await start({
        ...given,
        token,
        publish,
        host: ip ?? given.host,
        data: persistTo ?? given.data,
      });
    });
}
