/** Builds the page for people, where this project has one. */
import { execFile } from 'node:child_process';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { PROJECT } from './project.ts';

const SCRIPT = join(PROJECT, 'scripts/build/page.ts');

export const PAGE_SOURCES = ['src/page', 'src/client', 'src/protocol', 'scripts/build/page.ts'];
export const hasPage = existsSync(SCRIPT);

/** Rejects where its sources don't compile. */
export async function buildPageIfThere(): Promise<void> {
  if (hasPage) await promisify(execFile)(process.execPath, ['--import', 'tsx', SCRIPT], { cwd: PROJECT });
}
