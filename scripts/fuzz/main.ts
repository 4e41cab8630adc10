/** `npm run fuzz`: sends requests of every kind to a registry of its own, and checks every answer and its contents. */
import { runClientFuzz } from './client/command.ts';
import { runSessionFuzz } from './sessions/command.ts';
import { Option } from 'commander';
import { command, option, readOptions, runCommand, wholeNumber } from '../lib/options.ts';
import { bar, Screen } from '../lib/screen.ts';
import { FuzzFailure } from './failure.ts';
import { MODES, type Mode } from './mode.ts';
import { fuzz, type FuzzReport } from './run.ts';
import { startTarget } from './target.ts';

const BAR_COLUMNS = 30;
const MAX = 2 ** 31 - 1;
const MEGABYTE = 1_000_000;

interface Options {
  readonly requests: number;
  readonly seed?: number;
  readonly client?: boolean;
  readonly sessions?: boolean;
  readonly mode: Mode | 'all';
}

async function run({
  requests,
  mode,
  client = false,
  sessions = false,
  seed = Math.ceil(Math.random() * MAX),
}: Options): Promise<number> {
  if (client) return runClientFuzz(requests, seed);
  if (sessions) return runSessionFuzz(requests, seed);
  const screen = new Screen(process.stdout);
  screen.say(`seed ${seed}`);
  for (const one of mode === 'all' ? MODES : [mode]) {
    try {
      await runMode(screen, one, requests, seed);
    } catch (error) {
      screen.rest();
      if (!(error instanceof FuzzFailure)) throw error;
      console.error(
        `\nseed ${seed} failed:\n${error.message}\n` +
          `Run it again with: npm run fuzz -- --mode ${one} --requests ${requests} --seed ${seed}`,
      );
      return 1;
    }
  }
  return 0;
}

async function runMode(screen: Screen, mode: Mode, requests: number, seed: number): Promise<void> {
  const target = await startTarget({ WRITE_ACCESS: mode });
  const startedAtMs = performance.now();
  const seconds = () => (performance.now() - startedAtMs) / 1000;
  let line = '';
  screen.follow(() => line);
  try {
    const onProgress = (sent: number, held: number) => {
      const { full, empty } = bar(sent / requests, BAR_COLUMNS);
      line = `${full}${empty} ${mode}: ${sent} of ${requests} requests, ${Math.round(sent / seconds())}/s, ${held} servers held`;
    };
    const report = await fuzz(target, { mode, requests, seed, onProgress });
    screen.rest();
    screen.say(`${mode}: ${requests} requests in ${seconds().toFixed(1)} s: ${describe(report)}`);
  } finally {
    await target.stop();
  }
}

function describe({ held, statuses, longestMs, disturbed, peak }: FuzzReport): string {
  const megabytes = (bytes: number) => `${Math.round(bytes / MEGABYTE)} MB`;
  const counts = Object.entries(statuses).map(([status, count]) => `${status} ${count}`);
  return (
    `every answer is the model's, and so are the ${held} servers held (${counts.join(', ')}).\n` +
    `  The slowest answer took ${longestMs.toFixed(0)} ms; ${disturbed} that took over 100 ms did not when they were asked for alone.\n` +
    `  Most memory seen: ${megabytes(peak.isolateBytes)} of the object and the Worker together, garbage included; ` +
    `${megabytes(peak.processPeakBytes)} of the whole process.`
  );
}

const made = command(
  'npm run fuzz --',
  'Fuzzes a registry on this machine over raw connections. Exits with 0 only if it kept every promise.',
)
  .addOption(
    option('--requests <count>', 'how many requests to send in each mode', wholeNumber(1, MAX), '10000'),
  )
  .addOption(
    new Option('--mode <name>', 'who may write: one mode, or all one after the other')
      .choices([...MODES, 'all'])
      .default('all'),
  )
  .addOption(
    option('--seed <number>', 'repeats the run of this seed (default: a new one)', wholeNumber(1, MAX)),
  )
  .option('--sessions', 'fuzzes sessions instead: frames, floods and tickets, a server for each request')
  .option('--client', 'fuzzes the client instead, by a registry that answers with anything');
await runCommand(readOptions<Options>(made, process.argv.slice(2)), run);
