/** Runs the contenders side by side in one workerd, each reachable on a port of its own with no proxy before it. */
import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Readable } from 'node:stream';
import { Miniflare } from 'miniflare';
import { bundle } from './bundle.ts';
import { HttpTarget } from './http-target.ts';
import { findWorkerds, processorTimeUs } from './processor-time.ts';
import type { CallPlan, DrivePlan } from './worker/contract.ts';

/** Who is measured. */
export type ContenderName =
  'floor' | 'streaming floor' | 'rollcall' | 'delete in the loop' | 'batch in the read';

/** One Worker with one object: a contender in one state. */
export interface WorkerPlan {
  /** Unique in a run; also the driver's binding of its object. */
  readonly name: string;
  readonly contender: ContenderName;
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

const LOOPBACK = '127.0.0.1';
/** Miniflare ends the process on these, before anybody could report what was measured until then. */
const INTERRUPTS = ['SIGINT', 'SIGTERM'] as const;
/**
 * Where Linux keeps files in memory. The disk of this machine is not Cloudflare's, and others use it as well: a commit
 * that waits for it would hold up the whole runtime, for tens of milliseconds, whoever is measured.
 */
const MEMORY_DISK = '/dev/shm';
const COMPATIBILITY_DATE = '2026-04-26';
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
const CLASSES: Readonly<Record<ContenderName, string>> = {
  floor: 'Floor',
  'streaming floor': 'Floor',
  rollcall: 'ServerRegistry',
  'delete in the loop': 'DeleteInLoop',
  'batch in the read': 'BatchInRead',
};
const COUNTED_CLASSES: Readonly<Record<ContenderName, string>> = {
  ...CLASSES,
  rollcall: 'CountedRollcall',
  'delete in the loop': 'CountedDeleteInLoop',
  'batch in the read': 'CountedBatchInRead',
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
    bundle('wrangler.toml', 'worker'),
    bundle('scripts/bench/worker/wrangler.toml', 'entry'),
  ]);
  return { product, bench };
}

/** Starts them; rejects where the runtime does. What they store is in files that go with them. */
export async function startRuntime(bundles: Bundles, plans: readonly WorkerPlan[]): Promise<Runtime> {
  const folder = mkdtempSync(join(existsSync(MEMORY_DISK) ? MEMORY_DISK : tmpdir(), 'rollcall-bench-'));
  const removeFiles = () => {
    rmSync(folder, { recursive: true, force: true });
  };
  process.once('exit', removeFiles);
  const runningBefore = new Set(findWorkerds());
  const listenersBefore = new Set(INTERRUPTS.flatMap((signal) => process.listeners(signal)));
  const miniflare = new Miniflare({
    host: LOOPBACK,
    durableObjectsPersist: folder,
    cf: false,
    inspectorPort: 0,
    inspectorHost: LOOPBACK,
    // Errors reach the script with the answers; the runtime's own log lines would tear the progress bar.
    handleRuntimeStdio: (stdout: Readable, stderr: Readable) => {
      stdout.resume();
      stderr.resume();
    },
    workers: [driverWorker(bundles, plans), ...plans.map((plan) => contenderWorker(bundles, plan))],
  });
  for (const signal of INTERRUPTS) {
    for (const listener of process.listeners(signal)) {
      if (!listenersBefore.has(listener)) process.off(signal, listener);
    }
  }
  await miniflare.ready;
  const pid = findWorkerds().find((found) => !runningBefore.has(found));
  const targets = new Map<string, HttpTarget>();
  for (const name of [DRIVER, ...plans.map((plan) => plan.name)]) {
    targets.set(name, new HttpTarget(await miniflare.unsafeGetDirectURL(name)));
  }
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
      await target(DRIVER).post('/drive', plan);
    },
    call: async (plan) => {
      const answer: unknown = JSON.parse(await target(DRIVER).post('/call', plan));
      return typeof answer === 'object' && answer !== null && 'result' in answer ? answer.result : undefined;
    },
    stop: async () => {
      await miniflare.dispose();
      removeFiles();
      process.off('exit', removeFiles);
    },
  };
}

function contenderWorker(bundles: Bundles, plan: WorkerPlan) {
  const isProduct = plan.contender === 'rollcall';
  const className = plan.counted === true ? COUNTED_CLASSES[plan.contender] : CLASSES[plan.contender];
  const counted = plan.counted === true;
  return {
    ...common(plan.name, isProduct && !counted ? bundles.product : bundles.bench),
    bindings: isProduct
      ? strings({ ...VARS, ...plan.vars })
      : { STREAMS_LISTS: plan.contender === 'streaming floor' },
    durableObjects: {
      [isProduct ? 'SERVER_REGISTRY' : 'CONTENDER']: { className, useSQLite: true },
    },
  };
}

function driverWorker(bundles: Bundles, plans: readonly WorkerPlan[]) {
  const objects = plans.map((plan) => {
    const className = plan.counted === true ? COUNTED_CLASSES[plan.contender] : CLASSES[plan.contender];
    return [plan.name, { className, scriptName: plan.name, useSQLite: true }] as const;
  });
  return { ...common(DRIVER, bundles.bench), durableObjects: Object.fromEntries(objects) };
}

function common(name: string, script: string) {
  return {
    name,
    modules: [{ type: 'ESModule' as const, path: 'worker.js', contents: script }],
    compatibilityDate: COMPATIBILITY_DATE,
    unsafeDirectSockets: [{ host: LOOPBACK, port: 0 }],
  };
}

function strings(values: Readonly<Record<string, number | string>>): Record<string, string> {
  return Object.fromEntries(Object.entries(values).map(([name, value]) => [name, String(value)]));
}
