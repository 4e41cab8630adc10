/** `GET /servers?…` → what the reader asks of the list, checked and in one spelling. */
import { z } from 'zod';
import {
  FIELDS,
  QUERY_LIMITS,
  SORTS,
  type Cursor,
  type Field,
  type GeoPoint,
  type Query,
  type Sort,
} from '../../protocol/query.ts';
import { refused, type Parsed } from './parsed.ts';
import {
  formatCondition,
  METADATA_PREFIX,
  parseConditions,
  refuseBareComparison,
  refuseDoubleEquals,
} from './conditions.ts';
import { BadParameter, oneOf, single, wholeNumber } from './parameters.ts';

const PAGE_PARAMETERS = new Set(['region', 'scheme', 'q', 'sort', 'limit', 'cursor', 'fields', 'near']);
const cursorSchema = z.tuple([z.enum(SORTS), z.number(), z.string()]);

/** What a revision looks like; what it means is for the registry to tell. Of a hundred objects it has 2,600 characters. */
const REVISION = /^[\w.~-]{1,3000}$/;

/** RFC 3986, section 3.1. */
const SCHEME = /^[a-z][a-z\d+.-]*$/i;

/** What a reader asks for. */
export type ListRequest =
  | { readonly kind: 'all' }
  /** What changed after a revision. */
  | { readonly kind: 'since'; readonly revision: string }
  /** `isPersonal`: the answer is for this reader alone, since it depends on where it asks from. */
  | { readonly kind: 'page'; readonly query: Query; readonly isPersonal: boolean };

/**
 * [C6] Parameters it does not know are ignored; a known one that can't be used is refused by its name. `here` tells where
 * the reader asks from, as far as the platform knows.
 */
export function parseListRequest(url: string, here: () => GeoPoint | null): Parsed<ListRequest> {
  const start = url.indexOf('?');
  if (start === -1) return all();
  const search = url.slice(start + 1);
  // Percent-encoded, so that characters are bytes.
  if (search.length > QUERY_LIMITS.queryBytes) {
    return refused({ kind: 'query-too-long', maxBytes: QUERY_LIMITS.queryBytes });
  }
  const parameters = new URLSearchParams(search);
  try {
    refuseDoubleEquals(search);
    for (const name of parameters.keys()) refuseBareComparison(name);
    if (parameters.has('since')) return { ok: true, value: parseSince(parameters) };
    const isPage = [...parameters.keys()].some(isPageParameter);
    return isPage ? { ok: true, value: parsePage(parameters, here) } : all();
  } catch (error) {
    if (!(error instanceof BadParameter)) throw error;
    return refused({ kind: 'invalid-field', field: error.parameter, problem: error.message });
  }
}

/**
 * The revision from which a reader follows the list: what an `EventSource` that reconnects has, else `since`; 0 where it has
 * none. Everybody is told the same, so there is nothing to ask but that.
 */
export function parseWatch(url: string, lastEventId: string | null): Parsed<string> {
  const parsed = parseListRequest(url, () => null);
  if (!parsed.ok) return parsed;
  if (parsed.value.kind === 'page') {
    const problem = 'is all that can be asked of a list that is pushed: leave out the other parameters';
    return refused({ kind: 'invalid-field', field: 'since', problem });
  }
  const since = parsed.value.kind === 'since' ? parsed.value.revision : '0';
  return { ok: true, value: lastEventId !== null && REVISION.test(lastEventId) ? lastEventId : since };
}

function all(): Parsed<ListRequest> {
  return { ok: true, value: { kind: 'all' } };
}

function isPageParameter(name: string): boolean {
  return PAGE_PARAMETERS.has(name) || name.startsWith(METADATA_PREFIX);
}

function parseSince(parameters: URLSearchParams): ListRequest {
  const other = [...parameters.keys()].find(isPageParameter);
  if (other !== undefined) throw new BadParameter('since', `cannot be combined with ${other}`);
  const revision = single('since', parameters) ?? '0';
  if (REVISION.test(revision)) return { kind: 'since', revision };
  throw new BadParameter(
    'since',
    `must be the revision of an answer, or 0 for everything, but is "${revision}"`,
  );
}

