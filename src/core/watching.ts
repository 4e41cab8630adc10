/**
 * Who follows the list by a socket: what each has been sent, what may be sent next, and when it counts as gone. Pure
 * functions; times are epoch milliseconds.
 *
 * Sockets have no backpressure: what a reader does not take lies in memory, and nothing tells how much. So a watcher is
 * asked now and then whether it reads, with a word that nobody knows who did not read up to there. Until it says that word,
 * all that it was sent counts as unread; and who has its share unread is sent nothing more.
 */

/** Shortest time between two pushes. */
export const PUSH_EVERY_MS = 500;

/** A watcher that neither connected nor pinged for so long, or owes an answer for so long, is gone. */
export const SILENT_AFTER_MS = 60_000;

/** A longer change is not pushed: whoever wants it asks for it by HTTP, which has backpressure. */
export const MAX_FRAME_BYTES = 65_536;

/** What may be on its way to all watchers together and not known to be read. */
export const UNREAD_MAX_BYTES = 16_000_000;

/** Who has read all that came may always be sent so much, whatever the others leave unread. */
export const LEAST_SHARE_BYTES = 4096;

/** What the runtime holds of a frame that nobody takes, beside its text. */
export const FRAME_OVERHEAD_BYTES = 256;

/** What is known of one watcher; it outlives the memory of the object with its socket. */
export interface WatcherState {
  /** Of the list that it holds, with all that is on its way. */
  readonly revision: string;
  readonly acceptedAt: number;
  /** Bytes sent that it is not known to have read. */
  readonly unreadBytes: number;
  /** The question that it has not answered; `clearsBytes` of what is unread came before it. */
  readonly check: { readonly word: string; readonly clearsBytes: number; readonly askedAt: number } | null;
}

/** What may be unread: by this watcher, and how much more by all of them. */
export interface UnreadLimits {
  readonly shareBytes: number;
  readonly leftBytes: number;
}

/** What one of so many watchers may have on its way. */
export function shareBytes(watchers: number): number {
  return Math.max(LEAST_SHARE_BYTES, Math.min(MAX_FRAME_BYTES, UNREAD_MAX_BYTES / Math.max(1, watchers)));
}

/** `pingedAt` is null before the first ping. A socket that never pings is gone as well. */
export function isSilent({ acceptedAt, check }: WatcherState, pingedAt: number | null, now: number): boolean {
  const heardAt = Math.max(acceptedAt, pingedAt ?? 0);
  return now - Math.min(heardAt, check?.askedAt ?? heardAt) > SILENT_AFTER_MS;
}

/**
 * Whether a frame of so many bytes may be sent: now, or when the watcher has said that it read what came before; or never,
 * so that it has to ask for the change.
 */
export function maySend(
  { unreadBytes }: WatcherState,
  bytes: number,
  { shareBytes: share, leftBytes }: UnreadLimits,
): 'now' | 'when-read' | 'never' {
  if (bytes > share) return 'never';
  if (unreadBytes + bytes <= share && bytes <= leftBytes) return 'now';
  if (unreadBytes > 0) return 'when-read';
  return bytes <= LEAST_SHARE_BYTES ? 'now' : 'never';
}

/** The state behind a frame with which the watcher holds `revision`. */
export function afterSending(state: WatcherState, revision: string, bytes: number): WatcherState {
  return { ...state, revision, unreadBytes: state.unreadBytes + bytes };
}

/** Whether to ask if it reads, so that it has an answer under way before its share is used up. */
export function isToBeAsked({ check, unreadBytes }: WatcherState, share: number): boolean {
  return check === null && unreadBytes >= share / 2;
}

/** The state behind the question. */
export function afterAsking(state: WatcherState, word: string, bytes: number, now: number): WatcherState {
  const unreadBytes = state.unreadBytes + bytes;
  return { ...state, unreadBytes, check: { word, clearsBytes: unreadBytes, askedAt: now } };
}

/** The state behind an answer; undefined where that is not the word that was asked for. */
export function afterAnswer(state: WatcherState, word: string): WatcherState | undefined {
  if (state.check?.word !== word) return undefined;
  return { ...state, unreadBytes: state.unreadBytes - state.check.clearsBytes, check: null };
}

/** How long after a change it is pushed: at once, but for what was pushed just before. */
export function pushDelayMs(lastPushAt: number, now: number): number {
  return Math.max(0, lastPushAt + PUSH_EVERY_MS - now);
}
