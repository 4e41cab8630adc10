/** A filtered, sorted page of the list: which entries, in what order, and where the next page begins. */
import { QUERY_LIMITS, type Cursor, type Query } from '../../protocol/query.ts';
import { join } from '../encoding/bytes.ts';
import type { Directory } from '../leases/directory.ts';
import { encodeUtf8 } from '../utf8.ts';
import { encodeEntry } from './entry.ts';
import { Matcher } from './match.ts';
import { Members } from './members.ts';
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
  const matcher = new Matcher(query, work);
  const selection = new Selection(query);
  let total = 0;
  for (const lease of directory.live()) {
    if (!matcher.wants(lease)) continue;
    total += 1;
    selection.offer(lease);
  }
  if (total === 0) assertMembersExist(directory, query, work);
  const page = selection.inOrder();
  const { parts, last, isWhole } = encodeEntries(page, query);
  const next =
    last === undefined || (isWhole && !selection.hasMore)
      ? ''
      : `,"nextCursor":"${encodeCursor({ sort: query.sort, rank: last.rank, serverId: last.lease.serverId })}"`;
  const tail = `],"timestamp":${now},"asked":${JSON.stringify(query.asked)},"total":${total}${next}}\n`;
  return join([encodeUtf8('{"servers":['), ...parts, encodeUtf8(tail)]);
}

/** Hexadecimal UTF-8 of JSON: opaque to clients, and in need of no escaping in a URL. */
export function encodeCursor({ sort, rank, serverId }: Cursor): string {
  return Array.from(encodeUtf8(JSON.stringify([sort, rank, serverId])), (byte) =>
    byte.toString(16).padStart(2, '0'),
  ).join('');
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

/** Members that everybody may compare with, whether any server has them or not. */
const WELL_KNOWN: ReadonlySet<string> = new Set(['players', 'maxPlayers']);

/** A bare name to compare with may be a slip; where none of the servers has such a member, whoever made it is told. */
function assertMembersExist(directory: Pick<Directory, 'live'>, { conditions }: Query, work: Work): void {
  if (!hasAny(directory.live(), () => true)) return;
  for (const condition of conditions) {
    if (condition.kind === 'is' || typeof condition.bound === 'number' || !condition.bound.isBare) continue;
    const { member } = condition.bound;
    if (WELL_KNOWN.has(member)) continue;
    const members = new Members([member], work);
    if (
      hasAny(directory.live(), (lease) => lease.metadata !== null && members.find(lease.metadata)[0] !== -1)
    )
      continue;
    throw new QueryRefused({
      kind: 'invalid-field',
      field: `metadata.${condition.key}`,
      problem: `is compared with "${member}", which is no number, and no server's metadata has such a member: compare it with a number (metadata.${condition.key}${condition.comparison}1) or with another member (metadata.${condition.key}${condition.comparison}metadata.<name>)`,
    });
  }
}

function hasAny<Item>(items: Iterable<Item>, test: (item: Item) => boolean): boolean {
  for (const item of items) if (test(item)) return true;
  return false;
}
