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
import type { Part } from './part.ts';
import { WatcherRoster, type Sockets, type Watcher } from './watcher-roster.ts';

/** A push to so many takes about 5 ms; between two of them the object answers. */
const SOCKETS_A_STEP = 250;

/** Sockets that there may be for each watcher: those that are closed, and did not answer yet, are among them. */
const SOCKETS_A_PLACE = 2;

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
  /** As the runtime holds it. */
  readonly bytes: number;
  readonly revision: string;
  readonly isResync: boolean;
}

/** Where a push is: told so far are those before `next`. */
interface Progress {
  readonly open: readonly Watcher[];
  readonly next: number;
  /** Of the list when it began. */
  readonly revision: string;
  /** Those to ask whether they read, when all have the change. */
  readonly toAsk: Watcher[];
}

const utf8 = new TextDecoder();

export class Watchers {
  readonly #parts: WatcherParts;
  readonly #roster: WatcherRoster;
  #timer: ReturnType<typeof setTimeout> | null = null;
  #lastPushAt = -Infinity;
  readonly figures: WatchFigures = { changes: 0, resyncs: 0, silent: 0, refused: 0 };

  constructor(parts: WatcherParts) {
    this.#parts = parts;
    this.#roster = new WatcherRoster(parts.sockets);
  }

  /** Those whose sockets are open. */
  get count(): number {
    return this.#roster.openCount;
  }

  /** Whether somebody may have to be told of a change. */
  get isAny(): boolean {
    return this.count > 0;
  }

  /**
   * Accepts one more, which has the list of a revision; the first frame goes at once. Call `expire` first. Refused where
   * there are as many as there may be, and where the object has a part of the list alone.
   */
  accept(since: string): WebSocket | WatchRefusal {
    if ((this.#parts.part.shard?.count ?? 1) > 1) return { kind: 'not-watchable' };
    const { maxWatchers, now } = this.#parts;
    const roster = this.#roster;
    if (this.count >= maxWatchers) this.closeSilent();
    if (this.count >= maxWatchers || roster.size >= SOCKETS_A_PLACE * maxWatchers) {
      this.figures.refused += 1;
      return { kind: 'too-many-watchers', maxWatchers, retryAfterMs: WATCHERS_FULL_RETRY_MS };
    }
    const { 0: theirs, 1: ours } = new WebSocketPair();
    const isFirst = !this.isAny;
    const state = { revision: since, acceptedAt: Date.now(), unreadBytes: 0, check: null };
    const watcher = roster.accept(ours, state);
    const toAsk: Watcher[] = [];
    this.#tell(watcher, this.#frame(since, now()), toAsk);
    this.#ask(toAsk);
    if (isFirst) this.#parts.onFirst();
    return theirs;
  }

  /** The list changed. */
  changed(): void {
    if (!this.isAny || this.#timer !== null) return;
    this.#timer = setTimeout(
      () => {
        this.#lastPushAt = Date.now();
        const revision = this.#parts.directory.revision.toString();
        this.#step({ open: this.#roster.open(), next: 0, revision, toAsk: [] });
      },
      pushDelayMs(this.#lastPushAt, Date.now()),
    );
  }

  /** The list got several objects, of which each has its own changes alone: those who follow one would miss the others'. */
  endAll(): void {
    for (const watcher of this.#roster.open()) {
      this.#roster.close(watcher, WATCH_CLOSE_CODES.done, 'the list has several objects');
    }
  }

  /** The other end closed: answers, which the runtime leaves to us. 1006 stands for an end that nobody can answer. */
  closed(socket: WebSocket, code: number, reason: string): void {
    this.#roster.remove(socket);
    if (code !== 1006) socket.close(code === 1005 ? 1000 : code, reason);
  }

  /** A message of a watcher: it has nothing to say but that it read, and `ping`, which the runtime answers. */
  message(socket: WebSocket, data: string | ArrayBuffer): void {
    const watcher = this.#roster.find(socket);
    const word = typeof data === 'string' && data.startsWith(READ) ? data.slice(READ.length) : undefined;
    const after = word === undefined ? undefined : afterAnswer(watcher.state, word);
    if (after === undefined) {
      const reason = 'a watcher sends the text ping, and what it is asked for';
      this.#roster.close(watcher, WATCH_CLOSE_CODES.badFrame, reason);
      return;
    }
    this.#roster.keep(watcher, after);
    // It may have waited.
    if (after.revision !== this.#parts.directory.revision.toString()) this.changed();
  }

  /** Closes those that stopped to ping, or did not say that they read. */
  closeSilent(): void {
    if (this.#roster.size === 0) return;
    this.#roster.refresh();
    const at = Date.now();
    for (const watcher of this.#roster.open()) {
      if (!isSilent(watcher.state, this.#roster.pingedAt(watcher), at)) continue;
      this.figures.silent += 1;
      this.#roster.close(watcher, WATCH_CLOSE_CODES.silent, 'no ping, or no word that it read, came in time');
    }
  }

  /** Tells some of them, then the rest at the next turn. */
  #step({ open, next, revision, toAsk }: Progress): void {
    this.#timer = null;
    const { directory, now } = this.#parts;
    const current = directory.revision.toString();
    const at = now();
    const frames = new Map<string, Frame>();
    for (const watcher of open.slice(next, next + SOCKETS_A_STEP)) {
      const since = watcher.state.revision;
      if (!watcher.isOpen || since === current) continue;
      const frame = frames.get(since) ?? this.#frame(since, at);
      frames.set(since, frame);
      this.#tell(watcher, frame, toAsk);
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
  #tell(watcher: Watcher, frame: Frame, toAsk: Watcher[]): void {
    const { socket, state } = watcher;
    const limits = {
      shareBytes: shareBytes(this.#roster.size),
      leftBytes: UNREAD_MAX_BYTES - this.#roster.unreadBytes,
    };
    const may = frame.isResync ? 'never' : maySend(state, frame.bytes, limits);
    if (may === 'never') {
      socket.send(resync(frame.revision).text);
      this.#roster.close(watcher, WATCH_CLOSE_CODES.done, 'resync');
      this.figures.resyncs += 1;
      return;
    }
    if (may === 'when-read') {
      if (state.check === null) toAsk.push(watcher);
      return;
    }
    socket.send(frame.text);
    const after = afterSending(state, frame.revision, frame.bytes);
    this.#roster.keep(watcher, after);
    if (isToBeAsked(after, limits.shareBytes)) toAsk.push(watcher);
    this.figures.changes += 1;
  }

  /** Asks some of them whether they read, then the rest at the next turn: each has a word of its own. */
  #ask(watchers: readonly Watcher[]): void {
    for (const watcher of watchers.slice(0, SOCKETS_A_STEP)) {
      if (!watcher.isOpen || watcher.state.check !== null) continue;
      const word = crypto.randomUUID().slice(0, 8);
      const text = checkFrame(word);
      watcher.socket.send(text);
      const bytes = text.length + FRAME_OVERHEAD_BYTES;
      this.#roster.keep(watcher, afterAsking(watcher.state, word, bytes, Date.now()));
    }
    const rest = watchers.slice(SOCKETS_A_STEP);
    if (rest.length > 0) {
      setTimeout(() => {
        this.#ask(rest);
      }, 0);
    }
  }
}

function resync(revision: string): Frame {
  const text = JSON.stringify({ type: 'resync', revision });
  return { text, bytes: text.length + FRAME_OVERHEAD_BYTES, revision, isResync: true };
}
