/**
 * `npm run release:fixture`: keeps the Worker of this release as `test/fixtures/releases/<version>.mjs.gz`. Run it when a
 * release is made: the tests of the next one run each side of it against the other side of this one.
 */
import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { PROJECT } from '../lib/registry/bundle.ts';
import { VERSION } from '../../src/version.ts';

const FOLDER = join(PROJECT, 'test/fixtures/releases');

const scratch = mkdtempSync(join(tmpdir(), 'rollcall-release-'));
try {
  const flags = ['deploy', '--dry-run', '--minify', '--outdir', scratch];
  execFileSync(join(PROJECT, 'node_modules/.bin/wrangler'), flags, { cwd: PROJECT, stdio: 'ignore' });
  const bundle = readFileSync(join(scratch, 'worker.js'), 'utf8').replace(
    /^\/\/# sourceMappingURL=.*\n?/m,
    '',
  );
  mkdirSync(FOLDER, { recursive: true });
  const path = join(FOLDER, `${VERSION}.mjs.gz`);
  writeFileSync(path, gzipSync(bundle, { level: 9 }));
  console.log(`${path}: commit it with the release.`);
} finally {
  rmSync(scratch, { recursive: true, force: true });
}
