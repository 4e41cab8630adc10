/**
 * The sockets that follow the list: each is told what changed after the revision that it has.
 *
 * - A push makes no storage call. The state of a watcher lies with its socket, which outlives a sleep of the object.
 * - While a push is due a timer waits, and keeps the object in memory: it never falls asleep before its watchers have all.
 * - The whole list never goes over a socket. Where a change is not known or too long, the watcher is told to take it by
 *   HTTP, and its socket is closed.
 */
import { answerSince } from '../core/changes/delta.ts';
import type { Directory } from '../core/leases/directory.ts';
import {
  afterSending,
  isSilent,
  PUSH_EVERY_MS,
  pushDelayMs,
  shareBytes,
  type WatcherState,
} from '../core/watching.ts';
import { WATCH_CLOSE_CODES, WATCHERS_FULL_RETRY_MS } from '../protocol/watching.ts';
import type { WatchRefusal } from '../protocol/refusal.ts';
import type { Part } from './part.ts';

/** The tag of a watcher's socket. */
export const WATCHER_TAG = 'w';

/** A push to so many takes about 8 ms; between two of them the object answers. */
const SOCKETS_A_STEP = 250;

/** The part of the object's state that sockets need. */
export type Sockets = Pick<
  DurableObjectState,
  'acceptWebSocket' | 'getWebSockets' | 'getWebSocketAutoResponseTimestamp'
>;

export interface WatcherParts {
  readonly sockets: Sockets;
  readonly directory: Directory;
  readonly maxWatchers: number;
  /** Which part of the list the object is. */
  readonly part: Pick<Part, 'shard'>;
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
  readonly bytes: number;
  readonly revision: string;
  readonly isResync: boolean;
}

const utf8 = new TextDecoder();

export class Watchers {
  readonly #parts: WatcherParts;
  #timer: ReturnType<typeof setTimeout> | null = null;
  #lastPushAt = -Infinity;
  /** False where there is certainly none: most registries have none at most times. */
  #mayBeAny: boolean;
  readonly figures: WatchFigures = { changes: 0, resyncs: 0, silent: 0, refused: 0 };

  constructor(parts: WatcherParts) {
    this.#parts = parts;
    this.#mayBeAny = parts.sockets.getWebSockets(WATCHER_TAG).length > 0;
  }

  /** Sockets that are open. */
  get count(): number {
    return this.#mayBeAny ? this.#open().length : 0;
  }

  /** Whether somebody may have to be told of a change. */
  get isAny(): boolean {
    return this.#mayBeAny;
  }

