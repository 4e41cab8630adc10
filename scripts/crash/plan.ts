/** What is decided about a round before it begins: when the crash comes, and how long the registry stays down. */
import { stream } from './random.ts';
import type { Terms } from './terms.ts';

/** One round; durations in milliseconds. */
export interface RoundPlan {
  /** How the round is called in the summary. */
  readonly kind: 'restart at once' | 'short outage' | 'long outage' | 'crash while starting';
  /** From the first answer to the SIGKILL. */
  readonly upMs: number;
  /** From the SIGKILL to the next start, on top of what the start itself takes. */
  readonly downMs: number;
  /** Where there is one: the next start is crashed as well, this long after it began. */
  readonly startingMs: number | null;
}

/** The longest a start is given before it is crashed: a little more than most take until they answer. */
const STARTING_MS = 1800;

/** The plan of a round: the same for the same seed, round and terms, whatever came before. */
export function planRound(seed: number, round: number, terms: Terms): RoundPlan {
  const random = stream(seed, `plan of round ${round}`);
  const upMs = random.between(300, 3000);
  const kind = random.next();
  const length = random.next();
  if (kind < 0.5) return { kind: 'restart at once', upMs, downMs: 0, startingMs: null };
  if (kind < 0.75) {
    // Around the time from which on the registry must notice.
    const downMs = length * 2 * terms.heartbeatEveryMs;
    return { kind: 'short outage', upMs, downMs, startingMs: null };
  }
  if (kind < 0.85) {
    // All leases are over when it comes back.
    return { kind: 'long outage', upMs, downMs: terms.ttlMs * (1 + length / 2), startingMs: null };
  }
  return { kind: 'crash while starting', upMs, downMs: 0, startingMs: length * STARTING_MS };
}
