/**
 * The sockets that follow the list: each is told what changed after the revision that it has.
 *
 * - A push makes no storage call. The state of a watcher lies with its socket, which outlives a sleep of the object.
 * - While a push is due a timer waits, and keeps the object in memory. Behind when it falls asleep are only those who did not
 *   say that they read: their answer wakes it.
 * - The whole list never goes over a socket. Where a change is not known or too long, the watcher is told to take it by
 *   HTTP, and its socket is closed.
 * - A closed socket is there until its peer answers or is gone, with all that it did not take. So it counts until then.
 */
import { answerSince } from '../core/changes/delta.ts';
import type { Directory } from '../core/leases/directory.ts';
import {
  afterAnswer,
  afterAsking,
  afterSending,
  FRAME_OVERHEAD_BYTES,
  isSilent,
  isToBeAsked,
  maySend,
  pushDelayMs,
  shareBytes,
  UNREAD_MAX_BYTES,
} from '../core/watching.ts';
import { checkFrame, READ, WATCH_CLOSE_CODES, WATCHERS_FULL_RETRY_MS } from '../protocol/watching.ts';
import type { WatchRefusal } from '../protocol/refusal.ts';
import { WatcherStates } from './watcher-states.ts';

/** The tag of a watcher's socket. */
export const WATCHER_TAG = 'w';

/** A push to so many takes about 8 ms; between two of them the object answers. */
const SOCKETS_A_STEP = 250;

/** Sockets that there may be for each watcher: those that are closed, and did not answer yet, are among them. */
const SOCKETS_A_PLACE = 2;

/** The part of the object's state that sockets need. */
export type Sockets = Pick<
  DurableObjectState,
  'acceptWebSocket' | 'getWebSockets' | 'getWebSocketAutoResponseTimestamp'
>;

export interface WatcherParts {
  readonly sockets: Sockets;
  readonly directory: Directory;
  readonly maxWatchers: number;
  /** Epoch milliseconds of the registry's clock. */
  readonly now: () => number;
  /** The alarm now has to ring at the next expiry. */
  readonly onFirst: () => void;
}

/** Since the object was loaded. */
export interface WatchFigures {
  /** Frames sent that told a change. */
  changes: number;
  /** Watchers sent to HTTP for a change. */
  resyncs: number;
  /** Watchers closed because they stopped to ping. */
  silent: number;
  refused: number;
}

/** What one push tells a watcher that has a certain revision. */
interface Frame {
  readonly text: string;
  /** As the runtime holds it. */
  readonly bytes: number;
  readonly revision: string;
  readonly isResync: boolean;
}

/** What may be on its way to watchers: goes down as frames are sent. */
interface Budget {
  readonly shareBytes: number;
  leftBytes: number;
}

/** Where a push is: told so far are those before `next`. */
interface Progress {
  readonly open: readonly WebSocket[];
  readonly next: number;
  /** Of the list when it began. */
  readonly revision: string;
  /** Those to ask whether they read, when all have the change. */
  readonly toAsk: WebSocket[];
}

const utf8 = new TextDecoder();

export class Watchers {
  readonly #parts: WatcherParts;
  readonly #states = new WatcherStates();
  #timer: ReturnType<typeof setTimeout> | null = null;
  #lastPushAt = -Infinity;
  /** False where there is certainly none: most registries have none at most times. */
  #mayBeAny: boolean;
  readonly figures: WatchFigures = { changes: 0, resyncs: 0, silent: 0, refused: 0 };

  constructor(parts: WatcherParts) {
    this.#parts = parts;
    this.#mayBeAny = this.#all().length > 0;
  }

  /** Sockets that are open. */
  get count(): number {
    return this.#mayBeAny ? openOf(this.#all()).length : 0;
  }

  /** Whether somebody may have to be told of a change. */
  get isAny(): boolean {
    return this.#mayBeAny;
  }

  /**
   * Accepts one more, which has the list of a revision; the first frame goes at once. Call `expire` first. Refused where
   * there are as many as there may be.
   */
  accept(since: string): WebSocket | WatchRefusal {
    const { sockets, maxWatchers, now } = this.#parts;
    const all = this.#all();
    let watchers = openOf(all).length;
    if (watchers >= maxWatchers) watchers = this.closeSilent();
    if (watchers >= maxWatchers || all.length >= SOCKETS_A_PLACE * maxWatchers) {
      this.figures.refused += 1;
      return { kind: 'too-many-watchers', maxWatchers, retryAfterMs: WATCHERS_FULL_RETRY_MS };
    }
    const { 0: theirs, 1: ours } = new WebSocketPair();
    sockets.acceptWebSocket(ours, [WATCHER_TAG]);
    const isFirst = !this.#mayBeAny;
    this.#mayBeAny = true;
    const state = { revision: since, acceptedAt: Date.now(), unreadBytes: 0, check: null };
    this.#states.keep(ours, state);
    const toAsk: WebSocket[] = [];
    this.#tell(ours, this.#frame(since, now()), this.#budget([...all, ours]), toAsk);
    this.#ask(toAsk);
    if (isFirst) this.#parts.onFirst();
    return theirs;
  }

