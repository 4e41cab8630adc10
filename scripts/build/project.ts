/** Where things are in this project, and whether what is built is older than its sources. */
import { readdirSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

export const PROJECT = fileURLToPath(new URL('../..', import.meta.url));
export const DIST = join(PROJECT, 'dist');

/** True where one of `outputs` is missing or older than a file in `sources`; all are paths from the project's root. */
export function isStale(outputs: readonly string[], sources: readonly string[]): boolean {
  const builtAtMs = Math.min(...outputs.map((path) => modifiedAtMs(join(PROJECT, path)) ?? 0));
  return sources.some((path) => newestMs(join(PROJECT, path)) > builtAtMs);
}

function newestMs(path: string): number {
  const stats = statSync(path, { throwIfNoEntry: false });
  if (stats === undefined) return 0;
  if (!stats.isDirectory()) return stats.mtimeMs;
  // A folder's own time moves when a file in it goes.
  return Math.max(stats.mtimeMs, ...readdirSync(path).map((name) => newestMs(join(path, name))));
}

function modifiedAtMs(path: string): number | undefined {
  return statSync(path, { throwIfNoEntry: false })?.mtimeMs;
}
