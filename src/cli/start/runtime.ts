/** The runtime: workerd through Miniflare, with a socket of its own that requests reach without a proxy. */
import { createRequire } from 'node:module';
import type { Readable } from 'node:stream';
import type * as MiniflareModule from 'miniflare';
import type { Miniflare, WorkerOptions } from 'miniflare';
import { CommandError, EXIT } from '../exit-codes.ts';
import type { DataFolder } from './data-folder.ts';
import { putInFolder } from './list-folder.ts';
import type { StartPlan } from './plan.ts';
import type { Shipped } from './shipped.ts';

const SIGNALS = ['SIGINT', 'SIGTERM'] as const;
const ENTRY = 'Front';
/** The name of the page's files where wrangler.toml gives them none. */
const FILES = 'FRONT_FILES';

export interface Runtime {
  /** Rejects where not everything acknowledged could be saved within `withinMs`. No more writes are taken. */
  save(withinMs: number): Promise<void>;
  /** Ends it at once; resolves when no process of it is left. */
  end(): Promise<void>;
  /** Resolves when it ends by itself. */
  readonly ended: Promise<void>;
}

/** Where it keeps things: the registry, and the list as files where that is wanted. */
export interface Folders {
  readonly data: DataFolder;
  readonly files: string | undefined;
}

/** Where its output goes, line by line. */
export type OnOutput = (stdout: Readable, stderr: Readable) => void;

/** Starts it; rejects with a `CommandError` where Miniflare isn't installed or workerd can't start. */
export async function startRuntime(
  plan: StartPlan,
  { data, files }: Folders,
  shipped: Shipped,
  onOutput: OnOutput,
): Promise<Runtime> {
  const { module, workerd } = await load();
  trustNoHeaderOfTheEdge(module);
  // Read by Miniflare when it starts workerd, and by the script that it then starts instead.
  if (process.platform !== 'win32') {
    process.env['MINIFLARE_WORKERD_PATH'] = shipped.launcher;
    process.env['ROLLCALL_WORKERD'] = workerd;
    process.env['ROLLCALL_RUNTIME_PID'] = data.runtimeFile;
  }
  const listenersBefore = new Set(SIGNALS.flatMap((signal) => process.listeners(signal)));
  const miniflare = new module.Miniflare({
    host: '127.0.0.1',
    // No look-up of where this machine is.
    cf: false,
    log: new module.NoOpLog(),
    durableObjectsPersist: data.objects,
    handleRuntimeStdio: onOutput,
    workers: [workerOf(plan, shipped, module, files)],
  });
  // It would end this process at once, before anything is saved.
  for (const signal of SIGNALS) {
    for (const listener of process.listeners(signal)) {
      if (!listenersBefore.has(listener)) process.off(signal, listener);
    }
  }
  try {
    await miniflare.ready;
    return runtimeOf(miniflare, await openControl(miniflare));
  } catch (error) {
    await miniflare.dispose().catch(() => undefined);
    const reason = error instanceof Error ? error.message : String(error);
    throw new CommandError(`The runtime could not be started: ${reason}`, EXIT.failed, error);
  }
}

async function load() {
  try {
    return { module: await import('miniflare'), workerd: pathOf(createRequire(import.meta.url)('workerd')) };
  } catch (error) {
    throw new CommandError(
      'The runtime is not installed: miniflare and workerd are optional dependencies, and this platform or `npm install --omit=optional` left them out.',
      EXIT.unusable,
      error,
    );
  }
}

/** All that the package `workerd` exports: where its binary is. It has no types. */
function pathOf(exported: unknown): string {
  const path =
    typeof exported === 'object' && exported !== null && 'default' in exported ? exported.default : null;
  if (typeof path === 'string') return path;
  throw new TypeError('the package workerd does not say where its binary is');
}

/**
 * Miniflare has workerd take where a request comes from out of the header `MF-CF-Blob`, which anybody can send. Without
 * a name for that header workerd says itself who the peer is.
 */
