/** `npm run fuzz`: sends requests of every kind to a registry of its own, and checks every answer and its contents. */
import { runClientFuzz } from './client/command.ts';
import { command, option, readOptions, runCommand, wholeNumber } from '../lib/options.ts';
import { bar, Screen } from '../lib/screen.ts';
import { FuzzFailure, Model } from './model.ts';
import { sampleRequests } from './requests.ts';
import { startTarget, type Target } from './target.ts';

const BATCH = 500;
const BAR_COLUMNS = 30;
const MAX = 2 ** 31 - 1;

interface Options {
  readonly requests: number;
  readonly seed?: number;
  readonly client?: boolean;
}

async function run({
  requests,
  client = false,
  seed = Math.ceil(Math.random() * MAX),
}: Options): Promise<number> {
  if (client) return runClientFuzz(requests, seed);
  const screen = new Screen(process.stdout);
  screen.say(`seed ${seed}`);
  const target = await startTarget();
  const startedAtMs = performance.now();
  let line = '';
  screen.follow(() => line);
  const seconds = () => (performance.now() - startedAtMs) / 1000;
  try {
    const held = await fuzz(target, requests, seed, (sent, size) => {
      const { full, empty } = bar(sent / requests, BAR_COLUMNS);
      const perSecond = Math.round(sent / seconds());
      line = `${full}${empty} ${sent} of ${requests} requests, ${perSecond}/s, ${size} servers held`;
    });
    screen.rest();
    screen.say(
      `${requests} requests in ${seconds().toFixed(1)} s: every answer fits, and the ${held} servers held are the model's.`,
    );
    return 0;
  } catch (error) {
    screen.rest();
    if (!(error instanceof FuzzFailure)) throw error;
    console.error(
      `\nseed ${seed} failed:\n${error.message}\nRun it again with: npm run fuzz -- --requests ${requests} --seed ${seed}`,
    );
    return 1;
  } finally {
    await target.stop();
  }
}

/** Resolves with how many servers are held in the end; `progress` is called after each batch. */
async function fuzz(
  { send, logged }: Target,
  requests: number,
  seed: number,
  progress: (sent: number, held: number) => void,
): Promise<number> {
  const model = new Model();
  for (let sent = 0; sent < requests; sent += BATCH) {
    const batch = sampleRequests(Math.min(BATCH, requests - sent), seed + sent);
    for (const request of batch) model.follow(request, await send(request));
    model.compare((await send({ method: 'GET', path: '/servers', headers: {}, body: null })).text);
    const [line] = logged();
    if (line !== undefined) throw new FuzzFailure(`the log of the registry has: ${line}`);
    progress(sent + batch.length, model.size);
  }
  return model.size;
}

const made = command(
  'npm run fuzz --',
  'Fuzzes a registry on this machine. Exits with 0 only if it kept every promise.',
)
  .addOption(option('--requests <count>', 'how many requests to send', wholeNumber(1, MAX), '10000'))
  .addOption(
    option('--seed <number>', 'repeats the run of this seed (default: a new one)', wholeNumber(1, MAX)),
  )
  .option('--client', 'fuzzes the client instead, by a registry that answers with anything');
await runCommand(readOptions<Options>(made, process.argv.slice(2)), run);
