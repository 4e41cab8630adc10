/**
 * The product in a workerd whose V8 is held to a heap of so many megabytes, as Cloudflare holds an object to its memory.
 * Miniflare has no setting for that, so the runtime is started by a configuration of its own.
 */
import { spawn, type ChildProcess } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { listUrl } from '../../src/client/addresses.ts';
import { DEFAULT_LIST } from '../../src/protocol/lists.ts';
import { compatibilityDate } from '../lib/registry/bundle.ts';
import { LOOPBACK } from '../lib/registry/embedded.ts';
import { freePort } from '../lib/registry/local-registry.ts';
import { Inspector, type HeapUsage } from '../lib/registry/inspector.ts';
import { processMemory } from '../lib/registry/workerd-process.ts';
import { HttpTarget, prefixOf } from './http.ts';
import { COLLECT_PATH } from './worker/contract.ts';

const PACKAGE = 'workerd';
const WORKER = 'product';
const UP_WITHIN_MS = 30_000;
const POLL_EVERY_MS = 30;
const POLL_HEAP_EVERY_MS = 4;
/** A collection takes some ten milliseconds, and the object is to work in between. */
const COLLECT_EVERY_MS = 40;
const LOG_CHARACTERS = 4000;
/** V8 writes a report before it ends the process, which takes seconds on a busy machine. */
const ENDED_WITHIN_MS = 10_000;

export interface LimitedPlan {
  /** The bundle of the benchmark's Workers, which has the product and the collection of garbage. */
  readonly script: string;
  /** What the object stores, and the configuration. Kept when the runtime is stopped. */
  readonly folder: string;
  readonly vars: Readonly<Record<string, string>>;
  /** The one that is asked for. */
  readonly list?: string;
  /** V8's limit on the heap; its own where absent. */
  readonly heapMegabytes?: number;
  /** Beside the environment of this process. */
  readonly environment?: Readonly<Record<string, string>>;
}

/** What a piece of work took at its highest, garbage included. */
export interface Peak {
  readonly heapBytes: number;
  readonly externalBytes: number;
}

/** The heap was too small: V8 ended the process. */
export class OutOfMemoryError extends Error {
  constructor(what: string) {
    super(`the runtime ended while ${what}`);
  }
}

export class LimitedRuntime {
  readonly target: HttpTarget;
  readonly #child: ChildProcess;
  readonly #inspector: Inspector;
  readonly #exit: Exit;

  private constructor(url: URL, child: ChildProcess, inspector: Inspector, exit: Exit) {
    this.target = new HttpTarget(url);
    this.#child = child;
    this.#inspector = inspector;
    this.#exit = exit;
  }

  /** Resolves when the object has answered. @throws OutOfMemoryError where it needs more to load what it finds */
  static async start({
    script,
    folder,
    vars,
    list = DEFAULT_LIST,
    heapMegabytes,
    environment = {},
  }: LimitedPlan): Promise<LimitedRuntime> {
    const [port, inspectorPort] = [await freePort(), await freePort()];
    writeFileSync(join(folder, 'worker.js'), script);
    writeFileSync(
      join(folder, 'config.capnp'),
      configuration(folder, { LISTS: list, ...vars }, port, heapMegabytes),
    );
    const child = spawn(
      workerdPath(),
      ['serve', join(folder, 'config.capnp'), `-i${LOOPBACK}:${inspectorPort}`],
      { stdio: ['ignore', 'pipe', 'pipe'], env: { ...process.env, ...environment } },
    );
    let log = '';
    for (const output of [child.stdout, child.stderr]) {
      output.setEncoding('utf8').on('data', (text: string) => (log = (log + text).slice(-LOG_CHARACTERS)));
    }
    const exit = exitOf(child);
    const url = new URL(listUrl(`http://${LOOPBACK}:${port}`, list));
    const untilMs = performance.now() + UP_WITHIN_MS;
    for (;;) {
      if (exit.hasEnded && /heap|memory/i.test(log)) throw new OutOfMemoryError('loading');
      if (exit.hasEnded || performance.now() > untilMs) {
        child.kill('SIGKILL');
        throw new Error(`workerd did not come up:\n${log}`);
      }
      const isUp = await fetch(`${url.origin}${prefixOf(url)}/stats`).then(
        ({ ok }) => ok,
        () => false,
      );
      if (isUp) break;
      await delay(POLL_EVERY_MS);
    }
    const inspector = await Inspector.open(new URL(`ws://${LOOPBACK}:${inspectorPort}`), WORKER);
    return new LimitedRuntime(url, child, inspector, exit);
  }

