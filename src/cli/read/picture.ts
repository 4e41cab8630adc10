/** What `rollcall list` asks for and what comes of it: all pages of a query, or the whole list. */
import type { ListQuery, RegistryClient } from '../../client/client.ts';
import { CommandError, EXIT } from '../exit-codes.ts';
import type { Shown } from './entry-row.ts';

/** The flags that choose servers, as they were given. */
export interface ListFilters {
  readonly region: readonly string[];
  readonly scheme: readonly string[];
  readonly meta: readonly string[];
  readonly query?: string;
  readonly near?: string;
  readonly sort?: 'registeredAt' | 'lastSeen' | 'distance';
}

/** Everything listed at one moment. */
export interface Picture {
  readonly servers: readonly Shown[];
  /** Matches, of which `servers` may be the first. */
  readonly total: number;
  readonly timestamp: number;
}

/** Most servers that the registry gives a page. */
const PAGE = 1000;

/** Throws a `CommandError` for a flag that says nothing that could be asked. */
export function queryOf({ region, scheme, meta, query, near, sort }: ListFilters): ListQuery {
  const metadata: Record<string, string[]> = {};
  for (const text of meta) {
    const equals = text.indexOf('=');
    if (equals < 1) throw unusable(`--meta takes key=value, but is ${JSON.stringify(text)}.`);
    const key = text.slice(0, equals);
    metadata[key] = [...(metadata[key] ?? []), text.slice(equals + 1)];
  }
  return {
    ...(region.length > 0 && { regions: region }),
    ...(scheme.length > 0 && { schemes: scheme }),
    ...(meta.length > 0 && { metadata }),
    ...(query !== undefined && { text: query }),
    ...(near !== undefined && { near: placeOf(near) }),
    ...(sort !== undefined && { sort }),
  };
}

/** Rejects with a `RegistryError`. `limit`: at most so many servers. */
export async function take(
  client: RegistryClient,
  query: ListQuery,
  limit = Number.POSITIVE_INFINITY,
  signal?: AbortSignal,
): Promise<Picture> {
  const options = signal === undefined ? {} : { signal };
  if (Object.keys(query).length === 0 && limit === Number.POSITIVE_INFINITY) {
    const { servers, timestamp } = await client.list(options);
    return { servers, timestamp, total: servers.length };
  }
  const servers: Shown[] = [];
  let cursor: string | undefined;
  for (;;) {
    const size = Math.min(PAGE, limit - servers.length);
    const page = await client.query(
      { ...query, limit: size, ...(cursor !== undefined && { cursor }) },
      options,
    );
    servers.push(...page.servers);
    cursor = page.nextCursor;
    if (cursor === undefined || servers.length >= limit) {
      return { servers, timestamp: page.timestamp, total: page.total };
    }
  }
}

function placeOf(text: string): 'auto' | { latitude: number; longitude: number } {
  if (text === 'auto') return 'auto';
  const [, latitude, longitude] = /^(-?\d+(?:\.\d+)?),(-?\d+(?:\.\d+)?)$/.exec(text) ?? [];
  if (latitude !== undefined && longitude !== undefined) {
    return { latitude: Number(latitude), longitude: Number(longitude) };
  }
  throw unusable(`--near takes auto or LATITUDE,LONGITUDE, but is ${JSON.stringify(text)}.`);
}

function unusable(message: string): CommandError {
  return new CommandError(message, EXIT.unusable);
}
