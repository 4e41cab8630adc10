/** Checks that an answer has the shape its type promises; members beyond that shape are let through. */
import type {
  DeltaAnswer,
  Entry,
  HeartbeatAnswer,
  LeaseTerms,
  ListAnswer,
  Location,
  Metadata,
  PageAnswer,
  RegisterAnswer,
  ServerAnswer,
  ObjectStats,
  StatsAnswer,
} from '../protocol/protocol.ts';

/** Tells whether a value, as JSON gave it, is a `T`. */
export type Check<T> = (value: unknown) => value is T;

/** One check for every member of `T`: a member added to the wire type is a type error here until it is checked. */
type Shape<T> = { readonly [K in keyof T]-?: Check<T[K]> };

/** Tells an object from null, from an array and from everything else. */
export function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

export function shaped<T>(shape: Shape<T>): Check<T> {
  const members = Object.entries<Check<unknown>>(shape);
  return (value): value is T => isRecord(value) && members.every(([name, check]) => check(value[name]));
}

export function arrayOf<T>(check: Check<T>): Check<T[]> {
  return (value): value is T[] => Array.isArray(value) && value.every(check);
}

export function optional<T>(check: Check<T>): Check<T | undefined> {
  return (value): value is T | undefined => value === undefined || check(value);
}

function nullable<T>(check: Check<T>): Check<T | null> {
  return (value): value is T | null => value === null || check(value);
}

export const isString = (value: unknown): value is string => typeof value === 'string';

/**
 * Opaque, but it goes back within a URL: with a lone surrogate it could not, and one that is endless would be refused
 * for ever. The registry's own have some twenty characters.
 */
const isRevision = (value: unknown): value is string =>
  typeof value === 'string' && /^[\x21-\x7E]{1,3000}$/.test(value);

export const isCount = (value: unknown): value is number => Number.isSafeInteger(value) && Number(value) >= 0;
export const isDuration = (value: unknown): value is number => isCount(value) && value > 0;
const isTrue = (value: unknown): value is true => value === true;
const isStatus = (value: unknown): value is ServerAnswer['status'] =>
  value === 'live' || value === 'suspect' || value === 'stale';
const isSigning = (value: unknown): value is StatsAnswer['signing'] =>
  value === 'on' || value === 'off' || value === 'malformed key';
/** Whatever JSON holds is JSON, so being an object is all there is to check. */
const isMetadata = (value: unknown): value is Metadata => isRecord(value);

/** All of it is optional, and nothing is done with it but to show it. */
const isLocation = (value: unknown): value is Location => isRecord(value);

export const isEntry = shaped<Entry>({
  serverId: isString,
  endpoint: isString,
  endpoints: optional(arrayOf(isString)),
  publicKey: isString,
  region: isString,
  location: optional(isLocation),
  metadata: optional(isMetadata),
  registeredAt: isCount,
  lastSeen: isCount,
  distanceKm: optional(isCount),
});
/** An entry of which `fields` left out members. */
const isPartOfEntry = shaped<PageAnswer['servers'][number]>({
  serverId: optional(isString),
  endpoint: optional(isString),
  endpoints: optional(arrayOf(isString)),
  publicKey: optional(isString),
  region: optional(isString),
  location: optional(isLocation),
  metadata: optional(isMetadata),
  registeredAt: optional(isCount),
  lastSeen: optional(isCount),
  distanceKm: optional(isCount),
});

const unknownMembers = { ignored: optional(arrayOf(isString)), hint: optional(isString) };

/** Terms of a lease, of which an interval can be made. */
export const isLeaseTerms = shaped<LeaseTerms>({ ttlMs: isDuration, heartbeatEveryMs: isDuration });

/** Answer to a registration. What it offers is looked at by `offerIn`: an offer that is none is no reason to refuse it. */
export const isRegisterAnswer = shaped<Omit<RegisterAnswer, 'session'>>({
  success: isTrue,
  server: isEntry,
  lease: isLeaseTerms,
  ...unknownMembers,
});

/** Answer to a heartbeat. */
export const isHeartbeatAnswer = shaped<Omit<HeartbeatAnswer, 'session'>>({
  success: isTrue,
  peers: optional(arrayOf(isEntry)),
  partial: optional(isTrue),
  ...unknownMembers,
});

/** Answer to a deregistration. */
export const isDeregisterAnswer = shaped<{ success: true }>({ success: isTrue });

const isListAnswer = shaped<ListAnswer>({ servers: arrayOf(isEntry), timestamp: isCount });

/** Answer to a list. A page and a part of it are signed as well, and must not pass for the whole. */
export const isWholeList = (value: unknown): value is ListAnswer =>
  isListAnswer(value) && !('asked' in value) && !('part' in value);

/** Answer to a query. */
export const isPageAnswer = shaped<PageAnswer>({
  servers: arrayOf(isPartOfEntry),
  timestamp: isCount,
  asked: isString,
  total: isCount,
  nextCursor: optional(isString),
});

/** Answer to what changed since a revision. */
export const isDeltaAnswer = shaped<DeltaAnswer>({
  revision: isRevision,
  since: isString,
  full: optional(isTrue),
  changed: arrayOf(isEntry),
  removed: arrayOf(isString),
  timestamp: isCount,
});

/** Answer that tells of one server. */
export const isServerAnswer = shaped<ServerAnswer>({ server: isEntry, status: isStatus, expiresAt: isCount });

/** What one object of a list tells of itself. */
const objectStats: Shape<ObjectStats> = {
  live: isCount,
  stale: isCount,
  revision: isCount,
  nextAlarmAt: nullable(isCount),
  sweeps: isCount,
  swept: isCount,
  sessions: optional(isCount),
  lastSweep: nullable(
    shaped<NonNullable<StatsAnswer['lastSweep']>>({ at: isCount, deleted: isCount, tookMs: isCount }),
  ),
  checkpoints: isCount,
  saves: isCount,
  failedSaves: isCount,
  loads: isCount,
  heartbeats: isCount,
  reads: isCount,
  absence: nullable(
    shaped<NonNullable<StatsAnswer['absence']>>({ from: isCount, until: isCount, leases: isCount }),
  ),
  setAside: isCount,
  signing: isSigning,
  listBytes: isCount,
  watchers: isCount,
  streams: shaped<StatsAnswer['streams']>({ heldBytes: isCount, cut: isCount }),
  listFile: optional(
    shaped<NonNullable<StatsAnswer['listFile']>>({
      writtenAt: nullable(isCount),
      written: isCount,
      failed: isCount,
      lastFailure: nullable(
        shaped<NonNullable<NonNullable<StatsAnswer['listFile']>['lastFailure']>>({
          at: isCount,
          reason: isString,
        }),
      ),
    }),
  ),
};

/** Answer that tells how the registry is. */
export const isStatsAnswer = shaped<StatsAnswer>({
  ...objectStats,
  shards: optional(isCount),
  configuredShards: optional(isCount),
  perShard: optional(arrayOf(nullable(shaped<ObjectStats>(objectStats)))),
});
