/** The variables of wrangler.toml (and `--var NAME:VALUE`) → one typed, checked Config. */
import { z } from 'zod';
import { byList, listNames, listSettings } from './list-variables.ts';
import { DEFAULT_LIST } from './protocol/lists.ts';
import { MAX_SHARDS } from './protocol/shards/shard.ts';
import { secret, tokensOf, tokensOfList } from './tokens.ts';

const positiveMs = (fallback: number) =>
  z
    .string('must be a string holding a positive integer')
    .regex(/^[1-9]\d*$/, 'must be a positive integer')
    .transform(Number)
    .pipe(z.int('must be a positive integer within 2^53'))
    .default(fallback);

const seconds = (fallback: number) =>
  z
    .string('must be a string holding a number of seconds')
    .regex(/^\d{1,6}$/, 'must be a number of seconds, 0 to 999999')
    .transform(Number)
    .default(fallback);

const MAX_PING_EVERY_MS = 30_000;
const countFrom0 = (fallback: number) =>
  z
    .string('must be a string holding a number')
    .regex(/^\d{1,6}$/, 'must be a number, 0 to 999999')
    .transform(Number)
    .default(fallback);

/** What a scheme is (RFC 3986, section 3.1), in lower case. */
const SCHEME = /^[a-z][a-z\d+.-]*$/;

/** What a page that opens a listed endpoint would run, or show as its own. */
const HARMFUL_SCHEMES: ReadonlySet<string> = new Set([
  'javascript',
  'vbscript',
  'data',
  'blob',
  'file',
  'filesystem',
  'about',
  'view-source',
]);

const schemes = z
  .string('must be a string')
  .transform((text) => [
    ...new Set(
      text
        .toLowerCase()
        .split(/[\s,]+/)
        .filter(Boolean),
    ),
  ])
  .refine((names) => names.length > 0, 'must have at least one URL scheme')
  .refine(
    (names) => names.every((name) => SCHEME.test(name) && !HARMFUL_SCHEMES.has(name)),
    'must be URL schemes such as "wss,minecraft", without "://", and none that a browser runs or shows as its own',
  );

/** Never shown, not even where they can't be used. */
const SECRETS: ReadonlySet<string> = new Set([
  'REGISTRY_TOKEN',
  'REGISTRY_TOKEN_PREVIOUS',
  'BOOTSTRAP_SIGNING_KEY',
  'METRICS_TOKEN',
  'LIST_TOKENS',
]);

const variables = z.object({
  SERVER_TTL_MS: positiveMs(300_000),
  HEARTBEAT_INTERVAL_MS: positiveMs(60_000),
  SWEEP_INTERVAL_MS: positiveMs(60_000),
  CHECKPOINT_INTERVAL_MS: positiveMs(60_000),
  SNAPSHOT_MAX_AGE_MS: positiveMs(1000),
  SHARDS: z
    .string('must be a string holding a whole number')
    .regex(/^[1-9]\d*$/, 'must be a positive integer')
    .transform(Number)
    .refine((count) => count <= MAX_SHARDS, `must be at most ${MAX_SHARDS}`)
    .default(1),
  MAX_SERVERS: positiveMs(10_000),
  // Measured (docs/performance.md, *Memory at the limits*): with 16 MB the object came to 119 of its 128 MB at worst.
  MAX_LIST_BYTES: positiveMs(10_000_000),
  // Measured up to this (docs/performance.md, *Memory of a session*); the heap would have room for more than may be set.
  MAX_SESSIONS: z
    .string('must be a string holding a number')
    .regex(/^\d{1,5}$/, 'must be a number, 0 to 30000')
    .transform(Number)
    .pipe(z.number().max(30_000, 'must be a number, 0 to 30000'))
    .default(2000),
  WRITE_ACCESS: z
    .enum(['token', 'signed', 'open'], 'must be one of "token", "signed", "open"')
    .default('token'),
  REGISTRY_TOKEN: secret,
  REGISTRY_TOKEN_PREVIOUS: secret,
  MAX_SERVERS_PER_KEY: positiveMs(100),
  RATE_LIMIT: z.enum(['on', 'off'], 'must be "on" or "off"').default('on'),
  ALLOW_PRIVATE_ENDPOINTS: z.enum(['true', 'false'], 'must be "true" or "false"').default('false'),
  ENDPOINT_SCHEMES: schemes.default(['wss', 'ws', 'https', 'http', 'tcp', 'udp', 'quic']),
  RECORD_LOCATION: z.enum(['true', 'false'], 'must be "true" or "false"').default('true'),
  MAX_WATCHERS: countFrom0(1000),
  LIST_MAX_AGE_S: seconds(0),
  METRICS_MAX_AGE_S: seconds(15),
  // Above 30 the file could not be written as often as clients in the field need it.
  PUBLISH_INTERVAL_S: z
    .string('must be a string holding a number of seconds')
    .regex(/^(?:[1-9]|[12]\d|30)$/, 'must be a number of seconds, 1 to 30')
    .transform(Number)
    .default(10),
  METRICS_TOKEN: secret,
  BOOTSTRAP_SIGNING_KEY: z.string().trim().default(''),
  CORS_ORIGIN: z
    .string()
    .refine(isOrigin, 'must be an origin such as "https://example.org", or "*"')
    .default('*'),
  PUBLIC_ORIGIN: z
    .string()
    .refine(
      (text) => text === '' || (text !== '*' && isOrigin(text) && /^https?:/.test(text)),
      'must be an origin such as "https://registry.example", or empty',
    )
    .default(''),
  LISTS: listNames.default([DEFAULT_LIST]),
  LIST_SETTINGS: listSettings.default(new Map()),
  LIST_TOKENS: byList(tokensOfList, '{"luanti": "its token"}').default(new Map()),
});

