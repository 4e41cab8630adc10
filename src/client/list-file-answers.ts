/** Checks that the files of a list have the shape that their types promise. */
import type { ListFile, ListManifest } from '../protocol/list-file.ts';
import { arrayOf, isCount, isDuration, isEntry, isString, optional, shaped } from './answers.ts';

/** A list as a file, or a part of it. */
export const isListFile = shaped<ListFile>({
  part: shaped<ListFile['part']>({ list: isString, shard: isCount, shards: isCount }),
  ttlMs: isDuration,
  servers: arrayOf(isEntry),
  timestamp: isCount,
  signature: optional(isString),
});

/** A name that leads nowhere but to a file beside the manifest. */
const isFileName = (value: unknown): value is string =>
  typeof value === 'string' && /^[\w-]{1,64}\.json$/.test(value);

const hasParts = shaped<ListManifest>({ list: isString, shards: isDuration, parts: arrayOf(isFileName) });

/** Names the parts of a list. */
export const isListManifest = (value: unknown): value is ListManifest =>
  hasParts(value) && value.parts.length === value.shards;