  /** The list changed. */
  changed(): void {
    if (!this.#mayBeAny || this.#timer !== null) return;
    this.#timer = setTimeout(
      () => {
        const open = openOf(this.#all());
        this.#mayBeAny = open.length > 0;
        this.#lastPushAt = Date.now();
        this.#step({ open, next: 0, revision: this.#parts.directory.revision.toString(), toAsk: [] });
      },
      pushDelayMs(this.#lastPushAt, Date.now()),
    );
  }

  /** The other end closed: answers, which the runtime leaves to us. These two codes stand for none and can't be sent. */
  closed(socket: WebSocket, code: number, reason: string): void {
    socket.close(code === 1005 || code === 1006 ? 1000 : code, reason);
  }

  /** A message of a watcher: it has nothing to say but that it read, and `ping`, which the runtime answers. */
  message(socket: WebSocket, data: string | ArrayBuffer): void {
    const word = typeof data === 'string' && data.startsWith(READ) ? data.slice(READ.length) : undefined;
    const after = word === undefined ? undefined : afterAnswer(this.#states.of(socket), word);
    if (after === undefined) {
      socket.close(WATCH_CLOSE_CODES.badFrame, 'a watcher sends the text ping, and what it is asked for');
      return;
    }
    this.#states.keep(socket, after);
    // It may have waited.
    if (after.revision !== this.#parts.directory.revision.toString()) this.changed();
  }

  /** Closes those that stopped to ping, or did not say that they read; tells how many are left. */
  closeSilent(): number {
    if (!this.#mayBeAny) return 0;
    const left = openOf(this.#all()).filter((socket) => !this.#isClosedAsSilent(socket));
    this.#mayBeAny = left.length > 0;
    return left.length;
  }

  /** A closed one is among them until its peer has answered. */
  #all(): WebSocket[] {
    return this.#parts.sockets.getWebSockets(WATCHER_TAG);
  }

  #budget(all: readonly WebSocket[]): Budget {
    return {
      shareBytes: shareBytes(all.length),
      leftBytes: UNREAD_MAX_BYTES - this.#states.unreadBytes(all),
    };
  }

  /** Tells some of them, then the rest at the next turn. */
  #step({ open, next, revision, toAsk }: Progress): void {
    this.#timer = null;
    const { directory, now } = this.#parts;
    const current = directory.revision.toString();
    const at = now();
    const budget = this.#budget(this.#all());
    const frames = new Map<string, Frame>();
    for (const socket of open.slice(next, next + SOCKETS_A_STEP)) {
      if (socket.readyState !== 1) continue;
      const since = this.#states.of(socket).revision;
      if (since === current) continue;
      const frame = frames.get(since) ?? this.#frame(since, at);
      frames.set(since, frame);
      this.#tell(socket, frame, budget, toAsk);
    }
    const rest = { open, next: next + SOCKETS_A_STEP, revision, toAsk };
    if (rest.next < open.length) {
      this.#timer = setTimeout(() => {
        this.#step(rest);
      }, 0);
      return;
    }
    if (toAsk.length > 0) {
      setTimeout(() => {
        this.#ask(toAsk);
      }, 0);
    }
    // What changed while the last of them were told was not told to the first.
    if (directory.revision.toString() !== revision) this.changed();
  }

  #frame(since: string, now: number): Frame {
    const { directory } = this.#parts;
    const revision = directory.revision.toString();
    const delta = answerSince(since, directory, now);
    if (delta === 'full') return resync(revision);
    // The delta is a JSON object and ends with a newline.
    const text = `{"type":"change",${utf8.decode(delta).slice(1, -1)}`;
    return { text, bytes: delta.byteLength + FRAME_OVERHEAD_BYTES, revision, isResync: false };
  }

  /** Sends a frame, or nothing where the watcher has to say first that it read. */
  #tell(socket: WebSocket, frame: Frame, budget: Budget, toAsk: WebSocket[]): void {
    const state = this.#states.of(socket);
    const may = frame.isResync ? 'never' : maySend(state, frame.bytes, budget);
    if (may === 'never') {
      socket.send(resync(frame.revision).text);
      socket.close(WATCH_CLOSE_CODES.done, 'resync');
      this.figures.resyncs += 1;
      return;
    }
    if (may === 'when-read') {
      if (state.check === null) toAsk.push(socket);
      return;
    }
    socket.send(frame.text);
    budget.leftBytes -= frame.bytes;
    const after = afterSending(state, frame.revision, frame.bytes);
    this.#states.keep(socket, after);
    if (isToBeAsked(after, budget.shareBytes)) toAsk.push(socket);
    this.figures.changes += 1;
  }

  /** Asks some of them whether they read, then the rest at the next turn: each has a word of its own. */
  #ask(sockets: readonly WebSocket[]): void {
    for (const socket of sockets.slice(0, SOCKETS_A_STEP)) {
      const state = this.#states.of(socket);
      if (socket.readyState !== 1 || state.check !== null) continue;
      const word = crypto.randomUUID().slice(0, 8);
      const text = checkFrame(word);
      socket.send(text);
      this.#states.keep(socket, afterAsking(state, word, text.length + FRAME_OVERHEAD_BYTES, Date.now()));
    }
    const rest = sockets.slice(SOCKETS_A_STEP);
    if (rest.length > 0) {
      setTimeout(() => {
        this.#ask(rest);
      }, 0);
    }
  }

  #isClosedAsSilent(socket: WebSocket): boolean {
    const pinged = this.#parts.sockets.getWebSocketAutoResponseTimestamp(socket);
    if (!isSilent(this.#states.of(socket), pinged?.getTime() ?? null, Date.now())) return false;
    this.figures.silent += 1;
    socket.close(WATCH_CLOSE_CODES.silent, 'no ping, or no word that it read, came in time');
    return true;
  }
}

function openOf(sockets: readonly WebSocket[]): WebSocket[] {
  return sockets.filter(({ readyState }) => readyState === 1);
}

function resync(revision: string): Frame {
  const text = JSON.stringify({ type: 'resync', revision });
  return { text, bytes: text.length + FRAME_OVERHEAD_BYTES, revision, isResync: true };
}