/** Every variable and secret there is. */
export const VARIABLE_NAMES: readonly string[] = Object.keys(variables.shape);

function isOrigin(text: string): boolean {
  if (text === '*') return true;
  try {
    return new URL(text).origin === text;
  } catch {
    return false;
  }
}

/** All settings, checked. Times are durations in milliseconds. */
export interface Config {
  /** Silence after which a server is stale. */
  readonly ttlMs: number;
  /** The pace servers are told: as configured, but at most a third of the TTL. */
  readonly heartbeatEveryMs: number;
  /** Shortest time between two sweeps. */
  readonly sweepIntervalMs: number;
  /** Shortest time between two checkpoints: as configured, but at most a quarter of the TTL. */
  readonly checkpointIntervalMs: number;
  /** Oldest `lastSeen` picture that a list may show. */
  readonly snapshotMaxAgeMs: number;
  /** Objects that a list is created with. */
  readonly shards: number;
  /** Registrations held, live and stale. */
  readonly maxServers: number;
  /** UTF-8 bytes that all entries together may take in a list. */
  readonly maxListBytes: number;
  /** Sessions that may hold leases at a time; 0: none are offered. */
  readonly maxSessions: number;
  /** How often a session pings. */
  readonly pingEveryMs: number;
  /** How long a lease that a session holds lasts without a ping. */
  readonly holdMs: number;
  /** Who may write: holders of a token, holders of the key they registered, or anyone. */
  readonly writeAccess: 'token' | 'signed' | 'open';
  /** The tokens accepted: the current one, and the one before it while it is being rotated. Empty where none is set. */
  readonly tokens: readonly string[];
  /** Registrations one key may hold where writes are signed. */
  readonly maxServersPerKey: number;
  /** Whether the rate-limiting bindings are asked. */
  readonly rateLimit: boolean;
  /** Whether an endpoint may lie in a private, loopback, link-local or reserved range. */
  readonly allowPrivateEndpoints: boolean;
  /** The schemes an endpoint may have, in lower case. */
  readonly endpointSchemes: readonly string[];
  /** Whether an entry notes where its registration came from. */
  readonly recordLocation: boolean;
  /** Sockets that may follow the list; 0: nobody is pushed anything. */
  readonly maxWatchers: number;
  /** Seconds for which caches may answer a list; 0: every list is asked for. */
  readonly listMaxAgeS: number;
  /** Shortest time between two writings of the list file, where there is one. */
  readonly publishIntervalMs: number;
  /** How old the metrics of a scrape may be, in seconds; 0: each scrape asks the object. */
  readonly metricsMaxAgeS: number;
  /** What a scrape must send as a bearer token; null: anyone may scrape. */
  readonly metricsToken: string | null;
  /** The secret that lists are signed with, as it was set, checked where it is used; null where it is not. */
  readonly signingSeed: string | null;
  /** `Access-Control-Allow-Origin` of every answer. */
  readonly corsOrigin: string;
  /** The origin under which clients know the registry, where a proxy before it changes it; null: as it was asked. */
  readonly publicOrigin: string | null;
}

