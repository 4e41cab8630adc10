/** What the registry tells of itself. */
import { z } from 'zod';
import { listFileStats } from './list-file-stats.ts';
import { socketCounts } from './session-offer.ts';
import { epochMs } from './times.ts';

/** What an object tells of itself. */
const objectStats = z.object({
  live: z.int(),
  stale: z.int(),
  revision: z.int(),
  nextAlarmAt: epochMs.nullable(),
  sweeps: z.int(),
  swept: z.int(),
  lastSweep: z.object({ at: epochMs, deleted: z.int(), tookMs: z.int() }).nullable(),
  checkpoints: z.int(),
  saves: z.int().describe('Saves of what moved, each one row.'),
  failedSaves: z.int().describe('Saves that the disk refused; each was tried again.'),
  loads: z.int().describe('Times that the object was loaded from disk: after each sleep, deploy and crash.'),
  heartbeats: z.int(),
  reads: z.int(),
  absence: z
    .object({ from: epochMs, until: epochMs, leases: z.int() })
    .nullable()
    .describe('The last time the registry itself was away, and how many leases it extended on coming back.'),
  setAside: z.int().describe('Rows on disk that could not be read and were set aside.'),
  signing: z
    .enum(['on', 'off', 'malformed key'])
    .describe('Whether lists are signed with BOOTSTRAP_SIGNING_KEY.'),
  listBytes: z.int().describe('UTF-8 bytes of the entries of all servers held; at most MAX_LIST_BYTES.'),
  ...socketCounts,
  streams: z
    .object({ heldBytes: z.int(), cut: z.int() })
    .describe('Bytes of answers that slow readers hold in memory, and readers cut off for being slow.'),
  listFile: listFileStats.optional(),
});

/** Answer to `GET /stats`. The counters go on over evictions; see `docs/api.md`. */
export const statsAnswer = objectStats.extend({
  shards: z
    .int()
    .optional()
    .describe('Objects of the list, where they are several or SHARDS says another number.'),
  configuredShards: z
    .int()
    .optional()
    .describe('SHARDS, where the list was created with another number, and so keeps that.'),
  perShard: z
    .array(objectStats.nullable())
    .optional()
    .describe(
      'Of each object, where there are several: the other members are their sums. Null of one that did not answer, without which the sums are.',
    ),
});

/** Of one object. */
export type ObjectStats = z.infer<typeof objectStats>;