  /**
   * Accepts one more, which has the list of a revision; the first frame goes at once. Call `expire` first. Refused where
   * there are as many as there may be, and where the object has a part of the list alone.
   */
  accept(since: string): WebSocket | WatchRefusal {
    if ((this.#parts.part.shard?.count ?? 1) > 1) return { kind: 'not-watchable' };
    const { sockets, maxWatchers, now } = this.#parts;
    let watchers = this.count;
    if (watchers >= maxWatchers) watchers = this.closeSilent();
    if (watchers >= maxWatchers) {
      this.figures.refused += 1;
      return { kind: 'too-many-watchers', maxWatchers, retryAfterMs: WATCHERS_FULL_RETRY_MS };
    }
    const { 0: theirs, 1: ours } = new WebSocketPair();
    sockets.acceptWebSocket(ours, [WATCHER_TAG]);
    const isFirst = !this.#mayBeAny;
    this.#mayBeAny = true;
    const at = Date.now();
    const state = { revision: since, acceptedAt: at, sentAt: at, unreadBytes: 0 };
    this.#send(ours, state, this.#frame(since, now()), watchers + 1);
    if (isFirst) this.#parts.onFirst();
    return theirs;
  }

  /** The list changed. */
  changed(): void {
    if (!this.#mayBeAny || this.#timer !== null) return;
    this.#pushIn(pushDelayMs(this.#lastPushAt, Date.now()));
  }

  /** The list got several objects, of which each has its own changes alone: those who follow one would miss the others'. */
  endAll(): void {
    if (!this.#mayBeAny) return;
    for (const socket of this.#open()) socket.close(WATCH_CLOSE_CODES.done, 'the list has several objects');
  }

  /** The other end closed: answers, which the runtime leaves to us. These two codes stand for none and can't be sent. */
  closed(socket: WebSocket, code: number, reason: string): void {
    socket.close(code === 1005 || code === 1006 ? 1000 : code, reason);
  }

  /** A message of a watcher: it has nothing to say but `ping`, which the runtime answers. */
  refuseMessage(socket: WebSocket): void {
    socket.close(WATCH_CLOSE_CODES.badFrame, 'a watcher sends nothing but the text ping');
  }

  /** Closes those that stopped to ping; tells how many are left. */
  closeSilent(): number {
    if (!this.#mayBeAny) return 0;
    const left = this.#open().filter((socket) => !this.#isClosedAsSilent(socket));
    this.#mayBeAny = left.length > 0;
    return left.length;
  }

  #open(): WebSocket[] {
    // A closed one is still among them until its peer has answered.
    return this.#parts.sockets.getWebSockets(WATCHER_TAG).filter(({ readyState }) => readyState === 1);
  }

  #pushIn(delayMs: number): void {
    this.#timer = setTimeout(() => {
      const open = this.#open();
      this.#mayBeAny = open.length > 0;
      this.#lastPushAt = Date.now();
      this.#step(open, 0, false);
    }, delayMs);
  }

  /** Tells some of them, then the rest at the next turn. */
  #step(open: readonly WebSocket[], from: number, isAnyWaiting: boolean): void {
    this.#timer = null;
    const { directory, now } = this.#parts;
    const current = directory.revision.toString();
    const at = now();
    const frames = new Map<string, Frame>();
    let isWaiting = isAnyWaiting;
    for (const socket of open.slice(from, from + SOCKETS_A_STEP)) {
      if (socket.readyState !== 1 || this.#isClosedAsSilent(socket)) continue;
      const state = stateOf(socket);
      if (state.revision === current) continue;
      const frame = frames.get(state.revision) ?? this.#frame(state.revision, at);
      frames.set(state.revision, frame);
      if (!this.#send(socket, state, frame, open.length)) isWaiting = true;
    }
    const next = from + SOCKETS_A_STEP;
    if (next < open.length) {
      this.#timer = setTimeout(() => {
        this.#step(open, next, isWaiting);
      }, 0);
    } else if (isWaiting) this.#pushIn(PUSH_EVERY_MS);
    else this.#pushBehind(open, current);
  }

  /** What changed while the last of them were told was not told to the first. */
  #pushBehind(open: readonly WebSocket[], current: string): void {
    const first = open.find(({ readyState }) => readyState === 1);
    if (first !== undefined && stateOf(first).revision !== current)
      this.#pushIn(pushDelayMs(this.#lastPushAt, Date.now()));
  }

  #frame(since: string, now: number): Frame {
    const { directory } = this.#parts;
    const revision = directory.revision.toString();
    const delta = answerSince(since, directory, now);
    if (delta === 'full') return resync(revision);
    // The delta is a JSON object and ends with a newline.
    const text = `{"type":"change",${utf8.decode(delta).slice(1, -1)}`;
    return { text, bytes: delta.byteLength + 16, revision, isResync: false };
  }

  /** False where the watcher has to ping first. */
  #send(socket: WebSocket, state: WatcherState, asked: Frame, watchers: number): boolean {
    const share = shareBytes(watchers);
    const frame = asked.bytes > share ? resync(asked.revision) : asked;
    const pingedAt = this.#pingedAt(socket);
    const after = afterSending(state, frame, pingedAt, share, Date.now());
    if (after === undefined) return false;
    socket.send(frame.text);
    if (frame.isResync) {
      this.figures.resyncs += 1;
      socket.close(WATCH_CLOSE_CODES.done, 'resync');
      return true;
    }
    this.figures.changes += 1;
    socket.serializeAttachment(after);
    return true;
  }

  #pingedAt(socket: WebSocket): number | null {
    return this.#parts.sockets.getWebSocketAutoResponseTimestamp(socket)?.getTime() ?? null;
  }

  #isClosedAsSilent(socket: WebSocket): boolean {
    if (!isSilent(stateOf(socket), this.#pingedAt(socket), Date.now())) return false;
    this.figures.silent += 1;
    socket.close(WATCH_CLOSE_CODES.silent, 'no ping came in time');
    return true;
  }
}

function resync(revision: string): Frame {
  const text = JSON.stringify({ type: 'resync', revision });
  return { text, bytes: text.length, revision, isResync: true };
}

/** One without a state, which only another release can have left, counts as silent unless it pings. */
function stateOf(socket: WebSocket): WatcherState {
  const value: unknown = socket.deserializeAttachment();
  return isState(value) ? value : { revision: '', acceptedAt: 0, sentAt: 0, unreadBytes: 0 };
}

function isState(value: unknown): value is WatcherState {
  return (
    typeof value === 'object' &&
    value !== null &&
    'revision' in value &&
    typeof value.revision === 'string' &&
    'acceptedAt' in value &&
    typeof value.acceptedAt === 'number' &&
    'sentAt' in value &&
    typeof value.sentAt === 'number' &&
    'unreadBytes' in value &&
    typeof value.unreadBytes === 'number'
  );
}
