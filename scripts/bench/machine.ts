/** What the run ran on, for the report. */
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { availableParallelism, cpus, loadavg, totalmem, type as system } from 'node:os';

const require = createRequire(import.meta.url);

/** Names and values, in the order to show them. */
export function describeMachine(): Record<string, string> {
  return {
    processor: `${availableParallelism()} × ${cpus()[0]?.model ?? 'unknown'}`,
    memory: `${Math.round(totalmem() / 2 ** 30)} GiB`,
    system: system(),
    node: process.version,
    workerd: versionOf('workerd'),
    miniflare: versionOf('miniflare'),
    'load before': (loadavg()[0] ?? 0).toFixed(2),
  };
}

function versionOf(name: string): string {
  const manifest: unknown = JSON.parse(readFileSync(require.resolve(`${name}/package.json`), 'utf8'));
  return typeof manifest === 'object' && manifest !== null && 'version' in manifest
    ? String(manifest.version)
    : 'unknown';
}
