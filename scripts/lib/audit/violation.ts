/** A broken promise, and the account of it: what was asked and acknowledged when, and what was seen. */
import type { Sent } from './history.ts';
import type { Ledger } from './ledger.ts';

/** What may be broken; each is said of one server, or of the registry as a whole. */
export type Rule =
  | 'live server missing'
  | 'live server stale'
  | 'registration forgotten'
  | 'server missing for longer than its own retry'
  | 'dead server listed'
  | 'dead server live'
  | 'dead server not swept'
  | 'deregistered server listed'
  | 'deregistered server held'
  | 'server listed twice'
  | 'unknown server listed'
  | 'acknowledged write not seen'
  | 'wrong answer to a registration'
  | 'downtime made up'
  | 'downtime told at a wrong time'
  | 'downtime not noticed'
  | 'rows not readable'
  | 'follower without the list'
  | 'follower told wrongly'
  | 'pushed change skipped or repeated'
  | 'two lists of one revision'
  | 'unexpected answer';

export interface Violation {
  readonly rule: Rule;
  /** Null where it is not about one server. */
  readonly serverId: string | null;
  readonly round: number;
  /** When it was seen; epoch milliseconds. */
  readonly at: number;
  /** What was expected and what was found, in one line; times are seconds since the run began. */
  readonly detail: string;
  /** Lines that say all else that is known. */
  readonly account: readonly string[];
}

/** Writes of the server that an account shows, the last ones. */
const SHOWN_WRITES = 8;
const SHOWN_DOWNTIMES = 3;

/** Adds to a violation what the ledger knows at this moment; `time` writes epoch milliseconds. */
export function withAccount(
  violation: Omit<Violation, 'account'>,
  ledger: Ledger,
  time: (ms: number) => string,
): Violation {
  const { life } = ledger;
  const { serverId } = violation;
  const writes = serverId === null ? [] : ledger.writes(serverId);
  return {
    ...violation,
    account: [
      `at ${time(violation.at)}: ${violation.detail}`,
      `registry: crashed ${time(life.killedAt)}, started ${time(life.spawnedAt)}, answering from ${time(life.upAt)}`,
      ...(serverId === null ? ledger.downtimes.all : ledger.downtimes.certainFor(serverId))
        .slice(-SHOWN_DOWNTIMES)
        .map(({ from, until }) => `it told of its downtime from ${time(from)} until ${time(until)}`),
      ...(serverId === null ? [] : ledger.sessions.account(serverId, time)),
      ...writes.slice(-SHOWN_WRITES).map((sent) => describeWrite(sent, time)),
    ],
  };
}

function describeWrite({ write, sentAt, doneAt, outcome }: Sent, time: (ms: number) => string): string {
  const brought = write.kind === 'register' ? ` ${JSON.stringify(write.claim)}` : '';
  const metadata = write.kind === 'heartbeat' && write.metadata !== undefined ? ` ${write.metadata}` : '';
  return `${time(sentAt)} to ${time(doneAt)}: ${write.kind}${brought}${metadata}, ${outcome}`;
}
