/** `npm run load`: loads a registry, verifies what it promises meanwhile, and says what it held. */
import { writeFileSync } from 'node:fs';
import { RegistryClient } from '../../src/client/client.ts';
import { listenForInterrupts } from '../lib/interruption.ts';
import { runCommand } from '../lib/options.ts';
import { AS_NPM_START, LocalRegistry } from '../lib/registry/local-registry.ts';
import { renderTable } from '../lib/report/tables.ts';
import { Screen } from '../lib/screen.ts';
import { parseOptions, type LoadOptions } from './options.ts';
import { loadPage } from './page.ts';
import { latencyTable, passed, promisesTable, registryTable, type LoadResults } from './results.ts';
import { runLoad, type LoadTarget } from './run.ts';
import { isLoopback, learnTerms, localVariables, TargetError, trafficNotice } from './target.ts';

const EXIT_CODES = { held: 0, broken: 1, unusable: 2 } as const;
const SHOWN_VIOLATIONS = 5;

async function load(options: LoadOptions): Promise<number> {
  const screen = new Screen(process.stderr);
  const interruption = listenForInterrupts(() => {
    screen.say('Interrupted: the servers deregister; once more to leave them.');
  });
  try {
    const results = await onTarget(options, screen, (target) =>
      runLoad(target, options, screen, interruption.signal),
    );
    report(results, options);
    return interruption.exitCode ?? (passed(results) ? EXIT_CODES.held : EXIT_CODES.broken);
  } catch (error) {
    if (!(error instanceof TargetError)) throw error;
    process.stderr.write(`error: ${error.message}\n`);
    return EXIT_CODES.unusable;
  }
}

/** Has `use` called with a target that answers, and stops what was started for it. */
async function onTarget(
  options: LoadOptions,
  screen: Screen,
  use: (target: LoadTarget) => Promise<LoadResults>,
): Promise<LoadResults> {
  if (options.url !== undefined) {
    const { url } = options;
    if (!isLoopback(url)) {
      const notice = trafficNotice(url, options);
      if (!options.yes) throw new TargetError(`${notice} Add --yes to go ahead.`);
      screen.say(notice);
    }
    return use({ url, isLocal: false, terms: await learnTerms(url, options), settings: {} });
  }
  screen.say('Starting a registry on this machine, which it shares with the load.');
  const settings = localVariables(options);
  const vars: Record<string, string> = { ...AS_NPM_START };
  for (const [name, value] of Object.entries(settings)) vars[name] = String(value);
  const registry = await LocalRegistry.embed(vars);
  try {
    registry.spawn();
    await registry.up(() => new RegistryClient(registry.url).stats());
    const url = new URL(registry.url);
    return await use({ url, isLocal: true, terms: await learnTerms(url, options), settings, registry });
  } finally {
    await registry.end();
  }
}

function report(results: LoadResults, { json, html }: LoadOptions): void {
  const { verification, complete } = results;
  const tables = [latencyTable(results), registryTable(results), promisesTable(results)];
  process.stdout.write(`${tables.map(renderTable).join('\n\n')}\n\n`);
  for (const { kind, serverId, detail } of verification.violations.slice(0, SHOWN_VIOLATIONS)) {
    process.stdout.write(`${kind}: ${serverId} ${detail}\n`);
  }
  const verdict = passed(results) ? 'held' : 'NOT held, or nothing was answered';
  process.stdout.write(`${verification.listsVerified} lists verified; every promise was ${verdict}.\n`);
  if (!complete) process.stdout.write('Interrupted: this is what was measured until then.\n');
  if (json !== undefined) writeFileSync(json, `${JSON.stringify(results, null, 2)}\n`);
  if (html !== undefined) writeFileSync(html, loadPage(results));
}

await runCommand(parseOptions(process.argv.slice(2)), load);
