/** The command line of `npm run load`. */
import { Command, CommanderError, InvalidArgumentError, Option } from 'commander';
import { parseChurn, parseDurationMs } from './units.ts';

/** What a run is asked to do. Durations in milliseconds. */
export interface LoadOptions {
  /** Undefined for a registry that is started for the run. */
  readonly url: URL | undefined;
  readonly token: string | undefined;
  readonly servers: number;
  readonly heartbeatEveryMs: number;
  readonly readers: number;
  /** Lists a second, over all readers. */
  readonly readRate: number;
  /** Share of the servers that die silently and are replaced, a minute. */
  readonly churnPerMinute: number;
  readonly rampMs: number;
  readonly durationMs: number;
  readonly seed: number;
  /** How far a list may lag behind what was acknowledged: the age of the registry's snapshot. */
  readonly allowanceMs: number;
  readonly json: string | undefined;
  readonly html: string | undefined;
  readonly yes: boolean;
}

/** What the arguments come to: options, or a text to print and an exit code. */
export type Parsed =
  { readonly options: LoadOptions } | { readonly exitCode: number; readonly message: string };

const DEFAULT_ALLOWANCE_MS = 1000;

/** Reads the arguments after the script's name. */
export function parseOptions(args: readonly string[]): Parsed {
  let message = '';
  const command = new Command('npm run load --')
    .description('Loads a registry with servers and readers, and verifies every promise it makes meanwhile.')
    .addOption(
      new Option('--url <url>', 'the registry; one is started on this machine if absent').argParser(url),
    )
    .option('--token <token>', 'sent as a bearer token with every request')
    .option('--servers <count>', 'servers that register and heartbeat', count, 1000)
    .option('--heartbeat-every <time>', 'the pace of each, such as 30s', duration, 30_000)
    .option('--readers <count>', 'connections that ask for lists', count, 50)
    .option('--read-rate <count>', 'lists a second over all readers; one for each if absent', count)
    .option('--churn <share>', 'servers that die silently and are replaced', churn, 0.05)
    .option('--ramp <time>', 'until all servers are registered', duration, 10_000)
    .option('--duration <time>', 'of the measurement, after the ramp', duration, 60_000)
    .option('--seed <number>', 'decides who dies when', whole, 1)
    .option('--allowance <time>', 'how far a list may lag behind', duration, DEFAULT_ALLOWANCE_MS)
    .option('--json <file>', 'write everything measured as JSON')
    .option('--html <file>', 'write one self-contained page with charts')
    .option('--yes', 'go on although the target is not this machine', false)
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
  if (command.args.length > 0) return refuse(`unexpected argument '${command.args.join(' ')}'`);
  const given = command.opts<Given>();
  const { churn: churnPerMinute, ramp: rampMs, duration: durationMs } = given;
  const readRate = given.readRate ?? given.readers;
  if (readRate < given.readers) {
    return refuse(
      `--read-rate ${readRate} is less than one list a second for each of ${given.readers} --readers`,
    );
  }
  return {
    options: {
      url: given.url,
      token: given.token,
      servers: given.servers,
      heartbeatEveryMs: given.heartbeatEvery,
      readers: given.readers,
      readRate,
      churnPerMinute,
      rampMs,
      durationMs,
      seed: given.seed,
      allowanceMs: given.allowance,
      json: given.json,
      html: given.html,
      yes: given.yes,
    },
  };
}

/** As commander hands them over, after the parsers above. */
interface Given {
  readonly url?: URL;
  readonly token?: string;
  readonly servers: number;
  readonly heartbeatEvery: number;
  readonly readers: number;
  readonly readRate?: number;
  readonly churn: number;
  readonly ramp: number;
  readonly duration: number;
  readonly seed: number;
  readonly allowance: number;
  readonly json?: string;
  readonly html?: string;
  readonly yes: boolean;
}

function refuse(problem: string): Parsed {
  return { exitCode: 2, message: `error: ${problem}\n` };
}

function url(text: string): URL {
  const parsed = URL.canParse(text) ? new URL(text) : undefined;
  if (parsed === undefined || !/^https?:$/.test(parsed.protocol) || parsed.username !== '') {
    throw new InvalidArgumentError('It must be an http or https URL.');
  }
  return parsed;
}

function count(text: string): number {
  const value = whole(text);
  if (value === 0 || value > 100_000) throw new InvalidArgumentError('It must be from 1 to 100,000.');
  return value;
}

function whole(text: string): number {
  if (!/^\d{1,9}$/.test(text)) throw new InvalidArgumentError('It must be a whole number.');
  return Number(text);
}

function duration(text: string): number {
  const value = parseDurationMs(text);
  if (value === undefined) throw new InvalidArgumentError('It must be a time such as 500ms, 30s, 5m or 1h.');
  return value;
}

function churn(text: string): number {
  const value = parseChurn(text);
  if (value === undefined) throw new InvalidArgumentError('It must be a share such as 5%/min or 0.');
  return value;
}
