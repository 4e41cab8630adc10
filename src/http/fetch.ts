/** One request: find its route, run its handler, answer, and write into the log what went wrong. */
import { ConfigError } from '../config.ts';
import type { Refusal } from '../protocol/refusal.ts';
import { registryOf } from './call.ts';
import { logFailure, logRefusedWrite } from './log.ts';
import { Responder } from './respond.ts';
import { allowOf, handlerOf, routeOf } from './routes.ts';
import { settingsOf, type Settings } from './settings.ts';

/** Answers every request, whatever happens. */
export async function handleFetch(request: Request, env: Env): Promise<Response> {
  let settings: Settings;
  try {
    settings = settingsOf(env);
  } catch (error) {
    if (!(error instanceof ConfigError)) throw error;
    return new Responder({ corsOrigin: '*' }).refuse({ kind: 'misconfigured', problem: error.message });
  }
  const { respond } = settings;
  if (request.method === 'OPTIONS') return respond.preflight();
  const result = await answer(request, env, settings);
  const response = result instanceof Response ? result : respond.refuse(result);
  return request.method === 'HEAD' ? headOf(response) : response;
}

async function answer(request: Request, env: Env, settings: Settings): Promise<Response | Refusal> {
  const { method } = request;
  const path = pathOf(request.url);
  const route = routeOf(path);
  if (route === undefined) return { kind: 'no-such-route', path };
  const handler = handlerOf(route, method);
  if (handler === undefined) return { kind: 'method-not-allowed', method, allow: allowOf(route) };
  try {
    const result = await handler({ request, registry: registryOf(env), ...settings });
    const isRefusedWrite = !(result instanceof Response) && (method === 'POST' || method === 'DELETE');
    if (isRefusedWrite) logRefusedWrite(request, `${method} ${route.path}`, result);
    return result;
  } catch (error) {
    return failed(error, `${method} ${route.path}`);
  }
}

/** Parsing the whole URL for its path would cost more than the rest of the routing. */
function pathOf(url: string): string {
  const start = url.indexOf('/', url.indexOf('//') + 2);
  if (start === -1) return '/';
  const end = url.slice(start).search(/[?#]/);
  return end === -1 ? url.slice(start) : url.slice(start, start + end);
}

function failed(error: unknown, route: string): Refusal {
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
  headers.set('Content-Length', String(byteLength));
  return new Response(null, { status: response.status, headers });
}
