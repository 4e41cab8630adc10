/** Holds the list up to date by asking, again and again, what changed since the revision it has. */
import type { DeltaAnswer, Entry } from '../protocol/protocol.ts';
import type { PushedChanges, PushSource } from './push.ts';
import { assertTimeout, type Answered, type CallOptions } from './connection.ts';
import type { Environment } from './environment.ts';
import { asRegistryError, type RegistryError } from './errors.ts';
import { callOwner } from './owner.ts';
import { jitteredMs, retryInMs } from './pacing.ts';

/** How a list is watched. */
export interface WatchOptions extends CallOptions {
  /** Milliseconds between two requests, ± 10 %; 5,000 if absent. */
  everyMs?: number;
  /** Told of each request that failed, for the `attempt`th time in a row; the next one is due in `retryInMs`. */
  onFailed?: (failure: { error: RegistryError; attempt: number; retryInMs: number }) => void;
}

/** The list after something in it changed. */
export interface ListChange {
  /** Every live server by its id. Changed in place by the next step: copy it to keep it. */
  servers: ReadonlyMap<string, Entry>;
  /** New and changed entries. */
  changed: readonly Entry[];
  /** The ids that are no longer listed. */
  removed: readonly string[];
  /** Of the registry's list; opaque. */
  revision: string;
  /** When the registry took this picture, in epoch milliseconds. */
  timestamp: number;
}

const DEFAULT_EVERY_MS = 5000;

/** In place of a revision: the whole list. */
const EVERYTHING = '0';

/** The longest that `Retry-After` may put off the next request, where the pace itself is not slower. */
const LONGEST_WAIT_MS = 300_000;

/**
 * The list at first, then each change of it, until the signal is aborted or the loop that reads it is left. A failure
 * ends nothing, nor does an `onFailed` that throws: it asks again, soon and then ever more slowly, up to the normal
 * pace; after as long as `Retry-After` asked for, but no more than five minutes. After a restart of the registry the
 * whole list comes anew, and what is told is the difference. `lastSeen` of an entry is as of its last change.
 *
 * Where `push` has a source, changes come from that as long as it gives any, and are asked for in between.
 *
 * No list grows for ever: after `maxListBytes` of changes the whole of it is asked for anew.
 */
export async function* watch(
  ask: (since: string, options: CallOptions) => Promise<Answered<DeltaAnswer>>,
  environment: Environment,
  maxListBytes: number,
  options: WatchOptions = {},
  push?: PushSource,
): AsyncGenerator<ListChange, void, void> {
  const { everyMs = DEFAULT_EVERY_MS, signal, onFailed, timeoutMs } = options;
  if (!(everyMs > 0)) throw new RangeError(`everyMs must be above 0, but is ${everyMs}`);
  if (timeoutMs !== undefined) assertTimeout(timeoutMs);
  const limits = { ...(signal !== undefined && { signal }), ...(timeoutMs !== undefined && { timeoutMs }) };
  const servers = new Map<string, Entry>();
  let since = EVERYTHING;
  let changedBytes = 0;
  let isFirst = true;
  let attempt = 0;
  const isAborted = () => signal?.aborted === true;
  while (!isAborted()) {
    let waitMs: number;
    let change: ListChange | undefined;
    let pushed: PushedChanges | undefined;
    try {
      const { answer, bytes } = await ask(since, limits);
      // Whatever it says of itself, the answer to the first request is the whole list.
      const isFull = since === EVERYTHING || answer.full === true;
      const { changed, removed } = applyDelta(servers, { ...answer, ...(isFull && { full: true }) });
      const { revision, timestamp } = answer;
      changedBytes = isFull ? 0 : changedBytes + bytes;
      since = changedBytes > maxListBytes ? EVERYTHING : revision;
      attempt = 0;
      if (isFirst || changed.length > 0 || removed.length > 0) {
        isFirst = false;
        change = { servers, changed, removed, revision, timestamp };
      }
      waitMs = jitteredMs(everyMs, environment.random());
      if (since !== EVERYTHING && !isAborted()) pushed = push?.(since, signal);
    } catch (thrown) {
      const error = asRegistryError(thrown, 'the request for changes');
      const { fault } = error;
      if (fault.kind === 'aborted') return;
      attempt += 1;
      const retryAfterMs = fault.kind === 'refused' ? fault.retryAfterMs : undefined;
      const failure = { attempt, intervalMs: everyMs, permanent: error.permanent, retryAfterMs };
      const longestMs = Math.max(everyMs, LONGEST_WAIT_MS);
      const retryMs = retryInMs({ ...failure, longestMs }, environment.random());
      waitMs = retryMs;
      callOwner(() => onFailed?.({ error, attempt, retryInMs: retryMs }));
    }
    if (pushed === undefined) {
      if (change !== undefined) yield change;
    } else {
      try {
        if (change !== undefined) yield change;
        for await (const { answer, bytes } of pushed.changes) {
          const { changed, removed } = applyDelta(servers, answer);
          const { revision, timestamp } = answer;
          changedBytes += bytes;
          since = changedBytes > maxListBytes ? EVERYTHING : revision;
          if (changed.length > 0 || removed.length > 0) {
            yield { servers, changed, removed, revision, timestamp };
          }
          if (since === EVERYTHING) break;
        }
      } finally {
        pushed.close();
      }
      waitMs = pushed.waitMs() ?? waitMs;
    }
    await pause(waitMs, environment, signal);
  }
}

/** Makes a list what the answer says it is, and tells what that changed: of a whole list, the difference. */
export function applyDelta(
  servers: Map<string, Entry>,
  answer: DeltaAnswer,
): { changed: Entry[]; removed: string[] } {
  const listed = new Set(answer.changed.map((entry) => entry.serverId));
  const gone = answer.full === true ? [...servers.keys()].filter((id) => !listed.has(id)) : answer.removed;
  const removed = gone.filter((id) => servers.delete(id));
  const changed = answer.changed.filter((entry) => !isSame(entry, servers.get(entry.serverId)));
  for (const entry of answer.changed) servers.set(entry.serverId, entry);
  return { changed, removed };
}

/** But for when it was last heard, which is no change. */
function isSame(entry: Entry, before: Entry | undefined): boolean {
  return (
    before !== undefined && JSON.stringify({ ...entry, lastSeen: before.lastSeen }) === JSON.stringify(before)
  );
}

function pause(delayMs: number, environment: Environment, signal: AbortSignal | undefined): Promise<void> {
  return new Promise((resolve) => {
    const cancel = environment.after(delayMs, done, true);
    function done(): void {
      cancel();
      signal?.removeEventListener('abort', done);
      resolve();
    }
    signal?.addEventListener('abort', done);
    if (signal?.aborted) done();
  });
}
