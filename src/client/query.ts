/** What a client asks of the list, as the query of a URL. */

/** Which servers, in which order, and how much of each. Everything is optional. */
export interface ListQuery {
  /** Of any of these regions. */
  regions?: readonly string[];
  /** For each key, with this value or one of these. */
  metadata?: Readonly<Record<string, Value | readonly Value[]>>;
  /** With this text, whatever its case, in the id, the endpoint, the region or a text of the metadata. */
  text?: string;
  /** Where distances are measured from: degrees, or `auto` for where this request comes from. */
  near?: 'auto' | { latitude: number; longitude: number };
  /** `distance` needs `near`, and is then what is meant if absent; otherwise `registeredAt` is. */
  sort?: 'registeredAt' | 'lastSeen' | 'distance';
  /** Most servers of a page, 1 to 1,000; all if absent. */
  limit?: number;
  /** The `nextCursor` of the page before. */
  cursor?: string;
  /** The only members to send of each entry. */
  fields?: readonly string[];
}

type Value = string | number | boolean | null;

/** The path of the question, under the base URL. */
export function queryPath(query: ListQuery): string {
  const parameters = new URLSearchParams();
  const set = (name: string, value: string | number | undefined) => {
    if (value !== undefined) parameters.append(name, String(value));
  };
  for (const region of query.regions ?? []) set('region', region);
  for (const [key, value] of Object.entries(query.metadata ?? {})) {
    for (const one of isMany(value) ? value : [value]) set(`metadata.${key}`, String(one));
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

function isMany(value: Value | readonly Value[]): value is readonly Value[] {
  return Array.isArray(value);
}
