/**
 * Who follows the list by a socket: what each has been sent, what may be sent next, and when it counts as gone. Pure
 * functions; times are epoch milliseconds.
 *
 * Sockets have no backpressure: what a reader does not take lies in memory. So a watcher is sent no more than its share of
 * a budget until it pings, which tells that it has read what came before; then it gets all that it missed in one.
 */

/** Shortest time between two pushes. */
export const PUSH_EVERY_MS = 500;

/** A watcher that neither connected nor pinged for so long is gone. It is told to ping every 20 s. */
export const SILENT_AFTER_MS = 60_000;

/** A longer change is not pushed: whoever wants it asks for it by HTTP, which has backpressure. */
export const MAX_FRAME_BYTES = 65_536;

/** What may be on its way to all watchers together and not known to be read. */
const UNREAD_MAX_BYTES = 16_000_000;

/** Something may always be sent to a watcher, however many there are. */
const LEAST_SHARE_BYTES = 4096;

/** What is known of one watcher; it outlives the memory of the object with its socket. */
export interface WatcherState {
  /** Of the list that it holds, with all that is on its way. */
  readonly revision: string;
  readonly acceptedAt: number;
  readonly sentAt: number;
  /** Bytes sent since it pinged last. */
  readonly unreadBytes: number;
}

/** What one of so many watchers may have on its way. */
export function shareBytes(watchers: number): number {
  return Math.max(LEAST_SHARE_BYTES, Math.min(MAX_FRAME_BYTES, UNREAD_MAX_BYTES / Math.max(1, watchers)));
}

/** `pingedAt` is null before the first ping. A socket that never pings is gone as well. */
export function isSilent({ acceptedAt }: WatcherState, pingedAt: number | null, now: number): boolean {
  return now - Math.max(acceptedAt, pingedAt ?? 0) > SILENT_AFTER_MS;
}

/** The state behind a frame of so many bytes with which the watcher holds `revision`; undefined where it is to wait for its ping. */
export function afterSending(
  state: WatcherState,
  frame: { readonly bytes: number; readonly revision: string },
  pingedAt: number | null,
  maxUnreadBytes: number,
  now: number,
): WatcherState | undefined {
  const unread = pingedAt !== null && pingedAt > state.sentAt ? 0 : state.unreadBytes;
  if (unread > 0 && unread + frame.bytes > maxUnreadBytes) return undefined;
  return { ...state, revision: frame.revision, sentAt: now, unreadBytes: unread + frame.bytes };
}

/** How long after a change it is pushed: at once, but for what was pushed just before. */
export function pushDelayMs(lastPushAt: number, now: number): number {
  return Math.max(0, lastPushAt + PUSH_EVERY_MS - now);
}
