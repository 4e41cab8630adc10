/** What the registry counts of its own work, kept with the checkpoint so that evictions do not set it to zero. */
import { z } from 'zod';

export const countersSchema = z.object({
  sweeps: z.int(),
  swept: z.int(),
  lastSweep: z.object({ at: z.int(), deleted: z.int(), tookMs: z.int() }).nullable(),
  checkpoints: z.int(),
  heartbeats: z.int(),
  reads: z.int(),
});

export type Counters = z.infer<typeof countersSchema>;

export function zeroCounters(): Counters {
  return { sweeps: 0, swept: 0, lastSweep: null, checkpoints: 0, heartbeats: 0, reads: 0 };
}
