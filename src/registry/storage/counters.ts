/** What the registry counts of its own work, saved with the leases so that a load from disk does not set it to zero. */
import { z } from 'zod';

const count = z.int().nonnegative().default(0);

/** Every member has a default: a counter that a newer release adds must not make yesterday's rows unreadable. */
export const countersSchema = z.object({
  sweeps: count,
  swept: count,
  lastSweep: z.object({ at: z.int(), deleted: count, tookMs: count }).nullable().default(null),
  checkpoints: count,
  saves: count,
  /** Saves that the disk refused; each was tried again. */
  failedSaves: count,
  /** Times that the object was loaded from disk: after each sleep, deploy and crash. */
  loads: count,
  heartbeats: count,
  reads: count,
  /** Registrations accepted, those that overwrote an entry too. */
  registrations: count,
  /** Servers taken off the list at their own word. */
  deregistrations: count,
  /** Milliseconds of all sweeps together, each from its first slice to its last. */
  sweepMs: count,
  /** Times that the registry found it had been down, and the leases it then extended. */
  downtimes: count,
  extendedLeases: count,
});

export type Counters = z.infer<typeof countersSchema>;

export function zeroCounters(): Counters {
  return countersSchema.parse({});
}
