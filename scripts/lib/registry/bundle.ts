/** Bundles a Worker exactly as `wrangler deploy` would, without deploying it, and says what runtime it is for. */
import { execFile } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';

/** The project's root. */
export const PROJECT = fileURLToPath(new URL('../../..', import.meta.url));
const run = promisify(execFile);

/**
 * The one JavaScript module that wrangler makes of a Worker. `config` is the path of its wrangler.toml from the
 * project's root; `entry` is the file name of its main module without its extension.
 */
export async function bundle(config: string, entry: string): Promise<string> {
  const folder = mkdtempSync(join(tmpdir(), 'rollcall-bundle-'));
  try {
    await run(
      join(PROJECT, 'node_modules/.bin/wrangler'),
      ['deploy', '--dry-run', '--config', config, '--outdir', folder],
      {
        cwd: PROJECT,
        env: { ...process.env, WRANGLER_SEND_METRICS: 'false', WRANGLER_LOG_PATH: folder, CI: '1' },
      },
    );
    return readFileSync(join(folder, `${entry}.js`), 'utf8');
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

/** Read as text, because importing wrangler has it end the whole process, with 0, on Ctrl-C. */
export function compatibilityDate(): string {
  const config = readFileSync(join(PROJECT, 'wrangler.toml'), 'utf8');
  const date = /^compatibility_date = "([^"]+)"/m.exec(config)?.[1];
  if (date === undefined) throw new Error('wrangler.toml has no compatibility_date');
  return date;
}
