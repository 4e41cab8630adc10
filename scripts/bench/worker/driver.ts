/**
 * The driver: a Worker that calls objects directly, with no HTTP between. It does not measure: the runtime's clock
 * has a resolution of 1 ms, so the script outside times a whole batch of calls.
 */
import { DEFAULT_OBJECT } from '../../../src/rpc/place.ts';
import { entryAt, pageOfRegion, type ArgumentKind, type CallPlan, type DrivePlan } from './contract.ts';

/** The driver's bindings by name, as each run of the runtime gives them. */
export type DriverEnv = Readonly<Record<string, DurableObjectNamespace | undefined>>;

/** `POST /drive` repeats a call as a `DrivePlan` says; `POST /call` makes one and answers its result as JSON. */
export async function driveOrCall(request: Request, env: DriverEnv): Promise<Response> {
  const { pathname } = new URL(request.url);
  if (pathname === '/call') {
    const plan = await request.json<CallPlan>();
    const result: unknown = await methodOf(env, plan)(plan.args);
    return Response.json({ result: result ?? null });
  }
  await drive(env, await request.json<DrivePlan>());
  return new Response(null, { status: 204 });
}

type Target = Pick<CallPlan, 'binding' | 'object' | 'method'>;

async function drive(env: DriverEnv, plan: DrivePlan): Promise<void> {
  const call = methodOf(env, plan);
  let next = 0;
  const worker = async () => {
    while (next < plan.calls) {
      const index = plan.from + (next % plan.ids);
      next += 1;
      await call(plan.argument === 'given' ? (plan.given ?? []) : argumentsFor(plan.argument, index));
    }
  };
  await Promise.all(Array.from({ length: plan.concurrency }, worker));
}

function methodOf(env: DriverEnv, { binding, object = DEFAULT_OBJECT, method }: Target) {
  const namespace = env[binding];
  if (namespace === undefined) throw new Error(`the driver has no binding ${binding}`);
  const stub = namespace.getByName(object);
  const call: unknown = Reflect.get(stub, method);
  if (typeof call !== 'function') throw new Error(`${binding} has no method ${method}`);
  return (args: readonly unknown[]): unknown => Reflect.apply(call, stub, args);
}

function argumentsFor(kind: Exclude<ArgumentKind, 'given'>, index: number): readonly unknown[] {
  switch (kind) {
    case 'none':
      return [];
    case 'id':
      return [entryAt(index).serverId];
    case 'quiet-heartbeat':
      return [entryAt(index).serverId, false];
    case 'peers-heartbeat':
      return [entryAt(index).serverId, true];
    // Behind a rank of its own, which is before every entry: the same page by a question that was never asked.
    case 'fresh-page':
      return [JSON.stringify(pageOfRegion(-1 - index)), null];
    case 'registration':
      return [{ ...entryAt(index), metadata: null }];
  }
}
