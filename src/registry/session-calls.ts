/** What the object does about sessions: offers, opening, what a server says in one, and its end. */
import type { Config } from '../config.ts';
import type { Directory } from '../core/leases/directory.ts';
import type { Lease } from '../core/leases/lease.ts';
import { SESSION_CLOSE_HEADER } from '../rpc/contract.ts';
import {
  ackFrame,
  CLOSE,
  errorFrame,
  FRAME_LIMITS,
  heldFrame,
  parseFrame,
  SESSION_PROTOCOL,
  type Close,
} from '../protocol/session.ts';
import type { AlarmClock } from './alarm-clock.ts';
import type { PendingWrites } from './pending-writes.ts';
import type { Presence, SessionSocket } from './presence.ts';
import type { Saver } from './saver.ts';
import type { Store } from './storage/store.ts';
import type { Writes } from './writes.ts';

export interface SessionParts {
  readonly config: Config;
  readonly clock: AlarmClock;
  readonly directory: Directory;
  readonly store: Store;
  readonly saver: Saver;
  readonly pending: PendingWrites;
  readonly presence: Presence;
  readonly writes: Writes;
}

/** Sockets looked at in one go after a load: a list that comes in between waits a millisecond for it. */
const READ_AT_ONCE = 60;

export class SessionCalls {
  readonly #parts: SessionParts;
  /** Frames of each socket in its current period. A flood keeps the object in memory, so memory is enough. */
  readonly #frames = new WeakMap<WebSocket, { since: number; count: number }>();

  constructor(parts: SessionParts) {
    this.#parts = parts;
  }

  /** After a load: looks at the sockets of all held leases, a few at a time, so that others have their turn. */
  readAll(): void {
    const { clock, directory, saver } = this.#parts;
    const read = () => {
      const isMore = directory.sessions.readSome(READ_AT_ONCE, clock.now());
      if (isMore) setTimeout(read, 0);
      else if (saver.hasUnsaved) saver.leaseChanged();
    };
    setTimeout(read, 0);
  }

  /** Opens a session by its ticket, answered when it is on disk that it holds the lease. */
  async open(serverId: string, ticketHash: string): Promise<Response> {
    const { config, clock, directory, store, saver, pending, presence } = this.#parts;
    const now = clock.tick();
    const lease = directory.find(serverId)?.lease;
    if (lease === undefined) return refusal(CLOSE.notRegistered);
    const { ticket, session } = lease;
    if (ticket === null || ticket.hash !== ticketHash || now >= ticket.until) return refusal(CLOSE.refused);
    const taken = directory.sessions.count - (session.kind === 'held' ? 1 : 0);
    if (taken >= config.maxSessions) return refusal(CLOSE.full);
    // A ticket opens one session: its hash is the name of that.
    directory.hold(lease, ticketHash, now);
    const { client, socket } = presence.accept(serverId, ticketHash, now);
    if (session.kind === 'held')
      presence.close(session.name, CLOSE.replaced, errorFrame({ kind: 'replaced' }));
    const writes = [store.putServer(lease.toRow())];
    if (clock.isLost(now)) writes.push(clock.arm(now));
    saver.headChanged();
    await pending.settle(serverId, writes);
    if (directory.sessions.isHolding(serverId, ticketHash)) {
      directory.sessions.saved(lease);
      const { pingEveryMs, ttlMs, heartbeatEveryMs } = config;
      socket.send(heldFrame(pingEveryMs, { ttlMs, heartbeatEveryMs }));
    }
    const headers = { 'Sec-WebSocket-Protocol': SESSION_PROTOCOL };
    return new Response(null, { status: 101, webSocket: client, headers });
  }

