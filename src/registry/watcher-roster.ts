/**
 * The sockets of watchers and what is known of each. It lies with the socket, which outlives a sleep of the object; and in
 * memory, because asking the runtime for a thousand sockets and their attachments takes as long as sending to them (run).
 *
 * What changes is attached a moment later, and a timer waits for that, so the object can't fall asleep before. A crash takes
 * the sockets as well.
 */
import { z } from 'zod';
import type { WatcherState } from '../core/watching.ts';

/** The tag of a watcher's socket. */
export const WATCHER_TAG = 'w';

/** Pushes come every half a second at most: what two of them change is attached once. */
const ATTACHED_AFTER_MS = 1000;

/** So many are attached in a millisecond or two; between two such steps the object answers. */
const ATTACHED_A_STEP = 250;

/** The part of the object's state that sockets need. */
export type Sockets = Pick<
  DurableObjectState,
  'acceptWebSocket' | 'getWebSockets' | 'getWebSocketAutoResponseTimestamp'
>;

export interface Watcher {
  readonly socket: WebSocket;
  readonly state: WatcherState;
  /** False from its close to when its peer has answered or is gone. */
  readonly isOpen: boolean;
}

/** In the roster alone it may change. */
type Entry = { -readonly [Member in keyof Watcher]: Watcher[Member] };

const attached = z.object({
  revision: z.string(),
  acceptedAt: z.number(),
  unreadBytes: z.number(),
  check: z.object({ word: z.string(), clearsBytes: z.number(), askedAt: z.number() }).nullable(),
});

/** Of a socket that another release left: it counts as silent unless it pings, and is sent to HTTP by the next change. */
const UNKNOWN: WatcherState = { revision: '', acceptedAt: 0, unreadBytes: 0, check: null };

export class WatcherRoster {
  readonly #sockets: Sockets;
  readonly #entries = new Map<WebSocket, Entry>();
  readonly #unattached = new Set<Entry>();
  #timer: ReturnType<typeof setTimeout> | null = null;
  #unreadBytes = 0;
  #open = 0;

  /** With the sockets that outlived a sleep. */
  constructor(sockets: Sockets) {
    this.#sockets = sockets;
    for (const socket of sockets.getWebSockets(WATCHER_TAG)) this.find(socket);
  }

  /** Those that are closed and whose peers did not answer are among them. */
  get size(): number {
    return this.#entries.size;
  }

  get openCount(): number {
    return this.#open;
  }

  /** What all are not known to have read. */
  get unreadBytes(): number {
    return this.#unreadBytes;
  }

  open(): Watcher[] {
    return [...this.#entries.values()].filter(({ isOpen }) => isOpen);
  }

  accept(socket: WebSocket, state: WatcherState): Watcher {
    this.#sockets.acceptWebSocket(socket, [WATCHER_TAG]);
    const watcher = this.#add(socket, state, true);
    this.keep(watcher, state);
    return watcher;
  }

  /** Whose socket that is. */
  find(socket: WebSocket): Watcher {
    const known = this.#entries.get(socket);
    if (known !== undefined) return known;
    const state = attached.safeParse(socket.deserializeAttachment()).data ?? UNKNOWN;
    return this.#add(socket, state, socket.readyState === 1);
  }

  keep({ socket }: Watcher, state: WatcherState): void {
    const entry = this.#entries.get(socket);
    if (entry === undefined) return;
    this.#unreadBytes += state.unreadBytes - entry.state.unreadBytes;
    entry.state = state;
    this.#unattached.add(entry);
    this.#attachLater(ATTACHED_AFTER_MS);
  }

  close({ socket }: Watcher, code: number, reason: string): void {
    socket.close(code, reason);
    const entry = this.#entries.get(socket);
    if (entry?.isOpen !== true) return;
    entry.isOpen = false;
    this.#open -= 1;
  }

  /** Its peer closed, answered, or is gone. */
  remove(socket: WebSocket): void {
    const entry = this.#entries.get(socket);
    if (entry === undefined) return;
    this.#entries.delete(socket);
    this.#unattached.delete(entry);
    this.#unreadBytes -= entry.state.unreadBytes;
    if (entry.isOpen) this.#open -= 1;
  }

  /** Forgets those that the runtime has no more: an end of which no event told would hold its place for ever. */
  refresh(): void {
    const there = new Set(this.#sockets.getWebSockets(WATCHER_TAG));
    for (const socket of this.#entries.keys()) if (!there.has(socket)) this.remove(socket);
  }

  /** When it pinged last, in epoch milliseconds; null where it never did. */
  pingedAt({ socket }: Watcher): number | null {
    return this.#sockets.getWebSocketAutoResponseTimestamp(socket)?.getTime() ?? null;
  }

  #add(socket: WebSocket, state: WatcherState, isOpen: boolean): Watcher {
    const entry = { socket, state, isOpen };
    this.#entries.set(socket, entry);
    this.#unreadBytes += state.unreadBytes;
    if (isOpen) this.#open += 1;
    return entry;
  }

  #attachLater(delayMs: number): void {
    if (this.#timer !== null) return;
    this.#timer = setTimeout(() => {
      this.#timer = null;
      let attachedNow = 0;
      for (const entry of this.#unattached) {
        if (attachedNow === ATTACHED_A_STEP) {
          this.#attachLater(0);
          return;
        }
        attachedNow += 1;
        this.#unattached.delete(entry);
        entry.socket.serializeAttachment(entry.state);
      }
    }, delayMs);
  }
}
