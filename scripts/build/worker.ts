/** Builds the Worker's bundle, the same with what `rollcall start` puts before it, and its settings of wrangler.toml. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { build, type BuildOptions, type Plugin } from 'esbuild';
import { parse } from 'smol-toml';
import { z } from 'zod';
import type { WorkerSettings } from '../../src/cli/start/worker-settings.ts';
import { DIST, PROJECT } from './project.ts';
import { writeWhole } from './write-whole.ts';

/** The part of wrangler.toml that a registry on this machine needs. An unknown section is wrangler's own affair. */
const wranglerToml = z.object({
  name: z.string(),
  compatibility_date: z.string(),
  compatibility_flags: z.array(z.string()).default([]),
  vars: z.record(z.string(), z.string()),
  durable_objects: z.object({ bindings: z.array(z.object({ name: z.string(), class_name: z.string() })) }),
  ratelimits: z
    .array(
      z.object({
        name: z.string(),
        simple: z.object({ limit: z.number(), period: z.union([z.literal(10), z.literal(60)]) }),
      }),
    )
    .default([]),
  assets: z
    .object({
      binding: z.string().optional(),
      run_worker_first: z.union([z.boolean(), z.array(z.string())]).default(false),
      html_handling: z
        .enum(['auto-trailing-slash', 'force-trailing-slash', 'drop-trailing-slash', 'none'])
        .optional(),
      not_found_handling: z.enum(['none', '404-page', 'single-page-application']).optional(),
    })
    .optional(),
});

/** As wrangler bundles for the platform. */
const FOR_WORKERD: BuildOptions = {
  bundle: true,
  format: 'esm',
  target: 'es2024',
  conditions: ['workerd', 'worker', 'browser'],
  mainFields: ['browser', 'module', 'main'],
  external: ['cloudflare:*'],
  keepNames: true,
  write: false,
  logLevel: 'silent',
  absWorkingDir: PROJECT,
};

/** The front imports the Worker's bundle as it is built, beside it. */
const besideTheWorker: Plugin = {
  name: 'beside the worker',
  setup(bundling) {
    bundling.onResolve({ filter: /\/worker\.ts$/ }, () => ({ path: './worker.js', external: true }));
  },
};

const TYPES = `/** The Worker of the registry: what a Worker of your own may export as it is. Its bindings: wrangler.toml. */
declare const worker: { fetch(request: Request, env: never, context: never): Promise<Response> };
export default worker;
export declare const ServerRegistry: new (state: never, env: never) => object;
`;

/** Rejects where the sources don't compile or wrangler.toml lacks something. */
export async function buildWorker(): Promise<void> {
  const [worker, front] = await Promise.all([
    build({ ...FOR_WORKERD, entryPoints: ['src/worker.ts'] }),
    build({ ...FOR_WORKERD, entryPoints: ['src/cli/front/front.ts'], plugins: [besideTheWorker] }),
  ]);
  writeWhole(join(DIST, 'worker.js'), textOf(worker));
  writeWhole(join(DIST, 'worker.d.ts'), TYPES);
  writeWhole(join(DIST, 'front.js'), textOf(front));
  writeWhole(join(DIST, 'worker.json'), `${JSON.stringify(settingsOfToml(), null, 2)}\n`);
}

function settingsOfToml(): WorkerSettings {
  const toml = wranglerToml.parse(parse(readFileSync(join(PROJECT, 'wrangler.toml'), 'utf8')));
  const { assets } = toml;
  return {
    name: toml.name,
    compatibilityDate: toml.compatibility_date,
    compatibilityFlags: toml.compatibility_flags,
    vars: toml.vars,
    objects: Object.fromEntries(
      toml.durable_objects.bindings.map(({ name, class_name: className }) => [name, className]),
    ),
    rateLimits: Object.fromEntries(toml.ratelimits.map(({ name, simple }) => [name, simple])),
    assets:
      assets === undefined
        ? null
        : {
            binding: assets.binding ?? null,
            workerFirst: assets.run_worker_first,
            config: {
              ...(assets.html_handling && { html_handling: assets.html_handling }),
              ...(assets.not_found_handling && { not_found_handling: assets.not_found_handling }),
            },
          },
  };
}

function textOf({ outputFiles }: { outputFiles?: { text: string }[] | undefined }): string {
  const [file] = outputFiles ?? [];
  if (file === undefined) throw new Error('esbuild made no file');
  return file.text;
}
