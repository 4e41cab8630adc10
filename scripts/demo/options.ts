/** The command line of the demo → a plan, or one line that says what is wrong with it. */
import { InvalidArgumentError } from 'commander';
import { command, listName, option, readOptions, refuse, wholeNumber, type Parsed } from '../lib/options.ts';
import { DEFAULT_LIST } from '../../src/protocol/lists.ts';
import {
  defaultKilled,
  MAX_SECONDS,
  MAX_SERVERS,
  MIN_SECONDS,
  minSeconds,
  planRun,
  type Plan,
} from './plan.ts';

/** As commander hands them over. */
interface Given {
  readonly servers: number;
  readonly kill?: (servers: number) => number;
  readonly seconds: number;
  readonly list: string;
}

/** Reads the arguments after the script's name. */
export function parseOptions(args: readonly string[]): Parsed<Plan> {
  const made = command(
    'npm run demo --',
    'Starts a registry, registers a fleet of servers, kills some of them without ' +
      'a word, and watches the registry sweep them. Exits with 0 only if the sweep ' +
      'was exact.',
  )
    .addOption(option('--servers <count>', 'servers in the fleet', wholeNumber(1, MAX_SERVERS), '200'))
    .addOption(
      option(
        '--kill <count>',
        'how many of them to kill: a number, or a share such as 25% (default: a third)',
        killed,
      ),
    )
    .addOption(
      option(
        '--seconds <length>',
        'how long it runs once the registry answers',
        wholeNumber(MIN_SECONDS, MAX_SECONDS),
        '20',
      ),
    )
    .addOption(option('--list <name>', 'the list of the registry that they are on', listName, DEFAULT_LIST));
  const parsed = readOptions<Given>(made, args);
  if (!('options' in parsed)) return parsed;
  const { servers, kill = defaultKilled, seconds, list } = parsed.options;
  const killing = kill(servers);
  if (killing > servers) return refuse(`--kill must be a number from 1 to ${servers}, or a share up to 100%`);
  const least = minSeconds(servers);
  if (seconds < least) return refuse(`--seconds must be at least ${least} for ${servers} servers`);
  return { options: planRun(servers, killing, seconds, list) };
}

/** "10" or "25%" → how many of so many servers. A share is rounded, but kills at least one server. */
function killed(text: string): (servers: number) => number {
  const amount = /^\d{1,9}(\.\d{1,9})?%?$/.test(text) ? Number.parseFloat(text) : Number.NaN;
  if (text.endsWith('%') && amount > 0 && amount <= 100) {
    return (servers) => Math.max(1, Math.round((servers * amount) / 100));
  }
  if (!text.endsWith('%') && Number.isInteger(amount) && amount >= 1) return () => amount;
  throw new InvalidArgumentError('It must be a number of servers, or a share up to 100%.');
}
