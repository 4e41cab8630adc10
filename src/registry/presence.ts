/**
 * The sockets that hold leases: accepted so that the runtime keeps them, and answers their pings, while the object sleeps.
 *
 * - A socket is found by the name of its session, which is its tag. Its attachment says whose session it is.
 * - When it was last heard is the later of its acceptance and the runtime's time of its last ping. That outlives a sleep; a
 *   deploy or a crash takes the sockets, and no event tells.
 */
import { z } from 'zod';
import { PING, PONG, type Close } from '../protocol/session.ts';

/** Before the name of a session, in the tag of its socket. Sockets of other kinds have other letters. */
const TAG = 's';

/** What is attached to each socket; it outlives a deploy nowhere, but a sleep between two versions of the code. */
const attachment = z.object({
  version: z.literal(1),
  serverId: z.string(),
  session: z.string(),
  acceptedAt: z.int(),
});

/** Whose session a socket is. */
export interface SessionSocket {
  readonly serverId: string;
  readonly session: string;
}

export class Presence {
  readonly #ctx: DurableObjectState;
  /** When something was by the registry's clock that the runtime timed. */
  readonly #fromWall: (timeMs: number) => number;
  /** Sockets that were looked for since the load. */
  readonly #known = new Map<string, { readonly socket: WebSocket; readonly acceptedAt: number }>();
  /** Whose those are: thousands may close at once, and reading an attachment takes half as long as all else about a close. */
  readonly #owners = new WeakMap<WebSocket, SessionSocket>();

  constructor(ctx: DurableObjectState, fromWall: (timeMs: number) => number) {
    this.#ctx = ctx;
    this.#fromWall = fromWall;
    ctx.setWebSocketAutoResponse(new WebSocketRequestResponsePair(PING, PONG));
  }

  /** Whether any socket outlived what came before. After a deploy or a crash none did. */
  get hasSockets(): boolean {
    return this.#ctx.getWebSockets().some((socket) => this.isSession(socket));
  }

  /** Whether a socket is one of a session. */
  isSession(socket: WebSocket): boolean {
    return this.#ctx.getTags(socket).some((tag) => tag.startsWith(TAG));
  }

  accept(serverId: string, session: string, now: number): { client: WebSocket; socket: WebSocket } {
    const { 0: client, 1: socket } = new WebSocketPair();
    this.#ctx.acceptWebSocket(socket, [TAG + session]);
    socket.serializeAttachment({ version: 1, serverId, session, acceptedAt: now });
    this.#known.set(session, { socket, acceptedAt: now });
    this.#owners.set(socket, { serverId, session });
    return { client, socket };
  }

  /** Undefined where the attachment is of another version: nobody can say whose it is. */
  ownerOf(socket: WebSocket): SessionSocket | undefined {
    const known = this.#owners.get(socket);
    if (known !== undefined) return known;
    return attachment.safeParse(socket.deserializeAttachment()).data;
  }

  /** When the session was last heard, in epoch ms of the registry's clock; null where it has no socket. */
  heardAt(session: string): number | null {
    const found = this.#find(session);
    if (found === undefined) return null;
    const pingedAt = this.#ctx.getWebSocketAutoResponseTimestamp(found.socket);
    return Math.max(found.acceptedAt, pingedAt === null ? 0 : this.#fromWall(pingedAt.getTime()));
  }

  /**
   * Ends a session's socket. Nothing happens where it has none. `lastWords` is a frame that says so first: of a socket
   * that is closed in an event of another one the runtime ends the connection, for which clients wait before they tell
   * of the close, only when the object sleeps (run: 10 s after the last call).
   */
  close(session: string, close: Close, lastWords?: string): void {
    const found = this.#find(session);
    this.#known.delete(session);
    if (found?.socket.readyState !== WebSocket.OPEN) return;
    if (lastWords !== undefined) found.socket.send(lastWords);
    found.socket.close(close.code, close.reason);
  }

  /** Closes every open socket whose session `isHeld` does not know; `held` is how many it knows. */
  closeOthers(held: number, isHeld: (owner: SessionSocket) => boolean, close: Close): void {
    const open = this.#ctx
      .getWebSockets()
      .filter((socket) => socket.readyState === WebSocket.OPEN && this.isSession(socket));
    if (open.length <= held) return;
    for (const socket of open) {
      const owner = this.ownerOf(socket);
      if (owner !== undefined && isHeld(owner)) continue;
      if (owner !== undefined) this.#known.delete(owner.session);
      socket.close(close.code, close.reason);
    }
  }

  /**
   * The other end closed: answers, which the runtime leaves to us. 1005 stands for no code and can't be sent; 1006 for an end
   * that nobody can answer. `forget` it when the lease knows.
   */
  closed(socket: WebSocket, code: number, reason: string): SessionSocket | undefined {
    if (code !== 1006) socket.close(code === 1005 ? 1000 : code, reason);
    return this.ownerOf(socket);
  }

  /** The session has no socket any more. */
  forget(session: string): void {
    this.#known.delete(session);
  }

  #find(session: string) {
    const known = this.#known.get(session);
    if (known !== undefined) return known;
    for (const socket of this.#ctx.getWebSockets(TAG + session)) {
      const attached = attachment.safeParse(socket.deserializeAttachment());
      if (!attached.success) continue;
      const found = { socket, acceptedAt: attached.data.acceptedAt };
      this.#known.set(session, found);
      this.#owners.set(socket, { serverId: attached.data.serverId, session });
      return found;
    }
    return undefined;
  }
}
