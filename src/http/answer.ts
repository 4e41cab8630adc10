/** One request → its answer: runs the handler, turns what it refuses or throws into a problem, and tells the log. */
import { ConfigError } from '../config.ts';
import type { Refusal } from '../protocol/refusal.ts';
import { ShardUnavailable } from '../rpc/list-objects.ts';
import { isUnknownCall } from '../rpc/retries.ts';
import { logFailure, logRefusedWrite } from './log.ts';
import { Responder, withoutBody } from './respond.ts';
import type { Route } from './route.ts';
import { settingsOf, type Settings } from './settings.ts';

/** Runs the handler of a route; whatever happens, there is an answer. */
export function answer(request: Request, env: Env, { method, path, handler }: Route) {
  return withSettings(env, async (settings) => {
    const name = `${method} ${path}`;
    let result: Response | Refusal;
    try {
      result = await handler({ request, ...settings });
    } catch (error) {
      result = failed(error, name);
    }
    if (result instanceof Response) return request.method === 'HEAD' ? withoutBody(result) : result;
    if (request.method !== 'GET' && request.method !== 'HEAD') logRefusedWrite(request, name, result);
    return refuseWith(settings, request, result);
  });
}

/** The answer to a request that is refused before any handler. */
export function refuse(request: Request, env: Env, refusal: Refusal) {
  return withSettings(env, (settings) => refuseWith(settings, request, refusal));
}

/** Where the variables can't be used, that is what is answered. */
export function withSettings<Result>(env: Env, use: (settings: Settings) => Result): Result | Response {
  let settings: Settings;
  try {
    settings = settingsOf(env);
  } catch (error) {
    if (!(error instanceof ConfigError)) throw error;
    const respond = new Responder({ corsOrigin: '*', listMaxAgeS: 0 });
    return respond.refuse({ kind: 'misconfigured', problem: error.message });
  }
  return use(settings);
}

function refuseWith({ respond }: Settings, request: Request, refusal: Refusal): Response | Promise<Response> {
  const response = respond.refuse(refusal);
  return request.method === 'HEAD' ? withoutBody(response) : response;
}

function failed(error: unknown, route: string): Refusal {
  const incident = crypto.randomUUID();
  logFailure(incident, route, error);
  // The platform marks errors of an object that is overloaded or was reset (developers.cloudflare.com/durable-objects/best-practices/error-handling/).
  const isPassing =
    error instanceof Error &&
    (Reflect.get(error, 'overloaded') === true ||
      Reflect.get(error, 'retryable') === true ||
      error instanceof ShardUnavailable ||
      // Minutes after a deploy, the object may still be one that does not know a new call.
      isUnknownCall(error));
  return isPassing ? { kind: 'unavailable' } : { kind: 'internal', incident };
}
