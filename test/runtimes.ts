/** Programs that tests run and that not every machine has: Debian packages, which `.ci/run` installs. */
import { existsSync } from 'node:fs';
import { delimiter, join } from 'node:path';
import { env } from 'node:process';

/**
 * Whether every program is on the PATH. Where one isn't, the tests that need it are skipped by name; with
 * `REQUIRE_RUNTIMES` in the environment, as in `.ci/run`, that is an error instead.
 */
export function hasPrograms(...names: readonly string[]): boolean {
  const missing = names.filter((name) => !isOnPath(name));
  if (missing.length === 0) return true;
  if (env['REQUIRE_RUNTIMES'] === undefined) return false;
  throw new Error(`REQUIRE_RUNTIMES is set, but the PATH has no ${missing.join(', ')}: see .ci/run`);
}

function isOnPath(name: string): boolean {
  return (env['PATH'] ?? '').split(delimiter).some((folder) => existsSync(join(folder, name)));
}
