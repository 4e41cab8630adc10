/** `GET /servers` as it changes: over a WebSocket, which is the object's own, or as an event stream, made here. */
import { parseAccept } from 'hono/utils/accept';
import type { Refusal } from '../../protocol/refusal.ts';
import { openWatch } from '../../rpc/watch-stub.ts';
import { EventStream } from '../event-stream.ts';
import { refuseOrigin } from '../auth/origin.ts';
import { parseWatch } from '../parse/list-query.ts';
import type { Call } from '../route.ts';

/** [N13] Whether the reader wants to be told of changes as they happen. */
export function isWatch(request: Request): boolean {
  return request.method === 'GET' && (isUpgrade(request) || asksForEvents(request.headers.get('Accept')));
}

export async function watch(call: Call): Promise<Response | Refusal> {
  const { config, request, objects, respond } = call;
  // An event stream is kept from other pages by the browser, as any answer is; a socket is not.
  const foreign = isUpgrade(request) ? refuseOrigin(request, config) : undefined;
  if (foreign !== undefined) return foreign;
  const parsed = parseWatch(request.url, request.headers.get('Last-Event-ID'));
  if (!parsed.ok) return parsed.refusal;
  const registry = await objects.only();
  if (registry === undefined) return { kind: 'not-watchable' };
  const reply = await openWatch(registry, parsed.value);
  if (reply.kind !== 'watching') return reply;
  if (isUpgrade(request)) return new Response(null, { status: 101, webSocket: reply.socket });
  return respond.events(new EventStream(objects, parsed.value).begin(reply.socket));
}

function isUpgrade({ headers }: Request): boolean {
  return headers.get('Upgrade')?.toLowerCase() === 'websocket';
}

function asksForEvents(accept: string | null): boolean {
  // Nearly all readers are done here.
  if (accept === null || !/text\/event-stream/i.test(accept)) return false;
  return parseAccept(accept).some(({ type, q }) => type.toLowerCase() === 'text/event-stream' && q > 0);
}
