/** The Worker and its page in one workerd, reached without a proxy: for tests that need many servers, or a quick start. */
import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Readable } from 'node:stream';
import { fileURLToPath } from 'node:url';
import { build } from 'esbuild';
import { Miniflare } from 'miniflare';
import { buildPage } from '../../scripts/build/page.ts';

const PROJECT = fileURLToPath(new URL('../..', import.meta.url));

/** Where Linux keeps files in memory: ten thousand registrations need not wait for a disk. */
const MEMORY_DISK = '/dev/shm';

/** A registry that runs until it is stopped. */
export interface PageRegistry {
  readonly url: string;
  readonly port: number;
  /** The Worker itself, past whatever serves the files. */
  readonly workerUrl: string;
  stop(): Promise<void>;
}

/** `persistTo` is the folder of what it stores, none if absent; `port` is a free one if absent. */
export async function startPageRegistry(
  options: { vars?: Record<string, string>; persistTo?: string; port?: number } = {},
): Promise<PageRegistry> {
  const { vars = {}, port = 0 } = options;
  const scratch = mkdtempSync(join(existsSync(MEMORY_DISK) ? MEMORY_DISK : tmpdir(), 'rollcall-page-'));
  const { outputFiles } = await build({
    entryPoints: [join(PROJECT, 'src/worker.ts')],
    bundle: true,
    format: 'esm',
    target: 'es2024',
    external: ['cloudflare:*'],
    write: false,
  });
  const miniflare = new Miniflare({
    host: '127.0.0.1',
    port,
    cf: false,
    durableObjectsPersist: options.persistTo ?? scratch,
    name: 'rollcall',
    unsafeDirectSockets: [{ host: '127.0.0.1', port: 0 }],
    modules: [{ type: 'ESModule', path: 'worker.js', contents: outputFiles[0]?.text ?? '' }],
    compatibilityDate: '2026-04-26',
    bindings: { WRITE_ACCESS: 'open', ALLOW_PRIVATE_ENDPOINTS: 'true', RATE_LIMIT: 'off', ...vars },
    durableObjects: { SERVER_REGISTRY: { className: 'ServerRegistry', useSQLite: true } },
    assets: {
      directory: await buildPage(),
      workerName: 'rollcall',
      binding: 'ASSETS',
      routerConfig: { has_user_worker: true, static_routing: { user_worker: ['/'] } },
      assetConfig: {},
    },
    handleRuntimeStdio: (stdout: Readable, stderr: Readable) => {
      stdout.resume();
      stderr.resume();
    },
  });
  const url = await miniflare.ready;
  const stop = async () => {
    await miniflare.dispose();
    rmSync(scratch, { recursive: true, force: true, maxRetries: 5 });
  };
  const { origin: workerUrl } = await miniflare.unsafeGetDirectURL('rollcall');
  return { url: url.origin, port: Number(url.port), workerUrl, stop };
}