/** A variable that can't be used. The message names it, its value and what it should be. */
export class ConfigError extends Error {
  override readonly name = 'ConfigError';
}

/**
 * The lease terms depend on each other, or a server that does as it is told could still lose its place:
 * - three heartbeats fit in a lease, so that two may be lost on the way;
 * - a crash loses at most one checkpoint interval of heartbeats, and what is left of the lease then covers the
 *   heartbeat before it, the one after it, and an outage too short to be noticed (docs/design.md has the sum).
 *
 * @throws ConfigError for a value that can't be used
 */
export function parseConfig(env: object): Config {
  return configOf(parseVariables(env));
}

/** Every variable and secret, checked one by one. */
export type Variables = z.infer<typeof variables>;

/**
 * `ofList` is the list whose own variables are among them, if any: an error then says so.
 *
 * @throws ConfigError for a value that can't be used
 */
export function parseVariables(env: object, ofList?: string): Variables {
  const parsed = variables.safeParse(env);
  if (parsed.success) return parsed.data;
  const problems = parsed.error.issues.map(({ path: [first], message }) => {
    const name = String(first);
    const value: unknown = SECRETS.has(name) ? 'not shown here' : Reflect.get(env, name);
    return `${name} ${message}, but is ${JSON.stringify(value)}`;
  });
  throw new ConfigError(
    ofList === undefined
      ? `${problems.join('; ')}. Set it in wrangler.toml under [vars], or with --var NAME:VALUE.`
      : `LIST_SETTINGS of the list ${ofList}: ${problems.join('; ')}.`,
  );
}

/** What the variables make of each other. */
export function configOf(vars: Variables): Config {
  // The platform cuts sockets off that are silent for a minute, without telling anybody.
  const pingEveryMs = atMost(MAX_PING_EVERY_MS, vars.SERVER_TTL_MS / 3);
  return {
    ttlMs: vars.SERVER_TTL_MS,
    heartbeatEveryMs: atMost(vars.HEARTBEAT_INTERVAL_MS, vars.SERVER_TTL_MS / 3),
    sweepIntervalMs: vars.SWEEP_INTERVAL_MS,
    checkpointIntervalMs: atMost(vars.CHECKPOINT_INTERVAL_MS, vars.SERVER_TTL_MS / 4),
    snapshotMaxAgeMs: vars.SNAPSHOT_MAX_AGE_MS,
    // Each has room for a part of them, and none for nobody.
    shards: atMost(vars.SHARDS, vars.MAX_SERVERS),
    maxServers: vars.MAX_SERVERS,
    maxListBytes: vars.MAX_LIST_BYTES,
    maxSessions: vars.MAX_SESSIONS,
    pingEveryMs,
    // Two pings may be lost or late.
    holdMs: atMost(2.5 * pingEveryMs, vars.SERVER_TTL_MS),
    writeAccess: vars.WRITE_ACCESS,
    tokens: tokensOf(vars.REGISTRY_TOKEN, vars.REGISTRY_TOKEN_PREVIOUS),
    maxServersPerKey: vars.MAX_SERVERS_PER_KEY,
    rateLimit: vars.RATE_LIMIT === 'on',
    allowPrivateEndpoints: vars.ALLOW_PRIVATE_ENDPOINTS === 'true',
    endpointSchemes: vars.ENDPOINT_SCHEMES,
    recordLocation: vars.RECORD_LOCATION === 'true',
    maxWatchers: vars.MAX_WATCHERS,
    listMaxAgeS: vars.LIST_MAX_AGE_S,
    publishIntervalMs: vars.PUBLISH_INTERVAL_S * 1000,
    metricsMaxAgeS: vars.METRICS_MAX_AGE_S,
    metricsToken: vars.METRICS_TOKEN === undefined || vars.METRICS_TOKEN === '' ? null : vars.METRICS_TOKEN,
    signingSeed: vars.BOOTSTRAP_SIGNING_KEY === '' ? null : vars.BOOTSTRAP_SIGNING_KEY,
    corsOrigin: vars.CORS_ORIGIN,
    publicOrigin: vars.PUBLIC_ORIGIN === '' ? null : vars.PUBLIC_ORIGIN,
  };
}

/** Whole, for times are; at least 1: an interval of 0 would never let go. */
function atMost(value: number, max: number): number {
  return Math.max(1, Math.floor(Math.min(value, max)));
}
