import { execFile } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { build } from 'esbuild';
import { expect, it } from 'vitest';

it('a day of announcing leaves less than 80 MB resident and no timers behind', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'rollcall-day-'));
  try {
    const outfile = join(folder, 'day.mjs');
    const entry = fileURLToPath(new URL('announce-a-day.ts', import.meta.url));
    await build({
      entryPoints: [entry],
      outfile,
      bundle: true,
      format: 'esm',
      platform: 'node',
      target: 'node20',
    });
    const { stdout } = await promisify(execFile)(process.execPath, [outfile]);
    const { beats, timers, residentBytes }: Record<string, number> = JSON.parse(stdout);
    // A beat a minute, but for the hour in which the registry was away.
    expect(beats).toBeGreaterThan(1350);
    expect(timers).toBeLessThanOrEqual(4);
    expect(residentBytes).toBeLessThan(80e6);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}, 60_000);