function parsePage(parameters: URLSearchParams, here: () => GeoPoint | null): ListRequest {
  const nearText = single('near', parameters);
  const isPersonal = nearText === 'auto';
  const near = nearText === null ? null : parseNear(nearText, here);
  const sort = oneOf('sort', SORTS, single('sort', parameters)) ?? defaultSort(nearText !== null);
  if (sort === 'distance' && nearText === null) {
    throw new BadParameter(
      'sort',
      'is "distance", so near=auto or near=<latitude>,<longitude> must say from where',
    );
  }
  const limit = wholeNumber('limit', parameters, 1) ?? QUERY_LIMITS.pageEntries;
  if (limit > QUERY_LIMITS.pageEntries) {
    throw new BadParameter('limit', `must be at most ${QUERY_LIMITS.pageEntries}`);
  }
  const query = {
    regions: Array.from(new Set(parameters.getAll('region'))).toSorted(),
    schemes: parseSchemes(parameters.getAll('scheme')),
    conditions: parseConditions(parameters),
    text: parseText(single('q', parameters)),
    sort,
    near,
    limit,
    after: parseCursor(single('cursor', parameters), sort),
    fields: parseFields(single('fields', parameters)),
  };
  const asked = formatQuery(query, isPersonal ? 'auto' : near);
  return { kind: 'page', query: { asked, ...query }, isPersonal };
}

/**
 * The query string in one spelling for all of its spellings: nothing unknown, nothing twice, no defaults, always in the
 * same order.
 */
function formatQuery(query: Omit<Query, 'asked'>, near: 'auto' | GeoPoint | null): string {
  const pairs: [string, string][] = query.regions.map((region) => ['region', region]);
  pairs.push(...query.schemes.map((scheme): [string, string] => ['scheme', scheme]));
  pairs.push(...query.conditions.flatMap(formatCondition));
  if (query.text !== null) pairs.push(['q', query.text]);
  if (near !== null) pairs.push(['near', near === 'auto' ? near : `${near.latitude},${near.longitude}`]);
  if (query.sort !== defaultSort(near !== null)) pairs.push(['sort', query.sort]);
  if (query.limit !== null && query.limit !== QUERY_LIMITS.pageEntries)
    pairs.push(['limit', String(query.limit)]);
  if (query.after !== null) pairs.push(['cursor', formatCursor(query.after)]);
  if (query.fields !== null) pairs.push(['fields', query.fields.join(',')]);
  if (pairs.length === 0) pairs.push(['sort', query.sort]);
  return new URLSearchParams(pairs).toString();
}

function defaultSort(hasNear: boolean): Sort {
  return hasNear ? 'distance' : 'registeredAt';
}

/** In lower case, as schemes are compared. */
function parseSchemes(texts: readonly string[]): string[] {
  const bad = texts.find((text) => !SCHEME.test(text));
  if (bad !== undefined) {
    throw new BadParameter('scheme', `must be the scheme of an endpoint, such as udp, but is "${bad}"`);
  }
  return Array.from(new Set(texts.map((text) => text.toLowerCase()))).toSorted();
}

/** Nothing is in every text. */
function parseText(value: string | null): string | null {
  if (value === null || value === '') return null;
  const text = value.normalize('NFC');
  const length = Array.from(text).length;
  if (length <= QUERY_LIMITS.textCharacters) return text;
  throw new BadParameter(
    'q',
    `must have at most ${QUERY_LIMITS.textCharacters} characters, but has ${length}`,
  );
}

function parseNear(text: string, here: () => GeoPoint | null): GeoPoint | null {
  if (text === 'auto') return here();
  const [latitude, longitude, ...more] = text
    .split(',')
    .map((degrees) => (degrees.trim() === '' ? Number.NaN : Number(degrees)));
  const isGeoPoint =
    more.length === 0 &&
    latitude !== undefined &&
    longitude !== undefined &&
    Math.abs(latitude) <= 90 &&
    Math.abs(longitude) <= 180;
  if (isGeoPoint) return { latitude, longitude };
  throw new BadParameter('near', `must be "auto" or <latitude>,<longitude> in degrees, but is "${text}"`);
}

function parseFields(text: string | null): Field[] | null {
  if (text === null) return null;
  const named = new Set(text.split(',').map((field) => oneOf('fields', FIELDS, field.trim())));
  return FIELDS.filter((field) => named.has(field));
}

/** The counterpart of `encodeCursor`: hexadecimal UTF-8 of `[sort, rank, serverId]`. */
function parseCursor(text: string | null, sort: Sort): Cursor | null {
  if (text === null) return null;
  const bad = () => new BadParameter('cursor', 'must be the nextCursor of an answer to the same query');
  if (!/^(?:[0-9a-f]{2})+$/.test(text)) throw bad();
  const bytes = Uint8Array.from(text.match(/../g) ?? [], (digits) => Number.parseInt(digits, 16));
  let value: unknown;
  try {
    value = JSON.parse(new TextDecoder().decode(bytes));
  } catch {
    throw bad();
  }
  const cursor = cursorSchema.safeParse(value);
  if (!cursor.success || cursor.data[0] !== sort) throw bad();
  const [, rank, serverId] = cursor.data;
  return { sort, rank, serverId };
}

function formatCursor({ sort, rank, serverId }: Cursor): string {
  const bytes = new TextEncoder().encode(JSON.stringify([sort, rank, serverId]));
  return Array.from(bytes, (byte) => byte.toString(16).padStart(2, '0')).join('');
}
