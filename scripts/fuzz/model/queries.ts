/** What a query string asks of the list, and which servers answer it: looked at one by one, in the plainest way. */
import { refused, taken, type Checked } from './verdict.ts';

/** What of a server a query looks at. */
export interface Searched {
  readonly serverId: string;
  readonly endpoints: readonly string[];
  readonly region: string;
  readonly metadata: Readonly<Record<string, unknown>>;
}

export type ListQuestion =
  | { readonly kind: 'all' }
  | { readonly kind: 'since' }
  | {
      readonly kind: 'page';
      /** Whether the answer has a tag, so that it can be unchanged. */
      readonly isTagged: boolean;
      readonly matches: (server: Searched) => boolean;
      /** Members that were compared with by their bare names. */
      readonly bareMembers: readonly string[];
      readonly limit: number;
      readonly isFirstPage: boolean;
      /** What the model can't tell: how texts beyond ASCII fold. */
      readonly isTotalKnown: boolean;
    };

const QUERY_BYTES = 4096;
const PAGE_ENTRIES = 1000;
const TEXT_CHARACTERS = 64;
const CONDITIONS = 16;
const SINGLES = ['q', 'sort', 'limit', 'cursor', 'fields', 'near'];
const SORTS = new Set(['registeredAt', 'lastSeen', 'distance']);
const FIELDS = new Set(
  'serverId endpoint endpoints publicKey region location metadata registeredAt lastSeen distanceKm'.split(
    ' ',
  ),
);
const METADATA = 'metadata.';

/** A parameter can't be used. */
class Unusable extends Error {}

function must(holds: boolean): void {
  if (!holds) throw new Unusable();
}

/** `query` as it was sent, percent-encoded. */
export function checkQuery(query: string): Checked<ListQuestion> {
  if (query.length > QUERY_BYTES) return refused('query-too-long');
  try {
    return taken(read(query));
  } catch (error) {
    if (error instanceof Unusable) return refused('invalid-field');
    throw error;
  }
}

function read(query: string): ListQuestion {
  must(!query.split('&').some((pair) => /^metadata\.[^=]*==/.test(pair)));
  const parameters = Array.from(new URLSearchParams(query));
  const of = (wanted: string) => parameters.flatMap(([name, value]) => (name === wanted ? [value] : []));
  // A comparison with what is no metadata would be ignored as unknown.
  must(!parameters.some(([name]) => !name.startsWith(METADATA) && /^[a-z_][\w.-]* *([<>]|!$)/i.test(name)));
  const known = parameters.filter(
    ([name]) => [...SINGLES, 'region', 'scheme'].includes(name) || name.startsWith(METADATA),
  );
  const since = of('since');
  if (since.length > 0) {
    const [revision = ''] = since;
    must(since.length === 1 && known.length === 0 && /^[\w.~-]{1,200}$/.test(revision));
    return { kind: 'since' };
  }
  if (known.length === 0) return { kind: 'all' };
  for (const single of SINGLES) must(of(single).length <= 1);
  const [[near], [sort], [limit = String(PAGE_ENTRIES)], [cursor], [fields], [text = '']] = [
    of('near'),
    of('sort'),
    of('limit'),
    of('cursor'),
    of('fields'),
    of('q'),
  ];
  must(near === undefined || near === 'auto' || isPlace(near));
  must(sort === undefined || SORTS.has(sort));
  must(!(sort === 'distance' && near === undefined));
  must(/^\d{1,16}$/.test(limit) && Number(limit) >= 1 && Number(limit) <= PAGE_ENTRIES);
  must(fields === undefined || fields.split(',').every((field) => FIELDS.has(field.trim())));
  must(Array.from(text.normalize('NFC')).length <= TEXT_CHARACTERS);
  const order = sort ?? (near === undefined ? 'registeredAt' : 'distance');
  must(cursor === undefined || sortOfCursor(cursor) === order);
  const { holds, bareMembers } = conditionsOf(
    parameters
      .filter(([name]) => name.startsWith(METADATA))
      .map(([name, value]) => [name.slice(METADATA.length), value]),
  );
  const regions = of('region');
  const schemes = of('scheme').map((scheme) => scheme.toLowerCase());
  must(schemes.every((scheme) => /^[a-z][a-z\d+.-]*$/.test(scheme)));
  return {
    kind: 'page',
    isTagged: order !== 'lastSeen' && near !== 'auto',
    matches: (server) =>
      (regions.length === 0 || regions.includes(server.region)) &&
      (schemes.length === 0 ||
        server.endpoints.some((url) => schemes.includes(url.slice(0, url.indexOf(':')).toLowerCase()))) &&
      holds(server.metadata) &&
      textsOf(server).some((own) => own.toLowerCase().includes(text.toLowerCase())),
    bareMembers,
    limit: Number(limit),
    isFirstPage: cursor === undefined,
    // Kelvin is a k, the long s an s, and i has four forms.
    isTotalKnown: /^[a-hj-jl-rt-z0-9-]*$/i.test(text),
  };
}

function isPlace(text: string): boolean {
  const degrees = text.split(',').map((each) => (each.trim() === '' ? Number.NaN : Number(each)));
  const [latitude = Number.NaN, longitude = Number.NaN] = degrees;
  return degrees.length === 2 && Math.abs(latitude) <= 90 && Math.abs(longitude) <= 180;
}

