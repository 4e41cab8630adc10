/** Upgrades that reach the object: a session, or a reader that follows the list. */
import { NOT_WATCHABLE_STATUS, SESSION_ID_HEADER, SESSION_TICKET_HEADER } from '../rpc/contract.ts';
import type { SessionCalls } from './session-calls.ts';
import { WATCHER_TAG } from './watcher-roster.ts';
import type { Watchers } from './watchers.ts';

export function openSession({ headers }: Request, sessions: SessionCalls): ReturnType<SessionCalls['open']> {
  const serverId = decodeURIComponent(headers.get(SESSION_ID_HEADER) ?? '');
  return sessions.open(serverId, headers.get(SESSION_TICKET_HEADER) ?? '');
}

/** Call `expire` first. */
export function openWatch(request: Request, watchers: Watchers): Response {
  if (request.headers.get('Upgrade') !== 'websocket') return new Response('no upgrade', { status: 426 });
  const accepted = watchers.accept(new URL(request.url).searchParams.get('since') ?? '');
  if ('kind' in accepted) {
    return Response.json(accepted, {
      status: accepted.kind === 'not-watchable' ? NOT_WATCHABLE_STATUS : 503,
    });
  }
  return new Response(null, { status: 101, webSocket: accepted });
}

/** Whose socket it is: a reader's, or a server's. */
export function isWatcher(socket: WebSocket, state: Pick<DurableObjectState, 'getTags'>): boolean {
  return state.getTags(socket).includes(WATCHER_TAG);
}
