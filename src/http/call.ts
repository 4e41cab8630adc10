/** One request: what its handler gets, its answer, and what the log is told. */
import { ConfigError } from '../config.ts';
import type { Refusal } from '../protocol/refusal.ts';
import { locate, type RegistryStub } from '../rpc/locate.ts';
import { isUnknownCall } from '../rpc/read.ts';
import { logFailure, logRefusedWrite } from './log.ts';
import { Responder } from './respond.ts';
import { settingsOf, type Settings } from './settings.ts';

/** The request, the object, and what the configuration makes of the rest. */
export interface Call extends Settings {
  readonly request: Request;
  /** The object, by a stub of its own for each call: one whose object was reset never recovers. */
  readonly registry: () => RegistryStub;
}

export type Handler = (call: Call) => Response | Refusal | Promise<Response | Refusal>;

/** Runs a handler; whatever happens, there is an answer. `route` is its name in the log. */
export function answer(request: Request, env: Env, handler: Handler, route: string) {
  return withSettings(env, async (settings) => {
    let result: Response | Refusal;
    try {
      result = await handler({ request, registry: () => locate(env), ...settings });
    } catch (error) {
      result = failed(error, route);
    }
    if (result instanceof Response) return request.method === 'HEAD' ? headOf(result) : result;
    if (request.method !== 'GET' && request.method !== 'HEAD') logRefusedWrite(request, route, result);
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
  return request.method === 'HEAD' ? headOf(response) : response;
}

function failed(error: unknown, route: string): Refusal {
  const incident = crypto.randomUUID();
  logFailure(incident, route, error);
  // The platform marks errors of an object that is overloaded or was reset (developers.cloudflare.com/durable-objects/best-practices/error-handling/).
  const isPassing =
    error instanceof Error &&
    (Reflect.get(error, 'overloaded') === true ||
      Reflect.get(error, 'retryable') === true ||
      // Minutes after a deploy, the object may still be one that does not know a new call.
      isUnknownCall(error));
  return isPassing ? { kind: 'unavailable' } : { kind: 'internal', incident };
}

/**
 * [N7] The runtime names the length of a body that it sends, so here it is named for the one it would have sent. It is
 * counted on its way, not kept: a list is megabytes, and a hundred of them would be all the memory there is.
 */
async function headOf(response: Response): Promise<Response> {
  const { status, body } = response;
  const headers = new Headers(response.headers);
  if (status !== 304 && !headers.has('Content-Length'))
    headers.set('Content-Length', String(await lengthOf(body)));
  return new Response(null, { status, headers });
}

async function lengthOf(body: ReadableStream<Uint8Array> | null): Promise<number> {
  let bytes = 0;
  if (body !== null) for await (const chunk of body) bytes += chunk.byteLength;
  return bytes;
}