function sortOfCursor(hex: string): unknown {
  must(/^(?:[0-9a-f]{2})+$/.test(hex));
  try {
    const value: unknown = JSON.parse(decodeURIComponent(hex.replaceAll(/../g, '%$&')));
    const [sort, rank, id, ...more] = itemsOf(value);
    return typeof rank === 'number' && typeof id === 'string' && more.length === 0 ? sort : undefined;
  } catch {
    return undefined;
  }
}

/** A string anywhere in the metadata counts, and no key. */
function textsOf({ serverId, endpoints, region, metadata }: Searched): string[] {
  const stringsIn = (value: unknown): string[] => {
    if (typeof value === 'string') return [value];
    return typeof value === 'object' && value !== null ? Object.values(value).flatMap(stringsIn) : [];
  };
  return [serverId, ...endpoints, region, ...stringsIn(metadata)];
}

type Holds = (metadata: Readonly<Record<string, unknown>>) => boolean;

/** All must hold; the values of one key are one condition, whichever of them. */
function conditionsOf(statements: readonly (readonly [name: string, value: string])[]) {
  const groups = new Map<string, string[]>();
  const comparisons = new Map<string, Holds>();
  const bareMembers: string[] = [];
  for (const [name, value] of statements) {
    const { key, sign, operand } = statementOf(name, value);
    if (sign === '=' || sign === '!=') {
      const group = JSON.stringify([sign, key]);
      groups.set(group, [...(groups.get(group) ?? []), operand]);
      continue;
    }
    const bound = boundOf(operand);
    if (bound.kind === 'bare') bareMembers.push(bound.member);
    comparisons.set(JSON.stringify([sign, key, bound]), (metadata) => {
      const own = memberOf(metadata, key);
      const other = bound.kind === 'number' ? bound.value : memberOf(metadata, bound.member);
      return typeof own === 'number' && typeof other === 'number' && compares(own, sign, other);
    });
  }
  must(groups.size + comparisons.size <= CONDITIONS);
  const all: Holds[] = [
    ...comparisons.values(),
    ...Array.from(groups, ([group, values]): Holds => {
      const [sign, key] = itemsOf(JSON.parse(group));
      const isOne: Holds = (metadata) => isOneOf(memberOf(metadata, String(key)), values);
      return sign === '=' ? isOne : (metadata) => !isOne(metadata);
    }),
  ];
  return {
    holds: (metadata: Readonly<Record<string, unknown>>) => all.every((each) => each(metadata)),
    bareMembers,
  };
}

function itemsOf(value: unknown): readonly unknown[] {
  return Array.isArray(value) ? value : [];
}

function memberOf(metadata: Readonly<Record<string, unknown>>, key: string): unknown {
  return Object.hasOwn(metadata, key) ? metadata[key] : undefined;
}

function isOneOf(member: unknown, values: readonly string[]): boolean {
  const items: unknown[] = Array.isArray(member) ? member : [member];
  return items.some(
    (item) =>
      (item === null || ['string', 'number', 'boolean'].includes(typeof item)) &&
      values.includes(String(item)),
  );
}

function compares(one: number, sign: string, other: number): boolean {
  if (sign === '<') return one < other;
  if (sign === '<=') return one <= other;
  return sign === '>' ? one > other : one >= other;
}

/** A URL takes `=` for what separates name and value, wherever it is; so both are read as one again. */
function statementOf(name: string, value: string) {
  const quoted = /^"(?:[^"\\]|\\.)*"/.exec(name)?.[0];
  const key = quoted === undefined ? undefined : unquoted(quoted);
  const rest = key === undefined || quoted === undefined ? name : name.slice(quoted.length);
  const at = key === undefined ? rest.search(/[<>=]|!=|!$/) : 0;
  if (at === -1) return { key: rest, sign: '=', operand: value };
  const own = key ?? rest.slice(0, at).trim();
  const sign = /^ *(!=?|=|[<>]=?)/.exec(rest.slice(at))?.[0] ?? '';
  const operand = rest.slice(at + sign.length);
  const word = sign.trim();
  if (rest.slice(at) === '' && key !== undefined) return { key: own, sign: '=', operand: value };
  if (['!', '<', '>'].includes(word) && operand === '' && !(word !== '!' && value === '')) {
    return { key: own, sign: `${word}=`, operand: value };
  }
  must(word !== '' && word !== '!' && value === '');
  return { key: own, sign: word, operand };
}

type Bound =
  | { readonly kind: 'number'; readonly value: number }
  | { readonly kind: 'path' | 'bare'; readonly member: string };

function boundOf(operand: string): Bound {
  const text = operand.trim();
  if (/^-?\d+(\.\d+)?(e[-+]?\d+)?$/i.test(text) && Number.isFinite(Number(text))) {
    return { kind: 'number', value: Number(text) + 0 };
  }
  const [, path, quoted, bare] =
    /^(metadata\.)?(?:("(?:[^"\\]|\\.)*")|([\p{L}_$][^<>=!"]*))$/u.exec(text) ?? [];
  const member = quoted === undefined ? bare : unquoted(quoted);
  must(member !== undefined);
  return { kind: path === undefined && quoted === undefined ? 'bare' : 'path', member: member ?? '' };
}

function unquoted(text: string): string | undefined {
  try {
    return String(JSON.parse(text));
  } catch {
    return undefined;
  }
}
