/** A broken promise, and the account of it: what was asked and acknowledged when, and what was seen. */
import type { Sent } from './history.ts';
import type { Absence, Ledger } from './ledger.ts';

export interface Violation {
  readonly rule: string;
  /** Null where it is not about one server. */
  readonly serverId: string | null;
  readonly round: number;
  /** Lines that say all that is known; times are seconds since the run began. */
  readonly account: readonly string[];
}

/** Writes of the server that an account shows, the last ones. */
const SHOWN_WRITES = 8;
const SHOWN_ABSENCES = 3;

/** Makes the account of a violation from what the ledger knows at this moment. */
export function account(
  ledger: Ledger,
  violation: { rule: string; serverId: string | null; round: number; seen: string; at: number },
  beganAt: number,
): Violation {
  const { rule, serverId, round, seen, at } = violation;
  const time = (ms: number) => inSeconds(ms - beganAt);
  const { life } = ledger;
  const writes = serverId === null ? [] : (ledger.history(serverId)?.writes ?? []);
  return {
    rule,
    serverId,
    round,
    account: [
      `at ${time(at)}: ${seen}`,
      `registry: crashed ${time(life.killedAt)}, started ${time(life.spawnedAt)}, answering from ${time(life.upAt)}`,
      ...ledger.absences.slice(-SHOWN_ABSENCES).map((absence) => describeAbsence(absence, time)),
      ...writes.slice(-SHOWN_WRITES).map((sent) => describeWrite(sent, time)),
    ],
  };
}

function describeAbsence({ from, until }: Absence, time: (ms: number) => string): string {
  return `it told of its absence from ${time(from)} until ${time(until)}`;
}

function describeWrite({ write, sentAt, doneAt, outcome }: Sent, time: (ms: number) => string): string {
  const brought = write.kind === 'register' ? ` ${JSON.stringify(write.claim)}` : '';
  const metadata = write.kind === 'heartbeat' && write.metadata !== undefined ? ` ${write.metadata}` : '';
  return `${time(sentAt)} to ${time(doneAt)}: ${write.kind}${brought}${metadata}, ${outcome}`;
}

function inSeconds(ms: number): string {
  return Number.isFinite(ms) ? `${(ms / 1000).toFixed(3)} s` : '-';
}
