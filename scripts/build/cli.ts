/** Builds the command line, and the small script that it starts the runtime by. */
import { readdirSync, readFileSync, rmSync } from 'node:fs';
import { basename, join } from 'node:path';
import { build } from 'esbuild';
import { z } from 'zod';
import { DIST, PROJECT } from './project.ts';
import { writeWhole } from './write-whole.ts';

/** Where the command line is built: in parts, of which a command loads those that it needs. */
export const CLI_ENTRY = 'dist/cli/main.js';

/** Rejects where the sources don't compile. */
export async function buildCli(): Promise<void> {
  const folder = join(DIST, 'cli');
  const { outputFiles } = await build({
    entryPoints: ['src/cli/main.ts'],
    outdir: folder,
    bundle: true,
    splitting: true,
    format: 'esm',
    target: 'node20',
    platform: 'node',
    external: installedWithThePackage(),
    write: false,
    logLevel: 'silent',
    absWorkingDir: PROJECT,
    chunkNames: 'part-[hash]',
  });
  const names = new Set(outputFiles.map(({ path }) => basename(path)));
  // The entry last: it names the others, and is what tells that the build is whole.
  for (const { path, contents } of outputFiles.toReversed())
    writeWhole(path, contents, path.endsWith('main.js') ? 0o755 : 0o644);
  for (const name of readdirSync(folder)) if (!names.has(name)) rmSync(join(folder, name));
  writeWhole(join(DIST, 'workerd.sh'), readFileSync(join(PROJECT, 'src/cli/start/workerd.sh')), 0o755);
}

/** Everything else goes into the bundle, so that an install brings only these. */
function installedWithThePackage(): string[] {
  const { dependencies, optionalDependencies, peerDependencies } = dependenciesOf.parse(
    JSON.parse(readFileSync(join(PROJECT, 'package.json'), 'utf8')),
  );
  return Object.keys({ ...dependencies, ...optionalDependencies, ...peerDependencies });
}

const versions = z.record(z.string(), z.string());
const dependenciesOf = z.object({
  dependencies: versions,
  optionalDependencies: versions,
  peerDependencies: versions,
});
