/** What changed in the list since a revision. */
import { join } from './bytes.ts';
import type { Directory } from './directory.ts';
import type { Encode } from './lease.ts';
import { encodeEntry } from './queries/entry.ts';
import type { Snapshot } from './snapshot.ts';

/** A delta of so few ids is never worth replacing by the whole list. */
const SMALL_DELTA = 100;

/** Bytes of entries from which on the whole list, which is there already, is sent rather than one more copy of most. */
const MAX_DELTA_BYTES = 8_000_000;

/**
 * As UTF-8 JSON: `{revision, since, changed, removed, timestamp}`, or the whole list with `full: true` where that is not
 * known (the registry was loaded again, or too much has happened) or would hardly be the larger answer.
 */
export function answerSince(
  since: number,
  directory: Directory,
  snapshot: Snapshot,
  now: number,
  encode: Encode,
): Uint8Array {
  directory.expire(now);
  const ids = directory.changedSince(since);
  if (ids === undefined || ids.size > Math.max(directory.liveCount, SMALL_DELTA))
    return snapshot.full(since, now);
  const changed: Uint8Array[] = [];
  let bytes = 0;
  const removed: string[] = [];
  for (const serverId of ids) {
    const found = directory.find(serverId);
    if (found?.status !== 'live') {
      removed.push(JSON.stringify(serverId));
      continue;
    }
    const entry = encode((bytes === 0 ? '' : ',') + encodeEntry(found.lease, null, null));
    bytes += entry.byteLength;
    if (bytes > MAX_DELTA_BYTES) return snapshot.full(since, now);
    changed.push(entry);
  }
  const head = encode(`{"revision":${directory.revision},"since":${since},"changed":[`);
  const tail = encode(`],"removed":[${removed.join(',')}],"timestamp":${now}}`);
  return join([head, ...changed, tail]);
}
