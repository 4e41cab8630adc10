/** What changed in each object of a list → what changed in the list. */
import { deltaPart } from '../../protocol/shards/parts.ts';
import { joinRevisions, splitRevisions } from '../../protocol/shards/vector.ts';
import { join } from '../../protocol/bytes.ts';
import { unframe } from './unframe.ts';

/** Asks one object what changed after a revision of its own. */
export type AskForChanges = (revision: string, maxBytes: number) => Promise<Uint8Array>;

/** What the entries of a delta may take, as with one object; past that the whole list, which streams, is sent instead. */
const DELTA_MAX_BYTES = 8_000_000;

const utf8 = new TextEncoder();
const COMMA = utf8.encode(',');

/**
 * UTF-8 JSON; null where the whole list is the answer: the revision is of no use, or one of the objects can't tell what
 * changed. Rejects where one can't be asked.
 */
export async function mergeDeltas(
  since: string,
  askers: readonly AskForChanges[],
): Promise<Uint8Array | null> {
  const revisions = splitRevisions(since, askers.length);
  if (revisions === undefined) return null;
  const maxBytes = Math.ceil(DELTA_MAX_BYTES / askers.length);
  const framed = await Promise.all(askers.map((ask, index) => ask(revisions[index] ?? '0', maxBytes)));
  const parts = framed.map((part) => unframe(part, deltaPart));
  if (parts.some(({ head }) => head.full)) return null;
  const revision = joinRevisions(parts.map(({ head }) => head.revision));
  const removed = parts.flatMap(({ head }) => head.removed.map((serverId) => JSON.stringify(serverId)));
  const takenAt = Math.min(...parts.map(({ head }) => head.takenAt));
  const changed = parts.filter(({ bytes }) => bytes.byteLength > 0).map(({ bytes }) => bytes);
  return join([
    utf8.encode(`{"revision":${JSON.stringify(revision)},"since":${JSON.stringify(since)},"changed":[`),
    ...changed.flatMap((bytes, index) => (index === 0 ? [bytes] : [COMMA, bytes])),
    utf8.encode(`],"removed":[${removed.join(',')}],"timestamp":${takenAt}}\n`),
  ]);
}
