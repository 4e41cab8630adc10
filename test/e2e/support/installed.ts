/** The package of this project, packed and installed into a folder of its own, as users have it. */
import { execFile } from 'node:child_process';
import { mkdirSync, renameSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { z } from 'zod';
import { PROJECT } from './command.ts';

const run = promisify(execFile);
const packedSchema = z.tuple([
  z.object({ filename: z.string(), files: z.array(z.object({ path: z.string() })) }),
]);

/** The packed package, in the folder that it was installed into. */
export const TARBALL = 'rollcall.tgz';

/** Packs, which builds, and installs into `folder`, which is made. Resolves with the files that are in the package. */
export async function installPackage(
  folder: string,
  beside: Readonly<Record<string, string>>,
): Promise<string[]> {
  mkdirSync(folder, { recursive: true });
  const { stdout } = await run('npm', ['pack', '--json', '--pack-destination', folder], { cwd: PROJECT });
  // What the build says comes before.
  const [{ filename, files }] = packedSchema.parse(JSON.parse(stdout.slice(stdout.indexOf('[\n'))));
  renameSync(join(folder, filename), join(folder, TARBALL));
  const dependencies = { rollcall: `file:${TARBALL}`, ...beside };
  writeFileSync(
    join(folder, 'package.json'),
    JSON.stringify({ private: true, type: 'module', dependencies }),
  );
  await run('npm', ['install', '--no-audit', '--no-fund', '--prefer-offline'], { cwd: folder });
  return files.map(({ path }) => path);
}