function trustNoHeaderOfTheEdge({ CoreHeaders }: typeof MiniflareModule): void {
  Reflect.set(CoreHeaders, 'CF_BLOB', undefined);
}

function isRateLimited({ lists }: StartPlan): boolean {
  return [...lists.configs.values()].some(({ rateLimit }) => rateLimit);
}

function workerOf(
  plan: StartPlan,
  shipped: Shipped,
  { kCurrentWorker, Response }: typeof MiniflareModule,
  listFiles: string | undefined,
): WorkerOptions {
  const { settings, page } = shipped;
  const objects = Object.entries(settings.objects).map(
    ([binding, className]) => [binding, { className, useSQLite: true }] as const,
  );
  const limits = Object.entries(settings.rateLimits).map(
    ([binding, simple]) => [binding, { simple }] as const,
  );
  const filesBinding = settings.assets?.binding ?? FILES;
  const front = {
    paths: page?.paths ?? [],
    workerFirst: settings.assets?.workerFirst ?? false,
    trustedProxy: plan.trustedProxy,
    needsAddress: plan.trustedProxy !== '' || isRateLimited(plan),
    filesBinding: page === null ? null : filesBinding,
  };
  const control = { name: kCurrentWorker, entrypoint: 'Control' };
  const listFolder =
    listFiles !== undefined &&
    (async (request: MiniflareModule.Request) => {
      const { status, text } = await putInFolder(listFiles, request);
      return new Response(text, { status });
    });
  return {
    name: settings.name,
    modules: [
      { type: 'ESModule', path: 'front.js', contents: shipped.front },
      { type: 'ESModule', path: 'worker.js', contents: shipped.worker },
    ],
    compatibilityDate: settings.compatibilityDate,
    compatibilityFlags: settings.compatibilityFlags,
    bindings: { ...plan.vars, FRONT: front },
    durableObjects: Object.fromEntries(objects),
    ratelimits: Object.fromEntries(limits),
    // To its own entry: the default one leads through two more Workers, where there are files, at a third of the pace.
    unsafeDirectSockets: [{ host: plan.address, port: plan.port, entrypoint: ENTRY }],
    serviceBindings: { CONTROL: control, ...(listFolder && { LIST_FOLDER: listFolder }) },
    ...(page !== null && {
      assets: {
        directory: page.folder,
        workerName: settings.name,
        binding: filesBinding,
        routerConfig: { has_user_worker: true },
        assetConfig: settings.assets?.config ?? {},
      },
    }),
  };
}

type ControlSocket = Awaited<ReturnType<typeof openControl>>;

/** Held open for as long as the runtime runs: each end learns by it that the other is gone. */
async function openControl(miniflare: Miniflare) {
  const { CONTROL } = await miniflare.getBindings<{ CONTROL: Awaited<ReturnType<Miniflare['getWorker']>> }>();
  const { webSocket } = await CONTROL.fetch('http://control/', { headers: { Upgrade: 'websocket' } });
  if (webSocket === null) throw new Error('it has no control socket');
  webSocket.accept();
  return webSocket;
}

function runtimeOf(miniflare: Miniflare, control: ControlSocket): Runtime {
  const ended = new Promise<void>((resolve) => {
    control.addEventListener('close', () => {
      resolve();
    });
    control.addEventListener('error', () => {
      resolve();
    });
  });
  return {
    ended,
    save: (withinMs) => askToSave(control, ended, withinMs),
    end: async () => {
      await miniflare.dispose();
    },
  };
}

function askToSave(control: ControlSocket, ended: Promise<void>, withinMs: number): Promise<void> {
  return new Promise((resolve, reject) => {
    const timer = setTimeout(() => {
      reject(new Error(`the registry did not finish within ${withinMs} ms`));
    }, withinMs);
    const fail = () => {
      clearTimeout(timer);
      reject(new Error('the runtime ended by itself'));
    };
    void ended.then(fail);
    control.addEventListener('message', ({ data }) => {
      clearTimeout(timer);
      if (data === 'saved') resolve();
      else reject(new Error(typeof data === 'string' ? data : 'it answered something else'));
    });
    control.send('save');
  });
}
