/** A filtered, sorted page of the list: which entries, in what order, and where the next page begins. */
import { pageTail, refuseMember } from '../../protocol/page.ts';
import { QUERY_LIMITS, type Query } from '../../protocol/query.ts';
import { join } from '../../protocol/bytes.ts';
import type { Directory } from '../leases/directory.ts';
import { encodeUtf8 } from '../utf8.ts';
import { encodeEntry } from './entry.ts';
import { Matcher } from './match.ts';
import { missingMembers } from './missing-members.ts';
import { Selection, type Match } from './order.ts';
import { QueryRefused, Work } from './work.ts';

/** Characters from which on a part of the page is encoded. */
const PART_CHARACTERS = 32_000;

/**
 * The page as a line of UTF-8 JSON: `{servers, timestamp, asked, total, nextCursor?}`; `total` counts the matches of all pages.
 * Throws `QueryRefused` where the query would take too long, or compares with a member that no entry has.
 */
export function answerQuery(
  directory: Pick<Directory, 'live'>,
  query: Query,
  now: number,
  work: Work = new Work(),
): Uint8Array {
  const { selection, total } = select(directory, query, work);
  if (total === 0) assertMembersExist(directory, query, work);
  const page = selection.inOrder();
  const { parts, last, isWhole } = encodeEntries(page, query);
  const next =
    last === undefined || (isWhole && !selection.hasMore)
      ? null
      : { sort: query.sort, rank: last.rank, serverId: last.lease.serverId };
  const tail = pageTail(query.asked, total, now, next);
  return join([encodeUtf8('{"servers":['), ...parts, encodeUtf8(tail)]);
}

/** The matches of the page among all live entries, and how many there are on all pages. Throws as `answerQuery`. */
export function select(directory: Pick<Directory, 'live'>, query: Query, work: Work) {
  const matcher = new Matcher(query, work);
  const selection = new Selection(query);
  let total = 0;
  for (const lease of directory.live()) {
    if (!matcher.wants(lease)) continue;
    total += 1;
    selection.offer(lease);
  }
  return { selection, total };
}

/**
 * In parts of some entries each, commas included, as far as the bytes of a page go: one text of all would take their
 * memory once more, and bytes of each entry by itself twice the time.
 */
function encodeEntries(page: readonly Match[], { fields }: Query) {
  const parts: Uint8Array[] = [];
  let bytes = 0;
  let last: Match | undefined;
  let text = '';
  for (const [index, match] of page.entries()) {
    text += (index === 0 ? '' : ',') + encodeEntry(match.lease, match.km, fields);
    if (text.length < PART_CHARACTERS && index < page.length - 1) continue;
    const part = encodeUtf8(text);
    bytes += part.byteLength;
    if (last !== undefined && bytes > QUERY_LIMITS.pageBytes) return { parts, last, isWhole: false };
    parts.push(part);
    last = match;
    text = '';
  }
  return { parts, last, isWhole: true };
}

/** A bare name to compare with may be a slip; where none of the servers has such a member, whoever made it is told. */
function assertMembersExist(directory: Pick<Directory, 'live'>, query: Query, work: Work): void {
  const { missing, isEmpty } = missingMembers(directory, query, work);
  const [first] = missing;
  if (first !== undefined && !isEmpty) throw new QueryRefused(refuseMember(query, first));
}
