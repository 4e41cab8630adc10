/** What is known of each watcher. It lies with its socket, which outlives a sleep of the object; and in memory, to be read. */
import { z } from 'zod';
import type { WatcherState } from '../core/watching.ts';

const attached = z.object({
  revision: z.string(),
  acceptedAt: z.number(),
  unreadBytes: z.number(),
  check: z.object({ word: z.string(), clearsBytes: z.number(), askedAt: z.number() }).nullable(),
});

/** Of a socket that another release left: it counts as silent unless it pings, and is sent to HTTP by the next change. */
const UNKNOWN: WatcherState = { revision: '', acceptedAt: 0, unreadBytes: 0, check: null };

export class WatcherStates {
  readonly #known = new WeakMap<WebSocket, WatcherState>();

  of(socket: WebSocket): WatcherState {
    let state = this.#known.get(socket);
    if (state === undefined) {
      state = attached.safeParse(socket.deserializeAttachment()).data ?? UNKNOWN;
      this.#known.set(socket, state);
    }
    return state;
  }

  keep(socket: WebSocket, state: WatcherState): void {
    this.#known.set(socket, state);
    socket.serializeAttachment(state);
  }

  /** What these are not known to have read. */
  unreadBytes(sockets: readonly WebSocket[]): number {
    return sockets.reduce((sum, socket) => sum + this.of(socket).unreadBytes, 0);
  }
}
