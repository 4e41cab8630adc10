/** Bundles in workerd by way of Miniflare, with no proxy before them: what is killed, fuzzed and measured runs so. */
import { createInterface } from 'node:readline';
import type { Readable } from 'node:stream';
import { Miniflare } from 'miniflare';
import { compatibilityDate } from './bundle.ts';

export const LOOPBACK = '127.0.0.1';

/** One Worker: a bundled module, its variables, and its objects (binding → class, and the Worker that has it). */
export interface EmbeddedWorker {
  readonly script: string;
  readonly bindings: Readonly<Record<string, string | boolean>>;
  readonly objects: Readonly<Record<string, { readonly className: string; readonly scriptName?: string }>>;
  readonly name?: string;
}

export interface EmbeddedOptions {
  readonly workers: readonly [EmbeddedWorker, ...EmbeddedWorker[]];
  /** Folder for what the objects store; if absent, it is gone with the runtime. */
  readonly persistTo?: string;
  /** Port of the first Worker; if absent, each has a port of its own: see `Miniflare.unsafeGetDirectURL`. */
  readonly port?: number;
  /** Whether the runtime's inspector listens. */
  readonly inspector?: boolean;
  /** Each line that the runtime prints. */
  readonly printed: (line: string) => void;
}

/** The product as wrangler.toml has it, with the variables `vars`. */
export function product(script: string, vars: Readonly<Record<string, string>>): EmbeddedWorker {
  return { script, bindings: vars, objects: { SERVER_REGISTRY: { className: 'ServerRegistry' } } };
}

/** Starts them. `ready` of what this returns rejects where the runtime does not come up. */
export function startMiniflare(options: EmbeddedOptions): Miniflare {
  const { workers, persistTo, port, inspector = false, printed } = options;
  const isDirect = port === undefined;
  const [first, ...others] = workers;
  return new Miniflare({
    host: LOOPBACK,
    cf: false,
    ...(port !== undefined && { port }),
    ...(persistTo !== undefined && { durableObjectsPersist: persistTo }),
    ...(inspector && { inspectorPort: 0, inspectorHost: LOOPBACK }),
    handleRuntimeStdio(stdout: Readable, stderr: Readable) {
      for (const input of [stdout, stderr]) createInterface({ input }).on('line', printed);
    },
    workers: [workerOptions(first, isDirect), ...others.map((worker) => workerOptions(worker, isDirect))],
  });
}

function workerOptions({ name, script, bindings, objects }: EmbeddedWorker, isDirect: boolean) {
  return {
    ...(name !== undefined && { name }),
    modules: [{ type: 'ESModule' as const, path: 'worker.js', contents: script }],
    compatibilityDate: compatibilityDate(),
    bindings: { ...bindings },
    durableObjects: Object.fromEntries(
      Object.entries(objects).map(([binding, object]) => [binding, { ...object, useSQLite: true }]),
    ),
    // As in wrangler.toml; asked only where RATE_LIMIT is on.
    ratelimits: {
      WRITES_PER_ADDRESS: { simple: { limit: 100, period: 10 } },
      WRITES_PER_SERVER: { simple: { limit: 20, period: 10 } },
    },
    ...(isDirect && { unsafeDirectSockets: [{ host: LOOPBACK, port: 0 }] }),
  };
}
