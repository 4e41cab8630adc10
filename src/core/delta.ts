/** What changed in the list since a revision. */
import type { Directory } from './leases/directory.ts';
import { encodeEntry } from './query.ts';
import { encodeUtf8 } from './utf8.ts';

/** A delta of so few ids is never worth replacing by the whole list. */
const SMALL_DELTA = 100;

/**
 * As UTF-8 JSON: `{revision, since, changed, removed, timestamp}`; `full` where that is not known (the registry was
 * loaded again, or too much has happened) or the whole list would be the smaller answer.
 */
export function answerSince(since: number, directory: Directory, now: number): Uint8Array | 'full' {
  const ids = directory.changedSince(since);
  if (ids === undefined || ids.size > Math.max(directory.liveCount, SMALL_DELTA)) return 'full';
  const changed: string[] = [];
  const removed: string[] = [];
  for (const serverId of ids) {
    const found = directory.find(serverId);
    if (found?.status === 'live') changed.push(encodeEntry(found.lease, null, null));
    else removed.push(JSON.stringify(serverId));
  }
  return encodeUtf8(
    `{"revision":${directory.revision},"since":${since},"changed":[${changed.join(',')}],"removed":[${removed.join(',')}],"timestamp":${now}}`,
  );
}