  /** A frame of any kind but the ping, which the runtime answers. */
  async message(socket: WebSocket, data: string | ArrayBuffer): Promise<void> {
    const { clock, directory, presence } = this.#parts;
    // What was on its way when the session was closed.
    if (socket.readyState !== WebSocket.OPEN) return;
    const now = clock.tick();
    const owner = presence.ownerOf(socket);
    const lease = owner && directory.sessions.holder(owner.serverId, owner.session);
    if (owner === undefined || lease === undefined) {
      const { code, reason } = this.#whyNotHeld(owner);
      socket.close(code, reason);
      return;
    }
    if (this.#isFlood(socket, now)) {
      const reason = `over ${FRAME_LIMITS.frames} frames in ${FRAME_LIMITS.periodMs / 1000} s`;
      this.#end(owner, { code: CLOSE.badFrame.code, reason });
      return;
    }
    const frame = parseFrame(data);
    switch (frame.kind) {
      case 'bad':
        this.#end(owner, { code: CLOSE.badFrame.code, reason: `bad frame: ${frame.reason}` });
        return;
      case 'refused':
        await this.#answer(socket, lease, errorFrame(frame.refusal));
        return;
      case 'metadata':
        await this.#answer(socket, lease, this.#setMetadata(lease, frame.metadata, now));
        return;
      case 'deregister':
        await this.#deregister(socket, lease, owner);
    }
  }

  /** The socket closed, whoever began. Only the session that holds the lease is lost by it. */
  async closed(socket: WebSocket, code: number, reason: string): Promise<void> {
    const { presence } = this.#parts;
    const owner = presence.closed(socket, code, reason);
    if (owner === undefined) return;
    const lost = this.#lose(owner, 'closed');
    presence.forget(owner.session);
    await lost;
  }

  /** For the alarm: sockets that hold no lease fell silent, or were left behind by one that ended. */
  closeSilent(): void {
    const { directory, presence } = this.#parts;
    const { sessions } = directory;
    presence.closeOthers(
      sessions.count,
      ({ serverId, session }) => sessions.isHolding(serverId, session),
      CLOSE.silent,
    );
  }

  /**
   * Answers a frame. All answers wait for the same, refusals too, so they come in the order in which the frames came: of
   * two that are sent at once the runtime may deliver the second first.
   */
  async #answer(socket: WebSocket, { serverId }: Lease, text: string): Promise<void> {
    await this.#parts.pending.of(serverId);
    if (socket.readyState === WebSocket.OPEN) socket.send(text);
  }

  #setMetadata(lease: Lease, metadata: string, now: number): string {
    const { directory, saver, writes } = this.#parts;
    directory.sessions.heard(lease, now);
    if (!directory.setMetadata(lease, metadata)) return errorFrame(writes.tooManyBytes(now));
    saver.leaseChanged();
    return ackFrame('metadata');
  }

  async #deregister(socket: WebSocket, lease: Lease, { session }: SessionSocket): Promise<void> {
    const { presence, writes } = this.#parts;
    await writes.leave(lease);
    if (socket.readyState === WebSocket.OPEN) socket.send(ackFrame('deregister'));
    presence.close(session, CLOSE.deregistered);
  }

  /** Closed by the registry for what it said: its server may come back as after any loss. */
  #end(owner: SessionSocket, close: Close): void {
    this.#parts.presence.close(owner.session, close);
    void this.#lose(owner, 'bad-frame');
  }

  async #lose({ serverId, session }: SessionSocket, reason: 'closed' | 'bad-frame'): Promise<void> {
    const { clock, directory, saver } = this.#parts;
    const now = clock.tick();
    const lease = directory.sessions.lose(serverId, session, now, reason);
    if (lease === undefined) return;
    saver.leaseChanged();
    // What is saved within ten seconds outlives a sleep, and the alarm ends the grace where nobody looks.
    await clock.armBy(lease.expiresAt, now);
  }

  #whyNotHeld(owner: SessionSocket | undefined): Close {
    const lease = owner && this.#parts.directory.find(owner.serverId)?.lease;
    if (lease === undefined) return CLOSE.notRegistered;
    return lease.session.kind === 'held' ? CLOSE.replaced : CLOSE.silent;
  }

  #isFlood(socket: WebSocket, now: number): boolean {
    const frames = this.#frames.get(socket);
    if (frames === undefined || now - frames.since >= FRAME_LIMITS.periodMs) {
      this.#frames.set(socket, { since: now, count: 1 });
      return false;
    }
    frames.count += 1;
    return frames.count > FRAME_LIMITS.frames;
  }
}

function refusal({ code, reason }: Close): Response {
  return new Response(reason, { status: 409, headers: { [SESSION_CLOSE_HEADER]: String(code) } });
}
