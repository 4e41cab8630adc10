/** Builds the command line, and the small script that it starts the runtime by. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { build } from 'esbuild';
import { DIST, PROJECT } from './project.ts';
import { writeWhole } from './write-whole.ts';

/** Rejects where the sources don't compile. */
export async function buildCli(): Promise<void> {
  const { outputFiles } = await build({
    entryPoints: ['src/cli/main.ts'],
    bundle: true,
    format: 'esm',
    target: 'node20',
    platform: 'node',
    // What node_modules has, comes from there.
    packages: 'external',
    write: false,
    logLevel: 'silent',
    absWorkingDir: PROJECT,
  });
  for (const { text } of outputFiles) writeWhole(join(DIST, 'cli.js'), text, 0o755);
  writeWhole(join(DIST, 'workerd.sh'), readFileSync(join(PROJECT, 'src/cli/start/workerd.sh')), 0o755);
}
