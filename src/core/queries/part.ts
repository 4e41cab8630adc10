/** One object's part of a page: its own first entries behind the cursor, with what it takes to merge them. */
import type { PagePart } from '../../protocol/shards/parts.ts';
import type { Query } from '../../protocol/query.ts';
import type { Directory } from '../leases/directory.ts';
import { frame } from '../shards/framed.ts';
import { encodeUtf8 } from '../utf8.ts';
import { encodeEntry } from './entry.ts';
import { missingMembers } from './missing-members.ts';
import { select } from './page.ts';
import { Work } from './work.ts';

/** How long a part may be. Its first entry is in it however large it is. */
export interface PartLimits {
  readonly maxEntries: number;
  readonly maxBytes: number;
}

/**
 * A framed `PagePart`: the entries follow it, without anything between them. Throws `QueryRefused` where the query
 * would take too long; what it compares with is for all objects together to say.
 */
export function answerPart(
  directory: Pick<Directory, 'live'>,
  query: Query,
  { maxEntries, maxBytes }: PartLimits,
  taken: Pick<PagePart, 'takenAt' | 'etag'>,
  work: Work = new Work(),
): Uint8Array {
  const { selection, total } = select(directory, { ...query, limit: maxEntries }, work);
  const page = selection.inOrder();
  const entries: [rank: number, serverId: string, byteLength: number][] = [];
  const encoded: Uint8Array[] = [];
  let bytes = 0;
  for (const { lease, km, rank } of page) {
    const entry = encodeUtf8(encodeEntry(lease, km, query.fields));
    bytes += entry.byteLength;
    if (entries.length > 0 && bytes > maxBytes) break;
    entries.push([rank, lease.serverId, entry.byteLength]);
    encoded.push(entry);
  }
  const head: PagePart = {
    entries,
    total,
    hasMore: selection.hasMore || entries.length < page.length,
    ...taken,
    ...(total === 0 ? missingMembers(directory, query, work) : { missing: [], isEmpty: false }),
  };
  return frame(head, encoded);
}
