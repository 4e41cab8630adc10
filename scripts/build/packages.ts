/** Builds what the package offers to programs: the client, its one file for browsers, the protocol, and their types. */
import { execFile } from 'node:child_process';
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join, relative } from 'node:path';
import { promisify } from 'node:util';
import { build, type BuildOptions, type Plugin } from 'esbuild';
import { DIST, PROJECT } from './project.ts';
import { writeWhole } from './write-whole.ts';

const run = promisify(execFile);

const LIBRARY: BuildOptions = {
  bundle: true,
  format: 'esm',
  target: 'es2022',
  platform: 'neutral',
  external: ['zod'],
  logLevel: 'silent',
  absWorkingDir: PROJECT,
};

/** What only Node needs takes half a kilobyte, which every page would load. */
const WITHOUT_NODE: Plugin = {
  name: 'without-node',
  setup(plugin) {
    const path = join(PROJECT, 'src/client/without-node.ts');
    plugin.onResolve({ filter: /\/(unpaused-fetch|unreferenced-socket)\.ts$/ }, () => ({ path }));
  },
};

/** Rejects where the sources don't compile. */
export async function buildPackages(): Promise<void> {
  await Promise.all([
    build({ ...LIBRARY, entryPoints: ['src/client/client.ts'], outfile: join(DIST, 'client.js') }),
    build({
      ...LIBRARY,
      entryPoints: ['src/client/client.ts'],
      outfile: join(DIST, 'client.min.js'),
      minify: true,
      plugins: [WITHOUT_NODE],
    }),
    build({ ...LIBRARY, entryPoints: ['src/protocol/protocol.ts'], outfile: join(DIST, 'protocol.js') }),
    buildTypes(),
  ]);
}

/** Only the declarations that the two entries lead to, each naming the others as they are called in the package. */
async function buildTypes(): Promise<void> {
  const folder = mkdtempSync(join(tmpdir(), 'rollcall-types-'));
  try {
    const flags = ['--noEmit', 'false', '--declaration', '--emitDeclarationOnly', '--outDir', folder];
    await run(
      join(PROJECT, 'node_modules/.bin/tsc'),
      ['-p', 'src/client', ...flags, '--rootDir', join(PROJECT, 'src')],
      { cwd: PROJECT },
    );
    const reached = new Set<string>();
    for (const entry of ['client/client.d.ts', 'protocol/protocol.d.ts']) reach(folder, entry, reached);
    rmSync(join(DIST, 'types'), { recursive: true, force: true });
    for (const path of reached) {
      const text = readFileSync(join(folder, path), 'utf8').replaceAll(
        /(['"]\.[^'"]*)\.ts(['"])/g,
        '$1.js$2',
      );
      writeWhole(join(DIST, 'types', path), text);
    }
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

function reach(folder: string, path: string, reached: Set<string>): void {
  if (reached.has(path)) return;
  if (!readdirSync(join(folder, dirname(path))).includes(path.slice(dirname(path).length + 1))) {
    throw new Error(`tsc made no ${path}`);
  }
  reached.add(path);
  for (const [, name = ''] of readFileSync(join(folder, path), 'utf8').matchAll(/['"](\.[^'"]*)\.ts['"]/g)) {
    reach(folder, relative(folder, join(folder, dirname(path), `${name}.d.ts`)), reached);
  }
}
