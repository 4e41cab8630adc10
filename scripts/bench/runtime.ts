/** Runs the contenders side by side in one workerd, each reachable on a port of its own with no proxy before it. */
import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { listUrl } from '../../src/client/addresses.ts';
import { objectName } from '../../src/rpc/place.ts';
import { bundle } from '../lib/registry/bundle.ts';
import { startMiniflare, type EmbeddedWorker } from '../lib/registry/embedded.ts';
import { bundleProduct } from '../lib/registry/local-registry.ts';
import { HttpTarget } from './http.ts';
import { findWorkerds, processorTimeUs } from '../lib/registry/workerd-process.ts';
import type { CallPlan, DrivePlan, ListSource } from './worker/contract.ts';

/** Who is measured. */
export type ContenderName =
  | 'floor'
  | 'streaming floor'
  | 'bare Worker'
  | 'nginx'
  | 'rollcall'
  | 'release before'
  | 'delete in the loop'
  | 'batch in the read';

/** Who runs inside the runtime. */
export type WorkerContender = Exclude<ContenderName, 'nginx'>;

/** One Worker with one object: a contender in one state. */
export interface WorkerPlan {
  /** Unique in a run; also the driver's binding of its object. */
  readonly name: string;
  readonly contender: WorkerContender;
  /** With its storage calls counted, for everything but timing. */
  readonly counted?: boolean;
  /** The product's variables that differ from wrangler.toml. */
  readonly vars?: Readonly<Record<string, number>>;
}

/** The Workers of a run, and the driver that reaches all their objects. */
export interface Runtime {
  /** The Worker of this name. */
  target(name: string): HttpTarget;
  /** Repeats calls on an object from inside the runtime; resolves when all are done. */
  drive(plan: DrivePlan): Promise<void>;
  /** One call on an object from inside the runtime. */
  call(plan: CallPlan): Promise<unknown>;
  /** Microseconds of processor time that the runtime has used; NaN where the system doesn't tell. */
  processorTimeUs(): number;
  /** Where the runtime's inspector listens. */
  readonly inspectorUrl: URL;
  stop(): Promise<void>;
}

/** Miniflare ends the process on these, before anybody could report what was measured until then. */
const INTERRUPTS = ['SIGINT', 'SIGTERM'] as const;
/**
 * Where Linux keeps files in memory. The disk of this machine is not Cloudflare's, and others use it as well: a commit
 * that waits for it would hold up the whole runtime, for tens of milliseconds, whoever is measured.
 */
export const MEMORY_DISK = '/dev/shm';
/** As wrangler.toml has them, but for the leases, which outlive the run unless a scenario says otherwise. */
const VARS: Readonly<Record<string, number | string>> = {
  SERVER_TTL_MS: 3_600_000,
  HEARTBEAT_INTERVAL_MS: 60_000,
  SWEEP_INTERVAL_MS: 60_000,
  CHECKPOINT_INTERVAL_MS: 60_000,
  SNAPSHOT_MAX_AGE_MS: 1000,
  MAX_SERVERS: 100_000,
  WRITE_ACCESS: 'open',
  // All the load comes from one address, which the limit would refuse.
  RATE_LIMIT: 'off',
  CORS_ORIGIN: '*',
};
const CLASSES: Readonly<Record<WorkerContender, string>> = {
  floor: 'Floor',
  'streaming floor': 'Floor',
  'bare Worker': 'Floor',
  rollcall: 'ServerRegistry',
  'release before': 'ServerRegistry',
  'delete in the loop': 'DeleteInLoop',
  'batch in the read': 'BatchInRead',
};
const COUNTED_CLASSES: Readonly<Record<WorkerContender, string>> = {
  ...CLASSES,
  rollcall: 'CountedRollcall',
  'delete in the loop': 'CountedDeleteInLoop',
  'batch in the read': 'CountedBatchInRead',
};
/** Where those get their lists whose Worker is the bare one; the others' comes over RPC. */
const LISTS_FROM: Readonly<Partial<Record<WorkerContender, ListSource>>> = {
  'streaming floor': 'stream',
  'bare Worker': 'worker',
};
const DRIVER = 'driver';

/** The two modules that every run is made of. */
export interface Bundles {
  readonly product: string;
  readonly bench: string;
}

