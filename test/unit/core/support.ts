/** Registrations and a directory for tests of the core. Times are small numbers: the core has no clock. */
import { Directory } from '../../../src/core/leases/directory.ts';
import type { RegisteredServer } from '../../../src/core/leases/lease.ts';
import type { Query } from '../../../src/protocol/query.ts';

export const TTL_MS = 1000;

/** With room for as many as a test registers. */
export const TERMS = {
  ttlMs: TTL_MS,
  holdMs: TTL_MS / 4,
  pingEveryMs: TTL_MS / 10,
  maxServers: 10_000,
  maxListBytes: Infinity,
};

export function directory(
  maxServers = TERMS.maxServers,
  life = 'life',
  maxListBytes = TERMS.maxListBytes,
  start = 0,
): Directory {
  return new Directory({ ...TERMS, maxServers, maxListBytes }, life, start);
}

export function registration(serverId: string, more: Partial<RegisteredServer> = {}): RegisteredServer {
  return { serverId, endpoint: 'wss://x.example', publicKey: 'key', region: 'eu', metadata: null, ...more };
}

export function liveIds(of: Directory): string[] {
  return Array.from(of.live(), (lease) => lease.serverId);
}

export function staleIds(of: Directory): string[] {
  return of.staleBatch(Infinity).map((lease) => lease.serverId);
}

/** A heartbeat that brings metadata. */
export function beat(of: Directory, serverId: string, now: number, metadata?: string): void {
  const lease = of.heartbeat(serverId, now);
  if (lease !== undefined && metadata !== undefined) of.setMetadata(lease, metadata);
}

/** What asks for every server. */
export const ALL: Query = {
  asked: '',
  schemes: [],
  regions: [],
  conditions: [],
  text: null,
  sort: 'registeredAt',
  near: null,
  limit: null,
  after: null,
  fields: null,
};
