/** The list as files, for readers by the million: a manifest that names the parts, and one file for each of them. */
import { z } from 'zod';
import { entry } from './protocol.ts';
import { epochMs } from './times.ts';

/** Which part of which list: number `shard` of `shards`, counted from 0. */
export const listPart = z.object({ list: z.string(), shard: z.int(), shards: z.int() });

/**
 * One part. `signature` is the last member, absent where lists are not signed: the standard base64 of the Ed25519
 * signature over the file without it, which is all bytes before `,"signature":` and then `}` and a newline.
 */
export const listFile = z.object({
  part: listPart,
  ttlMs: z.int().describe('How long a lease lasts: an entry whose `lastSeen` is longer ago is over.'),
  servers: z.array(entry),
  timestamp: epochMs,
  signature: z.string().optional(),
});

/** The manifest: unsigned, because each part says, signed, of how many it is one. `parts` are file names beside it. */
export const listManifest = z.object({ list: z.string(), shards: z.int(), parts: z.array(z.string()) });

export type ListPart = z.infer<typeof listPart>;
export type ListFile = z.infer<typeof listFile>;
export type ListManifest = z.infer<typeof listManifest>;
