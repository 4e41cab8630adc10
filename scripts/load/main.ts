/** `npm run load`: loads a registry, verifies what it promises meanwhile, and says what it held. */
import { writeFileSync } from 'node:fs';
import { renderTable } from '../report/text-table.ts';
import { localVariables, startLocal } from './local.ts';
import { parseOptions, type LoadOptions } from './options.ts';
import { loadPage } from './page.ts';
import { learnTtl } from './probe.ts';
import { passed, type LoadResults } from './results.ts';
import { runLoad, type LoadTarget } from './run.ts';
import { Screen } from './screen.ts';
import { latencyTable, promisesTable, registryTable } from './summary.ts';
import { checkTarget, isLoopback, TargetError, trafficNotice } from './target.ts';

const EXIT_CODES = { held: 0, broken: 1, unusable: 2, interrupted: 130 } as const;

async function load(options: LoadOptions): Promise<number> {
  const screen = new Screen(process.stderr);
  const interrupt = new AbortController();
  const onInterrupt = () => {
    if (interrupt.signal.aborted) process.exit(EXIT_CODES.interrupted);
    screen.say('Interrupted: the servers deregister; once more to leave them.');
    interrupt.abort(new Error('interrupted'));
  };
  process.on('SIGINT', onInterrupt);
  try {
    const results = await onTarget(options, screen, (target) =>
      runLoad(target, options, screen, interrupt.signal),
    );
    screen.clear();
    report(results, options);
    if (!results.complete) return EXIT_CODES.interrupted;
    return passed(results) ? EXIT_CODES.held : EXIT_CODES.broken;
  } finally {
    process.off('SIGINT', onInterrupt);
  }
}

/** Has `use` called with a target that answers, and stops what was started for it. */
async function onTarget(
  options: LoadOptions,
  screen: Screen,
  use: (target: LoadTarget) => Promise<LoadResults>,
): Promise<LoadResults> {
  if (options.url !== undefined) return use(await remoteTarget(options.url, options, screen));
  screen.say(
    'Starting a registry on this machine; wrangler dev puts a proxy before it that limits its throughput.',
  );
  const registry = await startLocal(options);
  try {
    const url = new URL(registry.url);
    const settings = localVariables(options);
    const clock = await checkTarget(url, undefined);
    return await use({ url, isLocal: true, ttlMs: settings.SERVER_TTL_MS, clock, settings });
  } finally {
    await registry.stop();
  }
}

async function remoteTarget(url: URL, options: LoadOptions, screen: Screen): Promise<LoadTarget> {
  if (!isLoopback(url)) {
    const notice = trafficNotice(url, options);
    if (!options.yes) throw new TargetError(`${notice} Add --yes to go ahead.`);
    screen.say(notice);
  }
  const clock = await checkTarget(url, options.token);
  const ttlMs = await learnTtl(url, options.token);
  if (ttlMs < options.heartbeatEveryMs * 1.2) {
    throw new TargetError(
      `--heartbeat-every ${options.heartbeatEveryMs / 1000}s is too slow for leases of ${ttlMs / 1000} s there.`,
    );
  }
  return { url, isLocal: false, ttlMs, clock, settings: {} };
}

function report(results: LoadResults, options: LoadOptions): void {
  const { verification } = results;
  const tables = [latencyTable(results), registryTable(results), promisesTable(results)];
  process.stdout.write(`${tables.map(renderTable).join('\n\n')}\n\n`);
  for (const { kind, serverId, detail } of verification.violations.slice(0, 5)) {
    process.stdout.write(`${kind}: ${serverId} ${detail}\n`);
  }
  process.stdout.write(
    `${verification.listsVerified} lists verified; every promise was ${passed(results) ? 'held' : 'NOT held, or nothing was answered'}.\n`,
  );
  if (!results.complete) process.stdout.write('Interrupted: this is what was measured until then.\n');
  if (options.json !== undefined) writeFileSync(options.json, `${JSON.stringify(results, null, 2)}\n`);
  if (options.html !== undefined) writeFileSync(options.html, loadPage(results));
}

const parsed = parseOptions(process.argv.slice(2));
if ('options' in parsed) {
  try {
    process.exitCode = await load(parsed.options);
  } catch (error) {
    if (!(error instanceof TargetError)) throw error;
    process.stderr.write(`error: ${error.message}\n`);
    process.exitCode = EXIT_CODES.unusable;
  }
} else {
  (parsed.exitCode === 0 ? process.stdout : process.stderr).write(parsed.message);
  process.exitCode = parsed.exitCode;
}
