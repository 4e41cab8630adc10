/** What changed in the list since a revision. */
import { join } from '../../protocol/bytes.ts';
import type { DeltaPart } from '../../protocol/shards/parts.ts';
import type { Directory } from '../leases/directory.ts';
import { encodeEntry } from '../queries/entry.ts';
import { frame } from '../shards/framed.ts';
import { encodeUtf8 } from '../utf8.ts';
import { isMost } from './changes.ts';

/** Bytes of entries from which on the whole list, which is there already, is sent rather than one more copy of most. */
const MAX_DELTA_BYTES = 8_000_000;

/**
 * As a line of UTF-8 JSON: `{revision, since, changed, removed, timestamp}`; `full` where that is not known (the registry was
 * loaded again, or too much has happened) or the whole list would hardly be the larger answer.
 */
export function answerSince(since: string, directory: Directory, now: number): Uint8Array | 'full' {
  const changes = changesSince(since, directory, MAX_DELTA_BYTES);
  if (changes === 'full') return 'full';
  const head = encodeUtf8(
    `{"revision":"${directory.revision.toString()}","since":${JSON.stringify(since)},"changed":[`,
  );
  const removed = changes.removed.map((serverId) => JSON.stringify(serverId)).join(',');
  const tail = encodeUtf8(`],"removed":[${removed}],"timestamp":${now}}\n`);
  return join([head, ...changes.changed, tail]);
}

/** The same of one object among several: a framed `DeltaPart`. It is full where the entries take more than `maxBytes`. */
export function partSince(since: string, directory: Directory, maxBytes: number, now: number): Uint8Array {
  const changes = changesSince(since, directory, maxBytes);
  const revision = directory.revision.toString();
  if (changes === 'full') {
    return frame({ revision, full: true, removed: [], takenAt: now } satisfies DeltaPart, []);
  }
  const { changed, removed } = changes;
  return frame({ revision, full: false, removed, takenAt: now } satisfies DeltaPart, changed);
}

/** The entries by commas, and the ids that are gone. */
function changesSince(
  since: string,
  directory: Directory,
  maxBytes: number,
): { readonly changed: Uint8Array[]; readonly removed: string[] } | 'full' {
  const ids = directory.changedSince(since);
  if (ids === undefined || isMost(ids.size, directory.liveCount)) return 'full';
  const changed: Uint8Array[] = [];
  let bytes = 0;
  const removed: string[] = [];
  for (const serverId of ids) {
    const found = directory.find(serverId);
    if (found?.status !== 'live') {
      removed.push(serverId);
      continue;
    }
    const entry = encodeUtf8((bytes === 0 ? '' : ',') + encodeEntry(found.lease, null, null));
    bytes += entry.byteLength;
    if (bytes > maxBytes) return 'full';
    changed.push(entry);
  }
  return { changed, removed };
}
