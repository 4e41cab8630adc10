/** What is decided about a round before it begins: when crashes come, how long the registry is down, who lets it sleep. */
import type { Terms } from '../lib/audit/terms.ts';
import { randomStream, type Random } from '../lib/random.ts';

/**
 * The terms of the rounds with traffic: as short as leaves room for a restart within a lease. No share of the TTL is whole:
 * a time with a part of a millisecond was once saved, and not read back.
 */
export const SHORT_TERMS: Terms = {
  ttlMs: 4505,
  heartbeatEveryMs: 1000,
  sweepIntervalMs: 500,
  checkpointIntervalMs: 500,
  snapshotMaxAgeMs: 250,
};

/**
 * Those of the rounds in which the object sleeps between two heartbeats: one registry whose leases end within a few
 * rounds if heartbeats are lost, and one whose alarm is so seldom that it saves almost none of them by chance.
 */
export const SLEEPY_TERMS: readonly Terms[] = [
  { ...SHORT_TERMS, ttlMs: 60_000, heartbeatEveryMs: 20_000, checkpointIntervalMs: 15_000 },
  { ...SHORT_TERMS, ttlMs: 240_000, heartbeatEveryMs: 20_000, checkpointIntervalMs: 60_000 },
];

/** A SIGKILL; durations in milliseconds. */
export interface Crash {
  /** From the first answer of this life to the SIGKILL; from the start of the process where that is crashed itself. */
  readonly afterMs: number;
  readonly isWhileStarting: boolean;
  /** From the SIGKILL to the next start, on top of what the start itself takes. */
  readonly downMs: number;
}

/** A while without any call, and what ends it. */
export interface QuietPhase {
  readonly quietMs: number;
  readonly endedBy: 'list' | 'heartbeats' | 'crash';
}

/** One round; `kind` is how it is called in the summary. */
export type RoundPlan =
  | {
      readonly kind:
        | 'restart at once'
        | 'short outage'
        | 'long outage'
        | 'crash while starting'
        | 'crashes one after another';
      readonly crashes: readonly Crash[];
    }
  | {
      readonly kind: 'asleep' | 'asleep, then crashed';
      /** Which of `SLEEPY_TERMS`. */
      readonly registry: number;
      readonly phases: readonly QuietPhase[];
    };

/** The longest a start is given before it is crashed: a little more than most take until they answer. */
const STARTING_MS = 1800;
/** The runtime drops an object from memory 10 s after its last call, and a timer that saves may delay it. */
const ASLEEP_AFTER_MS = 12_500;

/** The plan of a round: the same for the same seed and round, whatever came before. */
export function planRound(seed: number, round: number): RoundPlan {
  const random = randomStream(seed, `plan of round ${round}`);
  if (random.chance(0.25)) return planSleep(random);
  const kind = random.next();
  const once = (downMs: number): Crash => ({
    afterMs: random.between(300, 3000),
    isWhileStarting: false,
    downMs,
  });
  if (kind < 0.4) return { kind: 'restart at once', crashes: [once(0)] };
  if (kind < 0.6) {
    // Around the time from which on the registry must notice.
    const downMs = random.between(0, 2 * SHORT_TERMS.heartbeatEveryMs);
    return { kind: 'short outage', crashes: [once(downMs)] };
  }
  if (kind < 0.7) {
    // All leases are over when it comes back.
    return { kind: 'long outage', crashes: [once(SHORT_TERMS.ttlMs * random.between(1, 1.5))] };
  }
  if (kind < 0.85) {
    const starting = { afterMs: random.between(0, STARTING_MS), isWhileStarting: true, downMs: 0 };
    return { kind: 'crash while starting', crashes: [once(0), starting] };
  }
  const crashes = Array.from({ length: 3 + random.below(3) }, () => ({
    afterMs: random.between(50, 900),
    isWhileStarting: false,
    downMs: 0,
  }));
  return { kind: 'crashes one after another', crashes };
}

function planSleep(random: Random): RoundPlan {
  const quiet = (endedBy: QuietPhase['endedBy']): QuietPhase => ({
    quietMs: ASLEEP_AFTER_MS + random.between(0, 3500),
    endedBy,
  });
  const registry = random.below(SLEEPY_TERMS.length);
  const phases = random.chance(0.5) ? [quiet('heartbeats')] : [];
  if (random.chance(0.6)) return { kind: 'asleep', registry, phases: [...phases, quiet('list')] };
  return { kind: 'asleep, then crashed', registry, phases: [...phases, quiet('crash')] };
}
