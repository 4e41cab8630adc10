/** Health before presence: asks how the server is, again and again, and has it announced for as long as it is well. */
import type { Environment } from '../../client/client.ts';
import type { Metadata } from '../../protocol/protocol.ts';
import { CommandError } from '../exit-codes.ts';
import type { Log } from '../log.ts';
import type { Announcer } from './announcer.ts';
import type { Check } from './checks.ts';
import type { Query } from './query.ts';

/** So many bad answers in a row take a listed server off: one alone may be a hiccup. */
const BAD_ANSWERS = 2;

export interface Health {
  readonly checks: readonly Check[];
  readonly query: Query | undefined;
  readonly everyMs: number;
  readonly timeoutMs: number;
}

/** What a look at the server comes to. */
type Look =
  { readonly ok: true; readonly metadata: Metadata } | { readonly ok: false; readonly reason: string };

/** Asks everything at once; the first bad answer decides. Rejects with a `CommandError` where asking makes no sense. */
export async function look({ checks, query, timeoutMs }: Health): Promise<Look> {
  try {
    const [metadata] = await Promise.all([
      query === undefined ? {} : query.ask(timeoutMs),
      ...checks.map((check) => check.ask(timeoutMs)),
    ]);
    return { ok: true, metadata };
  } catch (error) {
    if (error instanceof CommandError) throw error;
    return { ok: false, reason: error instanceof Error ? error.message : String(error) };
  }
}

/** Goes on until the signal is aborted. `fixed` is what the flags say of the server; a query's answers come on top. */
export async function watchOver(
  announcer: Announcer,
  health: Health,
  fixed: Metadata,
  surroundings: { readonly environment: Environment; readonly log: Log; readonly signal: AbortSignal },
): Promise<void> {
  const { environment, log, signal } = surroundings;
  let bad = 0;
  while (!signal.aborted) {
    const found = await look(health);
    // What came meanwhile was the order to stop: nothing may be announced after it.
    if (isAborted(signal)) return;
    if (found.ok) {
      if (bad > 0 && !announcer.isUp) log.note({ event: 'well-again' });
      bad = 0;
      announcer.describe({ ...found.metadata, ...fixed });
      announcer.up();
    } else {
      bad += 1;
      if (bad === 1) log.note({ event: 'not-well', text: found.reason }, true);
      if (bad === BAD_ANSWERS && announcer.isUp) await announcer.down(found.reason);
    }
    await pause(health.everyMs, environment, signal);
  }
}

function isAborted(signal: AbortSignal): boolean {
  return signal.aborted;
}

function pause(delayMs: number, environment: Environment, signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    const done = () => {
      cancel();
      signal.removeEventListener('abort', done);
      resolve();
    };
    const cancel = environment.after(delayMs, done, true);
    signal.addEventListener('abort', done);
    if (signal.aborted) done();
  });
}
