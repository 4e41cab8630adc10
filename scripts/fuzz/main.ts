/** `npm run fuzz`: sends requests of every kind to a registry of its own, and checks every answer and its contents. */
import { Command, InvalidArgumentError } from 'commander';
import { createLogUpdate } from 'log-update';
import { runClientFuzz } from './client/command.ts';
import { FuzzFailure, Model } from './model.ts';
import { sampleRequests } from './requests.ts';
import { startTarget, type Target } from './target.ts';

const BATCH = 500;
const BAR_CHARACTERS = 30;

const program = new Command('fuzz')
  .description('Fuzzes a registry on this machine. Exits with 0 only if it kept every promise.')
  .option('--requests <count>', 'how many requests to send', positiveInteger, 10_000)
  .option('--seed <number>', 'repeats the run of this seed (default: a new one)', positiveInteger)
  .option('--client', 'fuzzes the client instead, by a registry that answers with anything', false)
  .parse();
const {
  client,
  requests,
  seed = Math.ceil(Math.random() * 2 ** 31),
} = program.opts<{
  client: boolean;
  requests: number;
  seed?: number;
}>();

if (client) process.exit(await runClientFuzz(requests, seed));

const draw = process.stdout.isTTY ? createLogUpdate(process.stdout) : undefined;
console.log(`seed ${seed}`);
const target = await startTarget();
const startedAtMs = performance.now();
try {
  const held = await fuzz(target);
  const seconds = (performance.now() - startedAtMs) / 1000;
  console.log(
    `${requests} requests in ${seconds.toFixed(1)} s: every answer fits, and the ${held} servers held are the model's.`,
  );
} catch (error) {
  if (!(error instanceof FuzzFailure)) throw error;
  console.error(
    `\nseed ${seed} failed:\n${error.message}\nRun it again with: npm run fuzz -- --requests ${requests} --seed ${seed}`,
  );
  process.exitCode = 1;
} finally {
  await target.stop();
}

/** @returns how many servers are held in the end */
async function fuzz({ send, logged }: Target): Promise<number> {
  const model = new Model();
  for (let sent = 0; sent < requests; sent += BATCH) {
    const batch = sampleRequests(Math.min(BATCH, requests - sent), seed + sent);
    for (const request of batch) model.follow(request, await send(request));
    model.compare((await send({ method: 'GET', path: '/servers', headers: {}, body: null })).text);
    const [line] = logged();
    if (line !== undefined) throw new FuzzFailure(`the log of the registry has: ${line}`);
    progress(sent + batch.length, model.size);
  }
  draw?.done();
  return model.size;
}

function progress(sent: number, held: number): void {
  const filled = Math.round((sent / requests) * BAR_CHARACTERS);
  const perSecond = Math.round(sent / ((performance.now() - startedAtMs) / 1000));
  const bar = '█'.repeat(filled).padEnd(BAR_CHARACTERS, '░');
  draw?.(`${bar} ${sent} of ${requests} requests, ${perSecond}/s, ${held} servers held`);
}

function positiveInteger(text: string): number {
  const value = Number(text);
  if (!Number.isSafeInteger(value) || value < 1)
    throw new InvalidArgumentError('It must be a positive integer.');
  return value;
}
