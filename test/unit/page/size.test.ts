/** What a visitor has to load: every script of the page, the map's too, compressed as the platform serves it. */
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { expect, test } from 'vitest';
import { buildPage } from '../../../scripts/build/page.ts';

const SCRIPTS_AT_MOST = 70_000;

test('all scripts together are under 70 kB compressed', async () => {
  const folder = join(await buildPage(), 'assets');
  const sizes = readdirSync(folder)
    .filter((name) => name.endsWith('.js'))
    .map((name) => gzipSync(readFileSync(join(folder, name))).byteLength);
  expect(sizes.length).toBeGreaterThan(1);
  expect(sizes.reduce((sum, bytes) => sum + bytes, 0)).toBeLessThan(SCRIPTS_AT_MOST);
});
