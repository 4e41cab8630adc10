/** What the build has put beside this program: the Worker's bundle, its settings and the page's files. */
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { dirname, join, relative, sep } from 'node:path';
import { fileURLToPath } from 'node:url';
import { workerSettings, type WorkerSettings } from './worker-settings.ts';

/** This program is in a folder of its own there. */
const DIST = dirname(dirname(fileURLToPath(import.meta.url)));

export interface Shipped {
  readonly settings: WorkerSettings;
  readonly worker: string;
  readonly front: string;
  /** The script that starts workerd. */
  readonly launcher: string;
  /** The folder of the page's files and the paths they are served under; null where there is no page. */
  readonly page: { readonly folder: string; readonly paths: readonly string[] } | null;
}

/** Throws where the build is incomplete. */
export function readShipped(): Shipped {
  const read = (name: string) => readFileSync(join(DIST, name), 'utf8');
  const settings = workerSettings.parse(JSON.parse(read('worker.json')));
  const folder = join(DIST, 'page');
  const page = settings.assets === null || !existsSync(folder) ? null : { folder, paths: pathsOf(folder) };
  return {
    settings,
    worker: read('worker.js'),
    front: read('front.js'),
    launcher: join(DIST, 'workerd.sh'),
    page,
  };
}

/** A document is served with and without `.html`, and the index of a folder as the folder. */
function pathsOf(folder: string): string[] {
  const names = readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile() && !entry.name.startsWith('_') && !entry.name.startsWith('.'))
    .map((entry) => `/${relative(folder, join(entry.parentPath, entry.name)).split(sep).join('/')}`);
  return names.flatMap((name) => {
    const bare = name.replace(/\.html$/, '');
    if (bare === name) return [name];
    const parent = bare.replace(/\/index$/, '');
    return parent === bare
      ? [name, bare, `${bare}/`]
      : [name, bare, parent, `${parent}/`].filter((path) => path !== '');
  });
}
