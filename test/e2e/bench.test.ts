/** The benchmark runs from end to end. Nothing is asserted about its figures: this machine may be busy. */
import { execFile } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { afterAll, expect, it } from 'vitest';

const PROJECT = fileURLToPath(new URL('../..', import.meta.url));
const SCENARIOS = [
  'list',
  'heartbeat',
  'writes',
  'storage',
  'cost',
  'cold',
  'memory',
  'independence',
  'sweep',
];
const folder = mkdtempSync(join(tmpdir(), 'rollcall-bench-'));

afterAll(() => {
  rmSync(folder, { recursive: true, force: true });
});

it('runs every scenario with --quick, and writes its figures, its page and its charts', async () => {
  const json = join(folder, 'bench.json');
  const html = join(folder, 'bench.html');
  const { stdout } = await promisify(execFile)(
    process.execPath,
    [
      '--import',
      'tsx',
      'scripts/bench/main.ts',
      '--quick',
      '--json',
      json,
      '--html',
      html,
      '--charts',
      folder,
    ],
    { cwd: PROJECT, maxBuffer: 2 ** 24 },
  );
  expect(stdout).toContain('Goals');
  const results: unknown = JSON.parse(readFileSync(json, 'utf8'));
  expect(results).toMatchObject({ profile: 'quick', complete: true });
  const text = JSON.stringify(results);
  for (const scenario of SCENARIOS) expect(text).toContain(`"scenario":"${scenario}"`);
  expect(readFileSync(html, 'utf8')).toContain('<svg');
  expect(readFileSync(join(folder, 'lists.svg'), 'utf8')).toContain('rollcall');
}, 300_000);
