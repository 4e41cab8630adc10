/** One request: what its handler gets, its answer, and what the log is told. */
import { ConfigError } from '../config.ts';
import type { Refusal } from '../protocol/refusal.ts';
import { logFailure, logRefusedWrite } from './log.ts';
import { Responder } from './respond.ts';
import { settingsOf, type Settings } from './settings.ts';

let id: DurableObjectId | undefined;

/** Which object serves a request: one, for now. Its id is worked out once, the stub is new: a broken one stays so. */
function registryOf({ SERVER_REGISTRY }: Env) {
  id ??= SERVER_REGISTRY.idFromName('global');
  return SERVER_REGISTRY.get(id);
}

/** The request, the object, and what the configuration makes of the rest. */
export interface Call extends Settings {
  readonly request: Request;
  readonly registry: ReturnType<typeof registryOf>;
}

export type Handler = (call: Call) => Response | Refusal | Promise<Response | Refusal>;

/** Runs a handler; whatever happens, there is an answer. `route` is its name in the log. */
export async function answer(request: Request, env: Env, handler: Handler, route: string): Promise<Response> {
  let result: Response | Refusal;
  try {
    result = await handler({ request, registry: registryOf(env), ...settingsOf(env) });
  } catch (error) {
    result = failed(error, route);
  }
  if (!(result instanceof Response)) {
    if (request.method !== 'GET' && request.method !== 'HEAD') logRefusedWrite(request, route, result);
    return refuse(request, env, result);
  }
  return request.method === 'HEAD' ? headOf(result) : result;
}

/** The answer to a request that is refused. */
export async function refuse(request: Request, env: Env, refusal: Refusal): Promise<Response> {
  const response = responderOf(env).refuse(refusal);
  return request.method === 'HEAD' ? headOf(response) : response;
}

/** Where the variables can't be used, that is what is to be answered. */
function responderOf(env: Env): Responder {
  try {
    return settingsOf(env).respond;
  } catch (error) {
    if (error instanceof ConfigError) return new Responder({ corsOrigin: '*', listMaxAgeS: 0 });
    throw error;
  }
}

function failed(error: unknown, route: string): Refusal {
  if (error instanceof ConfigError) return { kind: 'misconfigured', problem: error.message };
  const incident = crypto.randomUUID();
  logFailure(incident, route, error);
  // The platform marks errors of an object that is overloaded or was reset (developers.cloudflare.com/durable-objects/best-practices/error-handling/).
  const isPassing =
    error instanceof Error &&
    (Reflect.get(error, 'overloaded') === true || Reflect.get(error, 'retryable') === true);
  return isPassing ? { kind: 'unavailable' } : { kind: 'internal', incident };
}

/** [N7] The runtime names the length of a body that it sends, so here it is named for the one it would have sent. */
async function headOf(response: Response): Promise<Response> {
  const { byteLength } = await response.arrayBuffer();
  const headers = new Headers(response.headers);
  if (response.status !== 304) headers.set('Content-Length', String(byteLength));
  return new Response(null, { status: response.status, headers });
}