  /** Bytes of what is alive: garbage is collected before. */
  async atRest(): Promise<HeapUsage> {
    for (let time = 0; time < 2; time += 1) await this.target.post(COLLECT_PATH, {});
    return this.#inspector.usage();
  }

  /** Bytes that the process has resident; NaN where the system doesn't tell. */
  processBytes(): number {
    return processMemory(this.#child.pid).bytes;
  }

  /**
   * Does a piece of work while memory is watched; `collects`: without the garbage, which is collected before each reading.
   *
   * @throws OutOfMemoryError where it was too much
   */
  async watch(what: string, work: () => Promise<unknown>, collects = false): Promise<Peak> {
    let [heapBytes, externalBytes] = [0, 0];
    const done = new AbortController();
    const watching = async () => {
      while (!done.signal.aborted) {
        if (collects) await this.target.post(COLLECT_PATH, {});
        const usage = await this.#inspector.usage();
        heapBytes = Math.max(heapBytes, usage.heapBytes);
        externalBytes = Math.max(externalBytes, usage.externalBytes);
        await delay(collects ? COLLECT_EVERY_MS : POLL_HEAP_EVERY_MS);
      }
    };
    const watched = watching().catch(() => undefined);
    try {
      await Promise.race([work(), this.#exit.ended]);
      if (this.#exit.hasEnded) throw new OutOfMemoryError(what);
      return { heapBytes, externalBytes };
    } catch (error) {
      // The connection breaks a moment before the process is seen to end.
      await Promise.race([delay(ENDED_WITHIN_MS), this.#exit.ended]);
      throw this.#exit.hasEnded ? new OutOfMemoryError(what) : error;
    } finally {
      done.abort();
      await Promise.race([watched, delay(100)]);
    }
  }

  /** Resolves when the process is gone. */
  async stop(): Promise<void> {
    this.#inspector.close();
    this.#child.kill('SIGTERM');
    await this.#exit.ended;
  }
}

function configuration(
  folder: string,
  vars: Readonly<Record<string, string>>,
  port: number,
  heapMegabytes: number | undefined,
): string {
  const text = (value: string) => JSON.stringify(value);
  const bindings = Object.entries(vars).map(
    ([name, value]) => `(name = ${text(name)}, text = ${text(value)})`,
  );
  bindings.push('(name = "SERVER_REGISTRY", durableObjectNamespace = "ServerRegistry")');
  return `using Workerd = import "/workerd/workerd.capnp";
const config :Workerd.Config = (
  v8Flags = ["--expose-gc"${heapMegabytes === undefined ? '' : `, "--max-heap-size=${heapMegabytes}"`}],
  services = [
    (name = ${text(WORKER)}, worker = .product),
    (name = "disk", disk = (path = ${text(folder)}, writable = true)),
  ],
  sockets = [(name = "http", address = "${LOOPBACK}:${port}", http = (), service = ${text(WORKER)})],
);
const product :Workerd.Worker = (
  modules = [(name = "worker.js", esModule = embed "worker.js")],
  compatibilityDate = ${text(compatibilityDate())},
  bindings = [${bindings.join(', ')}],
  durableObjectNamespaces = [(className = "ServerRegistry", uniqueKey = "registry", enableSql = true)],
  durableObjectStorage = (localDisk = "disk"),
);
`;
}

/** The binary of the runtime that wrangler pins; the main module of its package has the path. */
function workerdPath(): string {
  const found: unknown = createRequire(import.meta.url)(PACKAGE);
  if (typeof found === 'object' && found !== null && 'default' in found) return String(found.default);
  throw new Error('the package workerd names no binary');
}

/** The end of a process. */
interface Exit {
  readonly hasEnded: boolean;
  readonly ended: Promise<void>;
}

function exitOf(child: ChildProcess): Exit {
  let hasEnded = false;
  const ended = new Promise<void>((resolve) => {
    child.once('exit', () => {
      hasEnded = true;
      resolve();
    });
  });
  return {
    ended,
    get hasEnded() {
      return hasEnded;
    },
  };
}
