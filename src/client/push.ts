/** Changes of the list as the registry pushes them: which way they come, and what to do when none comes. */
import type { DeltaAnswer } from '../protocol/protocol.ts';
import { isDeltaAnswer, isRecord } from './answers.ts';
import type { Answered } from './connection.ts';
import type { Environment } from './environment.ts';

/** How often the registry is told that somebody is still there. */
const PING_EVERY_MS = 20_000;

/** The registry asks whether all that came before was read, with a word to answer: else it sends nothing more. */
const CHECK = /^\{"type":"check","word":"(\w{1,64})"\}$/;
const READ = 'read ';

/** A way that gives nothing for so long is broken: the registry answers each ping. */
const SILENT_AFTER_MS = 45_000;

/** How long a way may take to give its first answer. */
const OPENS_WITHIN_MS = 10_000;

/** When a registry restarts, its watchers come back within so long. */
const SPREAD_MS = 3000;

/** How long nothing is pushed after all ways failed: doubling, up to the last. */
const AGAIN_MS = { first: 30_000, last: 300_000 };

/** What a way is given, and tells. All may be called at any time, also after the end. */
export interface Listener {
  readonly onOpen: () => void;
  /** The text of one frame. */
  readonly onFrame: (text: string) => void;
  /** Something came that is no frame. */
  readonly onAlive: () => void;
  readonly onEnd: () => void;
}

/** An open way. */
export interface Line {
  /** Says something to the registry; undefined where somebody else does. */
  readonly send?: (text: string) => void;
  readonly close: () => void;
}

/** One way in which changes may come. */
export interface Transport {
  readonly open: (since: string, listener: Listener) => Line;
}

/** Changes as they come, each from the revision of the one before; they end when the way does. */
export interface PushedChanges {
  readonly changes: AsyncIterable<Answered<DeltaAnswer>>;
  /** Milliseconds until the list should be asked for; undefined: at the normal pace. */
  readonly waitMs: () => number | undefined;
  readonly close: () => void;
}

/** Gives changes from a revision on; undefined where it is not worth a try now. */
export type PushSource = (since: string, signal: AbortSignal | undefined) => PushedChanges | undefined;

export interface PushParts {
  readonly environment: Environment;
  readonly maxBytes: number;
  readonly signal: AbortSignal | undefined;
}

/** The changes of one way, and whether any came. */
interface Push {
  readonly changes: AsyncIterable<Answered<DeltaAnswer>>;
  readonly hasWorked: () => boolean;
  readonly close: () => void;
}

/** Tries the ways in their order; one that never worked gives way to the next, and after the last there is a pause. */
export function pushSource(
  transports: readonly Transport[],
  open: (transport: Transport, since: string, signal: AbortSignal | undefined) => Push,
  environment: Environment,
): PushSource {
  let at = 0;
  let againMs = AGAIN_MS.first;
  let notBefore = -Infinity;
  return (since, signal) => {
    const transport = transports[at];
    if (transport === undefined || environment.nowMs() < notBefore) return undefined;
    const push = open(transport, since, signal);
    return {
      changes: push.changes,
      close: push.close,
      waitMs() {
        if (push.hasWorked()) {
          againMs = AGAIN_MS.first;
          return environment.random() * SPREAD_MS;
        }
        at += 1;
        if (at < transports.length) return 0;
        at = 0;
        notBefore = environment.nowMs() + againMs * (0.5 + environment.random() / 2);
        againMs = Math.min(AGAIN_MS.last, 2 * againMs);
        return undefined;
      },
    };
  };
}

/** Opens a way. What comes by it is checked as any answer is; a frame that is no change from the last revision ends it. */
export function openPush(
  transport: Transport,
  since: string,
  { environment, maxBytes, signal }: PushParts,
): Push {
  const queue: Answered<DeltaAnswer>[] = [];
  let revision = since;
  let queuedBytes = 0;
  /** The word of a question that waits until all before it is taken. */
  let asked: string | undefined;
  let hasWorked = false;
  let isOver = false;
  let wake: () => void = () => undefined;
  let cancelSilence = environment.after(OPENS_WITHIN_MS, end);
  let cancelPing: () => void = () => undefined;
  const heard = () => {
    cancelSilence();
    if (!isOver) cancelSilence = environment.after(SILENT_AFTER_MS, end);
  };
  const line = transport.open(since, {
    onOpen: heard,
    onAlive: heard,
    onEnd: end,
    onFrame(text) {
      if (isOver) return;
      heard();
      const word = CHECK.exec(text)?.[1];
      if (word !== undefined) {
        asked = word;
        answerIfRead();
        return;
      }
      const answer = deltaIn(text, revision, maxBytes);
      if (answer === undefined) {
        // A resync: the registry works, and the change is to be asked for.
        hasWorked ||= text.includes('"resync"');
        end();
        return;
      }
      hasWorked = true;
      revision = answer.revision;
      queuedBytes += text.length;
      queue.push({ answer, bytes: text.length });
      if (queuedBytes > maxBytes) end();
      wake();
    },
  });
  function end(): void {
    if (isOver) return;
    isOver = true;
    cancelSilence();
    cancelPing();
    signal?.removeEventListener('abort', end);
    line.close();
    wake();
  }
  function ping(): void {
    cancelPing();
    if (isOver || line.send === undefined) return;
    line.send('ping');
    cancelPing = environment.after(PING_EVERY_MS, ping);
  }
  function answerIfRead(): void {
    if (isOver || asked === undefined || queue.length > 0) return;
    line.send?.(READ + asked);
    asked = undefined;
  }
  cancelPing = environment.after(PING_EVERY_MS, ping);
  signal?.addEventListener('abort', end);

  async function* changes(): AsyncGenerator<Answered<DeltaAnswer>, void, void> {
    for (;;) {
      const next = queue.shift();
      if (next !== undefined) {
        queuedBytes -= next.bytes;
        answerIfRead();
        yield next;
      } else if (isOver) return;
      else {
        await new Promise<void>((resolve) => {
          wake = resolve;
        });
      }
    }
  }
  return { changes: changes(), hasWorked: () => hasWorked, close: end };
}

/** The change that a frame tells, if it begins at that revision; a whole list does wherever it is. */
function deltaIn(text: string, since: string, maxBytes: number): DeltaAnswer | undefined {
  if (text.length > maxBytes) return undefined;
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    return undefined;
  }
  if (!isRecord(value) || value['type'] === 'resync' || !isDeltaAnswer(value)) return undefined;
  return value.full === true || value.since === since ? value : undefined;
}
