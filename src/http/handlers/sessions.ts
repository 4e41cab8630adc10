/** The route that holds a session: an upgrade with a ticket. */
import type { Refusal } from '../../protocol/refusal.ts';
import { CLOSE, SESSION_PROTOCOL, type Close } from '../../protocol/session.ts';
import { openSession } from '../../rpc/session-stub.ts';
import { hashOf, serverOfTicket } from '../auth/ticket.ts';
import { addressOf } from '../parse/address.ts';
import { listPathOf } from '../parse/path.ts';
import type { Call } from '../route.ts';
import { get } from './reads.ts';

/** A server may have the id `heartbeat`, so only an upgrade makes a session of that path: no router can tell. */
export function getOrHold(call: Call): Promise<Response | Refusal> {
  const { headers } = call.request;
  const isUpgrade = headers.get('Upgrade')?.toLowerCase() === 'websocket';
  return isUpgrade && listPathOf(call.request).path === '/servers/heartbeat' ? holdSession(call) : get(call);
}

export async function holdSession({ request, objects, writeGuard }: Call): Promise<Response | Refusal> {
  const [protocol, ticket, ...more] = (request.headers.get('Sec-WebSocket-Protocol') ?? '')
    .split(',')
    .map((name) => name.trim());
  if (protocol !== SESSION_PROTOCOL || ticket === undefined || more.length > 0) {
    return { kind: 'malformed-upgrade' };
  }
  const over = await writeGuard.limits?.ofAddress(addressOf(request), true);
  if (over !== undefined) return over;
  const serverId = serverOfTicket(ticket);
  if (serverId === undefined) return closed(CLOSE.refused);
  const overOfServer = await writeGuard.limits?.ofServer(serverId);
  if (overOfServer !== undefined) return overOfServer;
  const hash = await hashOf(ticket);
  const opened = await objects.call(serverId, (registry) => openSession(registry, serverId, hash));
  return opened instanceof Response ? opened : closed(opened);
}

/** A browser is told nothing of an upgrade that fails, but sees the code that an open socket is closed with. */
function closed({ code, reason }: Close): Response {
  const { 0: client, 1: server } = new WebSocketPair();
  server.accept();
  server.close(code, reason);
  const headers = { 'Sec-WebSocket-Protocol': SESSION_PROTOCOL };
  return new Response(null, { status: 101, webSocket: client, headers });
}
