/** The command line of the load test. */
import { DEFAULT_LIST } from '../../src/protocol/lists.ts';
import {
  command,
  duration,
  httpUrl,
  listName,
  option,
  readOptions,
  refuse,
  sharePerMinute,
  wholeNumber,
  type Parsed,
} from '../lib/options.ts';

/** What a run is asked to do. Durations in milliseconds. */
export interface LoadOptions {
  /** Undefined for a registry that is started for the run. */
  readonly url?: URL;
  /** Which of its lists. */
  readonly list: string;
  readonly token?: string;
  readonly servers: number;
  /** How many of them hold a session. */
  readonly sessions: number;
  readonly heartbeatEveryMs: number;
  /** How many follow the list as it changes. */
  readonly watchers: number;
  readonly readers: number;
  /** Lists a second, over all readers. */
  readonly readRate: number;
  /** Share of the servers that die silently and are replaced, a minute. */
  readonly churnPerMinute: number;
  readonly rampMs: number;
  readonly durationMs: number;
  /** When the registry is killed and started again, into the measurement; never if absent. */
  readonly killAfterMs?: number;
  readonly seed: number;
  /** How far a list may lag behind what was acknowledged: the age of the registry's snapshot. */
  readonly allowanceMs: number;
  readonly json?: string;
  readonly html?: string;
  readonly yes: boolean;
}

/** As commander hands them over. */
type Given = Pick<
  LoadOptions,
  'url' | 'list' | 'token' | 'servers' | 'sessions' | 'readers' | 'watchers' | 'seed' | 'json' | 'html'
> & {
  readonly yes?: boolean;
  readonly heartbeatEvery: number;
  readonly readRate?: number;
  readonly churn: number;
  readonly ramp: number;
  readonly duration: number;
  readonly killAfter?: number;
  readonly allowance: number;
};

const count = wholeNumber(1, 100_000);
const MAX_SEED = 999_999_999;

/** Reads the arguments after the script's name. */
export function parseOptions(args: readonly string[]): Parsed<LoadOptions> {
  const made = command(
    'npm run load --',
    'Loads a registry with servers and readers, and verifies every promise it makes meanwhile.',
  )
    .addOption(option('--url <url>', 'the registry; one is started on this machine if absent', httpUrl))
    .addOption(option('--list <name>', 'which of its lists', listName, DEFAULT_LIST))
    .option('--token <token>', 'sent as a bearer token with every request')
    .addOption(option('--servers <count>', 'servers that register and heartbeat', count, '1000'))
    .addOption(option('--sessions <count>', 'how many of them hold a session', wholeNumber(0, 100_000), '0'))
    .addOption(option('--heartbeat-every <time>', 'the pace of each', duration, '30s'))
    .addOption(option('--readers <count>', 'connections that ask for lists', count, '50'))
    .addOption(
      option('--watchers <count>', 'how many follow the list as it changes', wholeNumber(0, 10_000), '0'),
    )
    .addOption(
      option('--read-rate <count>', 'lists a second over all readers; one for each if absent', count),
    )
    .addOption(
      option('--churn <share>', 'servers that die silently and are replaced', sharePerMinute, '5%/min'),
    )
    .addOption(option('--ramp <time>', 'until all servers are registered', duration, '10s'))
    .addOption(option('--duration <time>', 'of the measurement, after the ramp', duration, '60s'))
    .addOption(
      option('--kill-after <time>', 'so long into it, kills the registry and starts it again', duration),
    )
    .addOption(option('--seed <number>', 'decides who dies when', wholeNumber(0, MAX_SEED), '1'))
    .addOption(option('--allowance <time>', 'how far a list may lag behind', duration, '1s'))
    .option('--json <file>', 'write everything measured as JSON')
    .option('--html <file>', 'write one self-contained page with charts')
    .option('--yes', 'go on although the target is not this machine');
  const parsed = readOptions<Given>(made, args);
  if (!('options' in parsed)) return parsed;
  const {
    heartbeatEvery: heartbeatEveryMs,
    churn: churnPerMinute,
    ramp: rampMs,
    duration: durationMs,
    killAfter: killAfterMs,
    allowance: allowanceMs,
    readRate = parsed.options.readers,
    yes = false,
    ...same
  } = parsed.options;
  if (same.sessions > same.servers) {
    return refuse(`--sessions ${same.sessions} is more than the ${same.servers} --servers`);
  }
  if (killAfterMs !== undefined && (same.url !== undefined || killAfterMs >= durationMs)) {
    return refuse('--kill-after is for a registry that is started here, and less than --duration');
  }
  if (readRate < same.readers) {
    return refuse(
      `--read-rate ${readRate} is less than one list a second for each of ${same.readers} --readers`,
    );
  }
  return {
    options: {
      ...same,
      ...(killAfterMs !== undefined && { killAfterMs }),
      yes,
      readRate,
      heartbeatEveryMs,
      churnPerMinute,
      rampMs,
      durationMs,
      allowanceMs,
    },
  };
}