/** Bundles the product as for deployment, and the benchmark's own Workers the same way. */
export async function makeBundles(): Promise<Bundles> {
  const [product, bench] = await Promise.all([
    bundleProduct(),
    bundle('scripts/bench/worker/wrangler.toml', 'entry'),
  ]);
  return { product, bench };
}

/**
 * Starts them; rejects where the runtime does. What they store is in files that go with them. `list` is the one of the
 * product that they are asked for.
 */
export async function startRuntime(
  bundles: Bundles,
  plans: readonly WorkerPlan[],
  list: string,
): Promise<Runtime> {
  const folder = mkdtempSync(join(existsSync(MEMORY_DISK) ? MEMORY_DISK : tmpdir(), 'rollcall-bench-'));
  const removeFiles = () => {
    rmSync(folder, { recursive: true, force: true });
  };
  process.once('exit', removeFiles);
  const runningBefore = new Set(findWorkerds());
  const listenersBefore = new Set(INTERRUPTS.flatMap((signal) => process.listeners(signal)));
  const miniflare = startMiniflare({
    workers: [driverWorker(bundles, plans), ...plans.map((plan) => contenderWorker(bundles, plan, list))],
    persistTo: folder,
    inspector: true,
    // Errors reach the script with the answers; the runtime's own log lines would tear the progress bar.
    printed: () => undefined,
  });
  for (const signal of INTERRUPTS) {
    for (const listener of process.listeners(signal)) {
      if (!listenersBefore.has(listener)) process.off(signal, listener);
    }
  }
  await miniflare.ready;
  const pid = findWorkerds().find((found) => !runningBefore.has(found));
  const targets = new Map<string, HttpTarget>();
  targets.set(DRIVER, new HttpTarget(await miniflare.unsafeGetDirectURL(DRIVER)));
  const objects = new Map<string, string>();
  for (const plan of plans) {
    const url = await miniflare.unsafeGetDirectURL(plan.name);
    targets.set(plan.name, new HttpTarget(isProduct(plan) ? new URL(listUrl(url, list)) : url));
    if (isProduct(plan)) objects.set(plan.name, objectName({ list, shard: 0 }));
  }
  const named = <Plan extends { readonly binding: string }>(plan: Plan) => {
    const object = objects.get(plan.binding);
    return object === undefined ? plan : { ...plan, object };
  };
  const target = (name: string) => {
    const found = targets.get(name);
    if (found === undefined) throw new Error(`no Worker is called ${name}`);
    return found;
  };
  return {
    target,
    processorTimeUs: () => processorTimeUs(pid),
    inspectorUrl: await miniflare.getInspectorURL(),
    drive: async (plan) => {
      await target(DRIVER).post('/drive', named(plan));
    },
    call: async (plan) => {
      const answer: unknown = JSON.parse(await target(DRIVER).post('/call', named(plan)));
      return typeof answer === 'object' && answer !== null && 'result' in answer ? answer.result : undefined;
    },
    stop: async () => {
      await miniflare.dispose();
      removeFiles();
      process.off('exit', removeFiles);
    },
  };
}

function contenderWorker(bundles: Bundles, plan: WorkerPlan, list: string): EmbeddedWorker {
  const { name, contender, counted = false, vars } = plan;
  const isOurs = isProduct(plan);
  const given: typeof VARS = { ...VARS, LISTS: list, ...vars };
  const bindings = Object.entries(given).map(([key, value]) => [key, String(value)] as const);
  return {
    name,
    script: isOurs && !counted ? bundles.product : bundles.bench,
    bindings: isOurs ? Object.fromEntries(bindings) : { LISTS_FROM: LISTS_FROM[contender] ?? 'rpc' },
    objects: { [isOurs ? 'SERVER_REGISTRY' : 'CONTENDER']: { className: classOf(plan) } },
  };
}

function isProduct({ contender }: WorkerPlan): boolean {
  return contender === 'rollcall';
}

function driverWorker(bundles: Bundles, plans: readonly WorkerPlan[]): EmbeddedWorker {
  const objects = plans.map(
    (plan) => [plan.name, { className: classOf(plan), scriptName: plan.name }] as const,
  );
  return { name: DRIVER, script: bundles.bench, bindings: {}, objects: Object.fromEntries(objects) };
}

function classOf({ contender, counted = false }: WorkerPlan): string {
  return (counted ? COUNTED_CLASSES : CLASSES)[contender];
}
