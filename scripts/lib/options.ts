/** Command lines: options whose defaults are shown as they are accepted, and one line for each mistake. */
import { Command, CommanderError, InvalidArgumentError, Option } from 'commander';
import { LIST_NAME } from '../../src/protocol/lists.ts';

/** What the arguments come to: options, or a text to print and the exit code to end with. */
export type Parsed<Options> =
  { readonly options: Options } | { readonly exitCode: number; readonly message: string };

const USAGE_ERROR = 2;
const UNIT_MS: Readonly<Record<string, number>> = { ms: 1, s: 1000, m: 60_000, min: 60_000, h: 3_600_000 };
/** A day: a longer run is surely a slip. */
const MAX_MS = 86_400_000;

/** A command without options yet; `name` is how it is called. */
export function command(name: string, description: string): Command {
  return new Command(name)
    .usage('[options]')
    .description(description)
    .showSuggestionAfterError(false)
    .exitOverride();
}

/** An option with an argument that `parse` reads; its default is written as a user would write it. */
export function option(
  flags: string,
  description: string,
  parse: (text: string) => unknown,
  fallback?: string,
): Option {
  const made = new Option(flags, description).argParser(parse);
  return fallback === undefined ? made : made.default(parse(fallback), fallback);
}

/** Reads the arguments after the script's name. `Given` are the options as their parsers return them. */
export function readOptions<Given extends object>(made: Command, args: readonly string[]): Parsed<Given> {
  let message = '';
  const collect = (text: string) => (message += text);
  made.configureOutput({ writeOut: collect, writeErr: collect });
  try {
    return { options: made.parse(args, { from: 'user' }).opts<Given>() };
  } catch (error) {
    if (!(error instanceof CommanderError)) throw error;
    return { exitCode: error.exitCode === 0 ? 0 : USAGE_ERROR, message };
  }
}

/** The answer to options that do not go together. */
export function refuse(problem: string): { readonly exitCode: number; readonly message: string } {
  return { exitCode: USAGE_ERROR, message: `error: ${problem}\n` };
}

/** Runs the command, or says why not; the process ends with the exit code, once nothing of the run is left. */
export async function runCommand<Options>(
  parsed: Parsed<Options>,
  run: (options: Options) => Promise<number>,
): Promise<void> {
  if ('options' in parsed) {
    process.exitCode = await run(parsed.options);
    return;
  }
  (parsed.exitCode === 0 ? process.stdout : process.stderr).write(parsed.message);
  process.exitCode = parsed.exitCode;
}

/** Reads whole numbers within bounds. */
export function wholeNumber(from: number, to: number): (text: string) => number {
  return (text) => {
    const number = /^\d{1,10}$/.test(text) ? Number(text) : Number.NaN;
    if (number >= from && number <= to) return number;
    throw new InvalidArgumentError(`It must be a whole number from ${from} to ${to}.`);
  };
}

/** "30s" → 30000. A time above 0 and up to a day, with a unit: ms, s, m, min or h. */
export function duration(text: string): number {
  const [, number, unit = ''] = /^(\d+(?:\.\d+)?)(ms|s|min|m|h)$/.exec(text) ?? [];
  const ms = Math.round(Number(number) * (UNIT_MS[unit] ?? Number.NaN));
  if (ms > 0 && ms <= MAX_MS) return ms;
  throw new InvalidArgumentError('It must be a time such as 500ms, 30s, 5m or 1h.');
}

/** "5%/min" → 0.05, a share of all a minute, up to all a second; "0" for none. */
export function sharePerMinute(text: string): number {
  const [, number, unit = ''] = /^(\d+(?:\.\d+)?)%\/(s|min|m|h)$/.exec(text) ?? [];
  const share = text === '0' ? 0 : ((Number(number) / 100) * 60_000) / (UNIT_MS[unit] ?? Number.NaN);
  if (share >= 0 && share <= 60) return share;
  throw new InvalidArgumentError('It must be a share such as 5%/min or 0.');
}

/** An http or https URL without a user. */
export function httpUrl(text: string): URL {
  const url = URL.canParse(text) ? new URL(text) : undefined;
  if (url !== undefined && /^https?:$/.test(url.protocol) && url.username === '') return url;
  throw new InvalidArgumentError('It must be an http or https URL.');
}

/** The name of a list, which may be one that the registry does not have. */
export function listName(text: string): string {
  if (LIST_NAME.test(text)) return text;
  throw new InvalidArgumentError('It must be 1 to 63 of a to z, 0 to 9 and "-", and no "-" first.');
}
