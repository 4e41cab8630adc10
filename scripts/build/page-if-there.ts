/** Builds the page for people, where this project has one. */
import { execFile } from 'node:child_process';
import { existsSync, utimesSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { PROJECT } from './project.ts';

const SCRIPT = join(PROJECT, 'scripts/build/page.ts');

export const PAGE_SOURCES = [
  'src/page',
  'src/client',
  'src/protocol',
  'scripts/build/page.ts',
  'scripts/build/land.ts',
];
export const PAGE = 'dist/page/index.html';
export const hasPage = existsSync(SCRIPT);

/** Rejects where its sources don't compile. */
export async function buildPageIfThere(): Promise<void> {
  if (!hasPage) return;
  await promisify(execFile)(process.execPath, ['--import', 'tsx', SCRIPT], { cwd: PROJECT });
  // The build leaves a file alone that is right already, so its time says nothing of when that was found.
  const now = new Date();
  utimesSync(join(PROJECT, PAGE), now, now);
}
