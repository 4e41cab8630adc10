/** What a client asks of the list, as the query of a URL. */

/** Which servers, in which order, and how much of each. Everything is optional. */
export interface ListQuery {
  /** Of any of these regions. */
  regions?: readonly string[];
  /** With an endpoint of any of these schemes, such as `udp`. */
  schemes?: readonly string[];
  /**
   * For each key, what its member is: this value, one of these, or as a condition says. Of an array, one of its items is
   * looked for. All keys must hold.
   */
  metadata?: Readonly<Record<string, MetadataValue | readonly MetadataValue[] | MetadataCondition>>;
  /**
   * With this text, whatever its case, in the id, the endpoint, the region or a text of the metadata; 64 characters at
   * most.
   */
  text?: string;
  /** Where distances are measured from: degrees, or `auto` for where this request comes from. */
  near?: 'auto' | { latitude: number; longitude: number };
  /** `distance` needs `near`, and is then what is meant if absent; otherwise `registeredAt` is. */
  sort?: 'registeredAt' | 'lastSeen' | 'distance';
  /** Most servers of a page, 1 to 1,000; 1,000 if absent. */
  limit?: number;
  /** The `nextCursor` of the page before. */
  cursor?: string;
  /** The only members to send of each entry. */
  fields?: readonly string[];
}

/** A value of metadata, compared as text: 3 is "3". */
export type MetadataValue = string | number | boolean | null;

/** What a member of the metadata must be like; all that is given must hold. Only numbers compare. */
export interface MetadataCondition {
  /** It is not this, or none of these; true of servers that don't have the member. */
  not?: MetadataValue | readonly MetadataValue[];
  above?: MetadataBound;
  atLeast?: MetadataBound;
  below?: MetadataBound;
  atMost?: MetadataBound;
}

/** A number, or the member of the same metadata that has it: `{ below: { member: 'maxPlayers' } }`. */
export type MetadataBound = number | { readonly member: string };

/** The path of a query, under the base URL. Throws a `RangeError` where a number to compare with is not finite. */
export function queryPath(query: ListQuery): string {
  const parameters = new URLSearchParams();
  const set = (name: string, value: string | number | undefined) => {
    if (value !== undefined) parameters.append(name, String(value));
  };
  for (const region of query.regions ?? []) set('region', region);
  for (const scheme of query.schemes ?? []) set('scheme', scheme.toLowerCase());
  for (const [key, wanted] of Object.entries(query.metadata ?? {})) {
    for (const [name, value] of conditionsOf(`metadata.${spelled(key)}`, wanted)) set(name, value);
  }
  set('q', query.text);
  const { near } = query;
  set('near', typeof near === 'object' ? `${near.latitude},${near.longitude}` : near);
  set('sort', query.sort);
  set('limit', query.limit);
  set('cursor', query.cursor);
  set('fields', query.fields?.join(','));
  // Without a parameter the answer would be the plain list, which has another shape.
  if (parameters.size === 0) set('sort', 'registeredAt');
  return `/servers?${parameters}`;
}

/**
 * Whether an answer belongs to the query of a path. `queryString` is the answer's `asked`: the registry's spelling of
 * the query, without repetitions and defaults, and in an order of its own.
 */
export function isAnswerTo(path: string, queryString: string): boolean {
  return meaningOf(path.slice(path.indexOf('?') + 1)) === meaningOf(queryString);
}

function meaningOf(search: string): string {
  const parameters = new URLSearchParams(search);
  const without = { sort: parameters.has('near') ? 'distance' : 'registeredAt', limit: '1000', q: '' };
  const pairs = Array.from(parameters, ([name, value]) => {
    if (name === 'fields')
      return [
        name,
        Array.from(new Set(value.split(',')))
          .toSorted()
          .join(','),
      ];
    return [name, name === 'q' ? value.normalize('NFC') : value];
  }).filter(([name = '', value]) => !Object.entries(without).some(([of, is]) => of === name && is === value));
  return Array.from(new Set(pairs.map((pair) => JSON.stringify(pair))))
    .toSorted()
    .join();
}

/** The parameters of what is wanted of one member. */
function conditionsOf(
  name: string,
  wanted: MetadataValue | readonly MetadataValue[] | MetadataCondition,
): [name: string, value: string][] {
  if (isMany(wanted)) return wanted.map((value) => [name, String(value)]);
  if (typeof wanted !== 'object' || wanted === null) return [[name, String(wanted)]];
  const { not, above, atLeast, below, atMost } = wanted;
  const parameters: [string, string][] = [];
  if (not !== undefined) {
    for (const value of isMany(not) ? not : [not]) parameters.push([`${name}!`, String(value)]);
  }
  // A parameter's name ends where its `=` is: `players>=1` has the name `players>`, `players>1` no value.
  if (above !== undefined) parameters.push([`${name}>${boundOf(above)}`, '']);
  if (atLeast !== undefined) parameters.push([`${name}>`, boundOf(atLeast)]);
  if (below !== undefined) parameters.push([`${name}<${boundOf(below)}`, '']);
  if (atMost !== undefined) parameters.push([`${name}<`, boundOf(atMost)]);
  return parameters;
}

function boundOf(bound: MetadataBound): string {
  if (typeof bound !== 'number') {
    const { member } = bound;
    return `metadata.${/^[\p{L}_$]/u.test(member) ? spelled(member) : JSON.stringify(member)}`;
  }
  if (Number.isFinite(bound)) return String(bound);
  throw new RangeError(`metadata can be compared with finite numbers, but not with ${bound}`);
}

/** A key in which an operator could be seen is written in quotes. */
function spelled(key: string): string {
  return /[<>=!"]/.test(key) || key !== key.trim() ? JSON.stringify(key) : key;
}

function isMany(
  value: MetadataValue | readonly MetadataValue[] | MetadataCondition,
): value is readonly MetadataValue[] {
  return Array.isArray(value);
}
