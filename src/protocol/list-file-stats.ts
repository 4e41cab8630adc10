/** What `/stats` says of the list as a file. */
import { z } from 'zod';

const epochMs = z.int().nonnegative().describe('Epoch milliseconds.');

export const listFileStats = z
  .object({
    writtenAt: epochMs.nullable(),
    written: z.int(),
    failed: z.int(),
    lastFailure: z.object({ at: epochMs, reason: z.string() }).nullable(),
  })
  .describe('The list as a file: when and how often it was written. Absent where LIST_FILES is not bound.');
