/** Holds the list up to date by asking, again and again, what changed since the revision it has. */
import type { DeltaAnswer, Entry } from '../protocol/protocol.ts';
import type { CallOptions } from './connection.ts';
import type { Environment } from './environment.ts';
import { RegistryError } from './errors.ts';
import { jitteredMs, retryInMs } from './pacing.ts';

/** How a list is watched. */
export interface WatchOptions extends CallOptions {
  /** Milliseconds between two questions, ± 10 %; 5,000 if absent. */
  everyMs?: number;
  /** Told of each question that failed, for the `attempt`th time in a row; the next one is due in `retryInMs`. */
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
  revision: number;
  /** When the registry took this picture, in epoch milliseconds. */
  timestamp: number;
}

const DEFAULT_EVERY_MS = 5000;

/**
 * The list at first, then each change of it, until the signal is aborted or the loop that reads it is left. A failure
 * ends nothing: it asks again, soon and then ever more slowly, up to the normal pace. After a restart of the registry
 * the whole list comes anew, and what is told is the difference. `lastSeen` of an entry is as of its last change.
 */
export async function* watch(
  ask: (since: number, options: CallOptions) => Promise<DeltaAnswer>,
  environment: Environment,
  options: WatchOptions = {},
): AsyncGenerator<ListChange, void, void> {
  const { everyMs = DEFAULT_EVERY_MS, signal, onFailed, timeoutMs } = options;
  if (!(everyMs > 0)) throw new RangeError(`everyMs must be above 0, but is ${everyMs}`);
  const limits = { ...(signal !== undefined && { signal }), ...(timeoutMs !== undefined && { timeoutMs }) };
  const servers = new Map<string, Entry>();
  // No registry has a revision as old as this, so the first answer is the whole list.
  let since = 0;
  let isFirst = true;
  let attempt = 0;
  const isAborted = () => signal?.aborted === true;
  while (!isAborted()) {
    let waitMs: number;
    try {
      const answer = await ask(since, limits);
      const { changed, removed } = applyDelta(servers, answer);
      since = answer.revision;
      attempt = 0;
      const { revision, timestamp } = answer;
      if (isFirst || changed.length > 0 || removed.length > 0) {
        isFirst = false;
        yield { servers, changed, removed, revision, timestamp };
      }
      waitMs = jitteredMs(everyMs, environment.random());
    } catch (error) {
      if (!(error instanceof RegistryError)) throw error;
      if (error.fault.kind === 'aborted') return;
      attempt += 1;
      const retryAfterMs = error.fault.kind === 'refused' ? error.fault.retryAfterMs : undefined;
      const failure = { attempt, intervalMs: everyMs, hopeless: error.hopeless, retryAfterMs };
      waitMs = retryInMs(failure, environment.random());
      onFailed?.({ error, attempt, retryInMs: waitMs });
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
