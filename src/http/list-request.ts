/** `GET /servers?…` → what the reader asks of the list, checked. */
import { z } from 'zod';
import {
  FIELDS,
  MAX_PAGE,
  SORTS,
  type Cursor,
  type Field,
  type Place,
  type Query,
  type Sort,
} from '../protocol/query.ts';
import { refused, type Parsed } from './parsed.ts';
import { placeOf } from './place.ts';

/** A value that can't be used: which parameter, and the rest of the sentence. */
class BadParameter extends Error {
  readonly parameter: string;
  constructor(parameter: string, problem: string) {
    super(problem);
    this.parameter = parameter;
  }
}

const PAGE_PARAMETERS = new Set(['region', 'q', 'sort', 'limit', 'cursor', 'fields', 'near']);
const cursorSchema = z.tuple([z.enum(SORTS), z.number(), z.string()]);
const METADATA_PREFIX = 'metadata.';

/** What a reader asks for. */
export type ListRequest =
  | { readonly kind: 'all' }
  /** What changed after a revision. */
  | { readonly kind: 'since'; readonly revision: number }
  /** `isPersonal`: the answer is for this reader alone, since it depends on where it asks from. */
  | { readonly kind: 'page'; readonly query: Query; readonly isPersonal: boolean };

/** [C6] Parameters it does not know are ignored; a known one that can't be used is refused by its name. */
export function parseListRequest(request: Request): Parsed<ListRequest> {
  const start = request.url.indexOf('?');
  if (start === -1) return all();
  const asked = request.url.slice(start + 1);
  const parameters = new URLSearchParams(asked);
  try {
    if (parameters.has('since')) return { ok: true, value: parseSince(parameters) };
    const isPage = [...parameters.keys()].some(isPageParameter);
    return isPage ? { ok: true, value: parsePage(asked, parameters, request) } : all();
  } catch (error) {
    if (!(error instanceof BadParameter)) throw error;
    return refused({ kind: 'invalid-field', field: error.parameter, problem: error.message });
  }
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
  return { kind: 'since', revision: wholeNumber('since', parameters, 0) ?? 0 };
}

function parsePage(asked: string, parameters: URLSearchParams, request: Request): ListRequest {
  const nearText = single('near', parameters);
  const near = nearText === null ? null : parseNear(nearText, request);
  const sort =
    oneOf('sort', SORTS, single('sort', parameters)) ?? (nearText === null ? 'registeredAt' : 'distance');
  if (sort === 'distance' && nearText === null) {
    throw new BadParameter(
      'sort',
      'is "distance", so near=auto or near=<latitude>,<longitude> must say from where',
    );
  }
  const limit = wholeNumber('limit', parameters, 1);
  if (limit !== null && limit > MAX_PAGE) throw new BadParameter('limit', `must be at most ${MAX_PAGE}`);
  const query = {
    asked,
    regions: parameters.getAll('region'),
    metadata: parseMetadata(parameters),
    text: single('q', parameters)?.toLowerCase() ?? null,
    sort,
    near,
    limit,
    after: parseCursor(single('cursor', parameters), sort),
    fields: parseFields(single('fields', parameters)),
  };
  return { kind: 'page', query, isPersonal: nearText === 'auto' };
}

function single(name: string, parameters: URLSearchParams): string | null {
  const [value, ...more] = parameters.getAll(name);
  if (more.length > 0)
    throw new BadParameter(name, `can be given once, but is given ${more.length + 1} times`);
  return value ?? null;
}

function wholeNumber(name: string, parameters: URLSearchParams, min: number): number | null {
  const text = single(name, parameters);
  if (text === null) return null;
  const value = /^\d{1,16}$/.test(text) ? Number(text) : Number.NaN;
  if (!Number.isSafeInteger(value) || value < min) {
    throw new BadParameter(name, `must be a whole number from ${min}, but is "${text}"`);
  }
  return value;
}

function oneOf<Word extends string>(name: string, words: readonly Word[], text: string | null): Word | null {
  if (text === null) return null;
  const word = words.find((known) => known === text);
  if (word === undefined)
    throw new BadParameter(name, `must be one of ${words.join(', ')}, but is "${text}"`);
  return word;
}

function parseMetadata(parameters: URLSearchParams): [string, string[]][] {
  const names = new Set([...parameters.keys()].filter((name) => name.startsWith(METADATA_PREFIX)));
  return Array.from(names, (name) => [name.slice(METADATA_PREFIX.length), parameters.getAll(name)]);
}

function parseNear(text: string, request: Request): Place | null {
  if (text === 'auto') return placeOf(request.cf);
  const [latitude, longitude, ...more] = text
    .split(',')
    .map((degrees) => (degrees.trim() === '' ? Number.NaN : Number(degrees)));
  const isPlace =
    more.length === 0 &&
    latitude !== undefined &&
    longitude !== undefined &&
    Math.abs(latitude) <= 90 &&
    Math.abs(longitude) <= 180;
  if (isPlace) return { latitude, longitude };
  throw new BadParameter('near', `must be "auto" or <latitude>,<longitude> in degrees, but is "${text}"`);
}

function parseFields(text: string | null): Field[] | null {
  if (text === null) return null;
  const fields = text.split(',').map((field) => oneOf('fields', FIELDS, field.trim()));
  return fields.filter((field) => field !== null);
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
