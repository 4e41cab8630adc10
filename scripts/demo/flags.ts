/** The command line of the demo → a plan, or one line that says what is wrong with it. */
import { Command, CommanderError, InvalidArgumentError } from 'commander';
import { defaultKilled, MAX_SECONDS, MAX_SERVERS, minSeconds, planRun, type Plan } from './plan.ts';

const USAGE_ERROR = 2;

/** Either what to run, or the exit code to end with at once; the reason has been printed. */
export type Flags = { plan: Plan } | { exitCode: number };

/** Reads the arguments after the script's name. */
export function readFlags(args: readonly string[]): Flags {
  const program = new Command('demo')
    .usage('[options]')
    .description(
      'Starts a registry, registers a fleet of servers, kills some of them without\n' +
        'a word, and watches the registry sweep them. Exits with 0 only if the sweep\n' +
        'was exact.',
    )
    .option('--servers <count>', `servers in the fleet, 1 to ${MAX_SERVERS}`, wholeNumber, 200)
    .option('--kill <count>', 'how many of them to kill: a number, or a share such as 25% (default: a third)')
    .option('--seconds <length>', 'how long it runs once the registry answers', wholeNumber, 20)
    .showSuggestionAfterError(false)
    .exitOverride();
  try {
    program.parse(args, { from: 'user' });
    const { servers, kill, seconds } = program.opts<{ servers: number; kill?: string; seconds: number }>();
    if (servers > MAX_SERVERS) program.error(`error: --servers must be at most ${MAX_SERVERS}`);
    const killed =
      (kill === undefined ? defaultKilled(servers) : killedOf(servers, kill)) ??
      program.error(`error: --kill must be a number from 1 to ${servers}, or a share up to 100%`);
    const least = minSeconds(servers);
    if (seconds < least || seconds > MAX_SECONDS) {
      program.error(`error: --seconds must be ${least} to ${MAX_SECONDS} for ${servers} servers`);
    }
    return { plan: planRun(servers, killed, seconds) };
  } catch (error) {
    if (!(error instanceof CommanderError)) throw error;
    return { exitCode: error.exitCode === 0 ? 0 : USAGE_ERROR };
  }
}

function wholeNumber(text: string): number {
  if (!/^[1-9]\d{0,8}$/.test(text)) throw new InvalidArgumentError('It must be a whole number above 0.');
  return Number(text);
}

/** A share is rounded, but kills at least one server. Undefined where `kill` makes no sense. */
function killedOf(servers: number, kill: string): number | undefined {
  if (!/^\d{1,9}(\.\d{1,9})?%?$/.test(kill)) return undefined;
  const amount = Number.parseFloat(kill);
  if (kill.endsWith('%')) {
    return amount > 0 && amount <= 100 ? Math.max(1, Math.round((servers * amount) / 100)) : undefined;
  }
  return Number.isInteger(amount) && amount >= 1 && amount <= servers ? amount : undefined;
}
