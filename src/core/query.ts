/** A filtered, sorted page of the list: which entries, in what order, and where the next page begins. */
import { FIELDS, type Cursor, type Field, type Query } from '../protocol/query.ts';
import { distanceKm } from './distance.ts';
import type { Lease } from './leases/lease.ts';
import { encodeUtf8 } from './utf8.ts';

interface Match {
  readonly lease: Lease;
  readonly rank: number;
  readonly km: number | null;
}

/** The page as UTF-8 JSON: `{servers, timestamp, asked, total, nextCursor?}`; `total` counts the matches of all pages. */
export function answerQuery(live: Iterable<Lease>, query: Query, now: number): Uint8Array {
  const matches: Match[] = [];
  let total = 0;
  for (const lease of live) {
    if (!passes(lease, query)) continue;
    total += 1;
    const match = rank(lease, query);
    if (query.after === null || compare(match, query.after) > 0) matches.push(match);
  }
  const page = firstOf(matches, query.limit ?? matches.length);
  const last = page.at(-1);
  const servers = page.map(({ lease, km }) => encodeEntry(lease, km, query.fields)).join(',');
  const next =
    last === undefined || page.length === matches.length
      ? ''
      : `,"nextCursor":"${encodeCursor({ sort: query.sort, rank: last.rank, serverId: last.lease.serverId })}"`;
  return encodeUtf8(
    `{"servers":[${servers}],"timestamp":${now},"asked":${JSON.stringify(query.asked)},"total":${total}${next}}`,
  );
}

/** Hexadecimal UTF-8 of JSON: opaque to clients, and in need of no escaping in a URL. */
export function encodeCursor({ sort, rank, serverId }: Cursor): string {
  return Array.from(encodeUtf8(JSON.stringify([sort, rank, serverId])), (byte) =>
    byte.toString(16).padStart(2, '0'),
  ).join('');
}

function passes(lease: Lease, { regions, metadata, text }: Query): boolean {
  if (regions.length > 0 && !regions.includes(lease.region)) return false;
  if (metadata.length === 0 && text === null) return true;
  const facts = factsOf(lease);
  if (text !== null && !facts.text.includes(text)) return false;
  return metadata.every(([key, values]) => {
    const value = facts.metadata.get(key);
    return value !== undefined && values.includes(value);
  });
}

function rank(lease: Lease, { sort, near }: Query): Match {
  const place = near === null ? null : lease.place;
  const km = near !== null && place !== null ? distanceKm(near, place) : null;
  switch (sort) {
    case 'registeredAt':
      return { lease, km, rank: lease.registeredAt };
    case 'lastSeen':
      return { lease, km, rank: -lease.lastSeen };
    case 'distance':
      // Not Infinity, which JSON cannot hold: further than any place on Earth.
      return { lease, km, rank: km ?? Number.MAX_SAFE_INTEGER };
  }
}

function compare(match: Match, other: Match | Cursor): number {
  const otherId = 'lease' in other ? other.lease.serverId : other.serverId;
  if (match.rank !== other.rank) return match.rank - other.rank;
  return match.lease.serverId < otherId ? -1 : Number(match.lease.serverId > otherId);
}

/** The first `count` in order. Of many, it keeps a page in order rather than sort all for the sake of a few. */
function firstOf(matches: readonly Match[], count: number): Match[] {
  if (count * 8 > matches.length) return matches.toSorted(compare).slice(0, count);
  const page: Match[] = [];
  for (const match of matches) {
    const last = page.at(-1);
    if (page.length === count && last !== undefined && compare(match, last) > 0) continue;
    let low = 0;
    let high = page.length;
    while (low < high) {
      const middle = (low + high) >>> 1;
      const there = page[middle];
      if (there !== undefined && compare(match, there) > 0) low = middle + 1;
      else high = middle;
    }
    page.splice(low, 0, match);
    if (page.length > count) page.pop();
  }
  return page;
}

/** An entry as JSON text; `km` is its distance where one was asked for, `fields` null for all it has. */
export function encodeEntry(lease: Lease, km: number | null, fields: readonly Field[] | null): string {
  const { location, metadata, ...record } = lease.toRecord();
  const members: string[] = [];
  for (const field of FIELDS) {
    if (fields !== null && !fields.includes(field)) continue;
    switch (field) {
      case 'location':
        if (location !== undefined) members.push(`"location":${JSON.stringify(location)}`);
        break;
      case 'metadata':
        if (metadata !== null) members.push(`"metadata":${metadata}`);
        break;
      case 'distanceKm':
        if (km !== null) members.push(`"distanceKm":${Math.round(km)}`);
        break;
      case 'serverId':
      case 'endpoint':
      case 'publicKey':
      case 'region':
      case 'registeredAt':
      case 'lastSeen':
        members.push(`"${field}":${JSON.stringify(record[field])}`);
    }
  }
  return `{${members.join(',')}}`;
}

/** What filters look at, worked out when a filter first asks and kept until the entry changes. */
interface Facts {
  /** The entry's version when these were worked out. */
  readonly version: number;
  readonly text: string;
  /** Text, numbers, booleans and null of the metadata's members, as text. */
  readonly metadata: ReadonlyMap<string, string>;
}

const known = new WeakMap<Lease, Facts>();

function factsOf(lease: Lease): Facts {
  const before = known.get(lease);
  if (before?.version === lease.version) return before;
  const { serverId, endpoint, region, metadata } = lease.toRecord();
  const members: unknown = metadata === null ? {} : JSON.parse(metadata);
  const texts = [serverId, endpoint, region];
  const values = new Map<string, string>();
  for (const [key, value] of Object.entries(members ?? {})) {
    if (typeof value === 'string') texts.push(value);
    if (typeof value !== 'object' || value === null) values.set(key, String(value));
  }
  const facts = { version: lease.version, text: texts.join('\n').toLowerCase(), metadata: values };
  known.set(lease, facts);
  return facts;
}
