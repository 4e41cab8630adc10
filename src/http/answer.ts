/** One request → its answer: runs the handler, turns what it refuses or throws into a problem, and tells the log. */
import { ConfigError } from '../config.ts';
import { DEFAULT_LIST } from '../protocol/lists.ts';
import type { Refusal } from '../protocol/refusal.ts';
import { ShardUnavailable } from '../rpc/list-objects.ts';
import { isUnknownCall } from '../rpc/retries.ts';
import { logFailure, logRefusedWrite } from './log.ts';
import { listPathOf } from './parse/path.ts';
import { Responder, withoutBody } from './respond.ts';
import type { Route } from './route.ts';
import { settingsOf, type Settings } from './settings.ts';

/** Runs the handler of a route; whatever happens, there is an answer. */
export function answer(request: Request, env: Env, { method, path, handler, isOfAll }: Route) {
  return withSettings(request, env, async (settings, missing) => {
    if (missing !== undefined && !(isOfAll === true && missing.isImplied))
      return refuseWith(settings, request, missing);
    const { list } = settings;
    const name = `${method} ${path}`;
    let result: Response | Refusal;
    try {
      result = await handler({ request, ...settings });
    } catch (error) {
      result = failed(error, name, list);
    }
    if (result instanceof Response) return request.method === 'HEAD' ? withoutBody(result) : result;
    if (request.method !== 'GET' && request.method !== 'HEAD') logRefusedWrite(request, name, list, result);
    return refuseWith(settings, request, result);
  });
}

/** The answer to a request that is refused before any handler. */
export function refuse(request: Request, env: Env, refusal: Refusal) {
  return withSettings(request, env, (settings, missing) =>
    refuseWith(settings, request, missing !== undefined && !missing.isImplied ? missing : refusal),
  );
}

/** Why the list of a request has no settings of its own. */
type NoSuchList = Extract<Refusal, { readonly kind: 'no-such-list' }>;

/**
 * Gives the settings of the list that the request is about; where there is no such list, those for no list, and the
 * refusal to make of it. Where the variables can't be used, that is what is answered.
 */
export function withSettings<Result>(
  request: Request,
  env: Env,
  use: (settings: Settings, missing?: NoSuchList) => Result,
): Result | Response {
  let all: ReturnType<typeof settingsOf>;
  try {
    all = settingsOf(env);
  } catch (error) {
    if (!(error instanceof ConfigError)) throw error;
    const respond = new Responder({ corsOrigin: '*', listMaxAgeS: 0 });
    return respond.refuse({ kind: 'misconfigured', problem: error.message });
  }
  const { list } = listPathOf(request);
  const name = list ?? DEFAULT_LIST;
  const settings = all.ofList.get(name);
  return settings === undefined
    ? use(all.base, { kind: 'no-such-list', list: name, isImplied: list === null })
    : use(settings);
}

function refuseWith({ respond }: Settings, request: Request, refusal: Refusal): Response | Promise<Response> {
  const response = respond.refuse(refusal);
  return request.method === 'HEAD' ? withoutBody(response) : response;
}

function failed(error: unknown, route: string, list: string): Refusal {
  const incident = crypto.randomUUID();
  logFailure(incident, route, list, error);
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
