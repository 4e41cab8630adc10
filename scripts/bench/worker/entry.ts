/** The benchmark's own Workers in one module: classes to bind, and the face that goes with what is bound. */
import product from '../../../src/worker.ts';
import { COLLECT_PATH } from './contract.ts';
import { driveOrCall, type DriverEnv } from './driver.ts';
import { answer, type FaceEnv } from './face.ts';

export { BatchInRead, DeleteInLoop } from './cleaning.ts';
export { CountedBatchInRead, CountedDeleteInLoop, CountedRollcall } from './counted.ts';
export { Floor } from './floor.ts';
export { ServerRegistry } from './slow-bucket.ts';

export default {
  fetch(request: Request, env: Env | FaceEnv | DriverEnv, ctx: ExecutionContext) {
    if (isProduct(env)) return isCollection(request) ? collect() : product.fetch(request, env, ctx);
    return isFace(env) ? answer(request, env) : driveOrCall(request, env);
  },
};

function isProduct(env: object): env is Env {
  return 'SERVER_REGISTRY' in env;
}

function isFace(env: object): env is FaceEnv {
  return 'CONTENDER' in env;
}

function isCollection({ url }: Request): boolean {
  return new URL(url).pathname.endsWith(COLLECT_PATH);
}

/** Of the whole isolate, the object's part included. */
function collect(): Response {
  const gc: unknown = Reflect.get(globalThis, 'gc');
  if (typeof gc !== 'function') return new Response('V8 was started without --expose-gc', { status: 500 });
  Reflect.apply(gc, undefined, []);
  return new Response('{}');
}
