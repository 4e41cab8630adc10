/** An entry of the list → what a row shows of it. What is missing or of another type is left out. */
import type { Entry } from '../../protocol/protocol.ts';
import { line, webLink } from './text.ts';

/** The well-known keys of metadata (docs/api.md). The details show all others as they are. */
export const WELL_KNOWN = [
  'name',
  'players',
  'maxPlayers',
  'game',
  'version',
  'map',
  'password',
  'website',
] as const;

/** A place on Earth, in degrees. */
export interface Place {
  readonly latitude: number;
  readonly longitude: number;
}

/** What is shown of a server. Texts are safe to show, and at most one line. */
export interface Server {
  readonly entry: Entry;
  readonly id: string;
  /** What it calls itself; its id where it has no name. */
  readonly name: string;
  readonly address: string;
  /** Its further endpoints: exactly, and as they are shown. */
  readonly otherAddresses: readonly { readonly endpoint: string; readonly shown: string }[];
  readonly players: number | undefined;
  readonly maxPlayers: number | undefined;
  readonly game: string | undefined;
  readonly version: string | undefined;
  readonly map: string | undefined;
  /** True where a password is needed to join. */
  readonly isLocked: boolean;
  readonly website: URL | undefined;
  /** Undefined where the server named none. */
  readonly region: string | undefined;
  /** Country, or the data centre its registration went through. */
  readonly location: string | undefined;
  readonly place: Place | undefined;
}

const UNKNOWN_REGION = 'unknown';
const known = new WeakMap<Entry, Server>();

/** Worked out once for each entry. */
export function serverOf(entry: Entry): Server {
  let server = known.get(entry);
  if (server === undefined) {
    server = read(entry);
    known.set(entry, server);
  }
  return server;
}

function read(entry: Entry): Server {
  const { serverId, endpoint, endpoints = [], region, metadata = {} } = entry;
  const others = endpoints.filter((other) => other !== endpoint);
  return {
    entry,
    id: serverId,
    name: text(metadata['name']) ?? (line(serverId) || '(no visible name)'),
    address: line(endpoint, 1024),
    otherAddresses: others.map((other) => ({ endpoint: other, shown: line(other, 1024) })),
    players: count(metadata['players']),
    maxPlayers: count(metadata['maxPlayers']),
    game: text(metadata['game']),
    version: text(metadata['version']),
    map: text(metadata['map']),
    isLocked: metadata['password'] === true,
    website: webLink(metadata['website']),
    region: region === UNKNOWN_REGION ? undefined : text(region),
    location: locationOf(entry),
    place: placeOf(entry),
  };
}

function text(value: unknown): string | undefined {
  if (typeof value === 'number') return String(value);
  return typeof value === 'string' ? line(value) || undefined : undefined;
}

function count(value: unknown): number | undefined {
  return typeof value === 'number' && Number.isFinite(value) && value >= 0 ? Math.floor(value) : undefined;
}

const countries = new Intl.DisplayNames('en', { type: 'region' });

function locationOf({ location }: Entry): string | undefined {
  const country: unknown = location?.country;
  if (typeof country === 'string' && /^[A-Z]{2}$/.test(country)) return countries.of(country);
  return text(country) ?? text(location?.colo);
}

/** The client checks no more of a location than that it is an object. */
function placeOf({ location }: Entry): Place | undefined {
  const latitude = location?.latitude;
  const longitude = location?.longitude;
  const isPlace = within(latitude, 90) && within(longitude, 180);
  return isPlace ? { latitude, longitude } : undefined;
}

function within(degrees: unknown, max: number): degrees is number {
  return typeof degrees === 'number' && Math.abs(degrees) <= max;
}
