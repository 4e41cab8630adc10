/** How the Worker opens a session at the object. */
import { CLOSE, type Close } from '../protocol/session.ts';
import { SESSION_CLOSE_HEADER, SESSION_ID_HEADER, SESSION_TICKET_HEADER, SESSION_URL } from './contract.ts';
import type { RegistryStub } from './locate.ts';

/** The open socket, as an answer to an upgrade, or why there is none. A ticket is spent once, so nothing is tried again. */
export async function openSession(
  stub: RegistryStub,
  serverId: string,
  ticketHash: string,
): Promise<Response | Close> {
  const response = await stub.fetch(SESSION_URL, {
    headers: {
      Upgrade: 'websocket',
      [SESSION_ID_HEADER]: encodeURIComponent(serverId),
      [SESSION_TICKET_HEADER]: ticketHash,
    },
  });
  if (response.webSocket !== null) return response;
  const code = Number(response.headers.get(SESSION_CLOSE_HEADER));
  // For minutes after a deploy, the object may still be one that knows no sessions.
  if (code === 0) return CLOSE.goingAway;
  return { code, reason: await response.text() };
}
