/** What changed in the list since a revision. */
import type { Directory } from './directory.ts';
import type { Encode } from './lease.ts';
import { encodeEntry } from './query.ts';
import type { Snapshot } from './snapshot.ts';

/** A delta of so few ids is never worth replacing by the whole list. */
const SMALL_DELTA = 100;

/**
 * As UTF-8 JSON: `{revision, since, changed, removed, timestamp}`, or the whole list with `full: true` where that is not
 * known (the registry was loaded again, or too much has happened) or would be the smaller answer.
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
  const changed: string[] = [];
  const removed: string[] = [];
  for (const serverId of ids) {
    const found = directory.find(serverId);
    if (found?.status === 'live') changed.push(encodeEntry(found.lease, null, null));
    else removed.push(JSON.stringify(serverId));
  }
  return encode(
    `{"revision":${directory.revision},"since":${since},"changed":[${changed.join(',')}],"removed":[${removed.join(',')}],"timestamp":${now}}`,
  );
}
