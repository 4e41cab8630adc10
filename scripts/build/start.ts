/** `npm start`: builds what is older than its sources, then is `rollcall start` on the data folder of this checkout. */
import { join } from 'node:path';
import { argv, exit } from 'node:process';
import { pathToFileURL } from 'node:url';
import { buildCli, CLI_ENTRY } from './cli.ts';
import { buildPageIfThere, hasPage, PAGE, PAGE_SOURCES } from './page-if-there.ts';
import { isStale, PROJECT } from './project.ts';
import { buildWorker } from './worker.ts';

const BUILDERS = ['scripts/build', 'package.json', 'package-lock.json'];
const WORKER = ['dist/worker.js', 'dist/front.js', 'dist/worker.json'];
const CLI = [CLI_ENTRY, 'dist/workerd.sh'];

/** Where `wrangler dev` keeps its data, and so where earlier releases kept that of `npm start`. */
const DATA = '.wrangler/state';

const tasks: Promise<void>[] = [];
if (isStale(WORKER, [...BUILDERS, 'src', 'wrangler.toml'])) tasks.push(buildWorker());
if (isStale(CLI, [...BUILDERS, 'src'])) tasks.push(buildCli());
if (hasPage && isStale([PAGE], PAGE_SOURCES)) tasks.push(buildPageIfThere());
try {
  await Promise.all(tasks);
} catch (error) {
  console.error(`The registry could not be built. ${error instanceof Error ? error.message : String(error)}`);
  exit(1);
}

process.env['ROLLCALL_DATA'] ??= DATA;
argv.splice(2, 0, 'start');
await import(pathToFileURL(join(PROJECT, CLI_ENTRY)).href);
