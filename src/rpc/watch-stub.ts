/** How the Worker follows the list: by a socket to the object, which can sleep while nothing changes. */
import { z } from 'zod';
import type { WatchRefusal } from '../protocol/refusal.ts';
import { NOT_WATCHABLE_STATUS, WATCH_URL } from './contract.ts';
import type { RegistryStub } from './locate.ts';

/** The socket is not accepted yet: it can be handed on as it is. */
export type WatchReply =
  | { readonly kind: 'watching'; readonly socket: WebSocket }
  | WatchRefusal
  /** Minutes after a deploy, the object may still be one that does not know the call. */
  | { readonly kind: 'unavailable' };

const refusal = z.object({
  kind: z.literal('too-many-watchers'),
  maxWatchers: z.number(),
  retryAfterMs: z.number(),
});

/** `since` is the revision of the list that the reader has, or anything else where it has none. */
export async function openWatch(stub: () => RegistryStub, since: string): Promise<WatchReply> {
  const url = `${WATCH_URL}?since=${encodeURIComponent(since)}`;
  const response = await stub().fetch(url, { headers: { Upgrade: 'websocket' } });
  if (response.webSocket !== null) return { kind: 'watching', socket: response.webSocket };
  if (response.status === 503) return refusal.parse(await response.json());
  await response.body?.cancel();
  if (response.status === NOT_WATCHABLE_STATUS) return { kind: 'not-watchable' };
  return { kind: 'unavailable' };
}
