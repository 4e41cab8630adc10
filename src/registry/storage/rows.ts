/** The rows on disk: their keys, their schemas, and how each is read back. */
import { z } from 'zod';
import { decodeLeases } from '../core/checkpoint.ts';
import { location } from '../protocol/protocol.ts';
import { countersSchema } from './counters.ts';

/** The version of these rows. Code reads rows one version older and one newer than its own (docs/design.md). */
export const SCHEMA_VERSION = 1;

/** Every key in use. */
export const KEYS = {
  schema: 'schema',
  serverPrefix: 'server:',
  departedPrefix: 'departed:',
  /** Rows that could not be read are kept under this prefix and their old key. */
  asidePrefix: 'aside:',
  absence: 'absence',
  /**
   * Last of all keys, hence the tilde. SQLite keeps a row beside its key here, so a search that meets the key of this
   * one reads all of it, up to 1.5 MB: among the other keys it made the deletes of a sweep ten times slower (run).
   */
  leases: '~leases',
} as const;

/** The key of one part of the checkpoint; the first part, nearly always the only one, is `~leases`. */
export function leasesKey(part: number): string {
  return part === 0 ? KEYS.leases : `${KEYS.leases}:${part}`;
}

export function serverKey(serverId: string): string {
  return KEYS.serverPrefix + serverId;
}

export function departedKey(serverId: string): string {
  return KEYS.departedPrefix + serverId;
}

const utf8 = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });
const time = z.int().nonnegative();

const proof = z.object({ key: z.string(), createdSeconds: time });

/**
 * `server:<id>`: the entry as registered. Members of a newer version are ignored. `proof` came without a new version:
 * code that does not know it drops it, and the id is then bound to no key.
 */
export const serverRow = z.object({
  serverId: z.string().min(1),
  endpoint: z.string(),
  publicKey: z.string(),
  region: z.string(),
  metadata: z.string().nullable(),
  registeredAt: time,
  lastSeen: time,
  proof: proof.exactOptional(),
  location: location.exactOptional(),
});

/** `departed:<id>`: a deregistration of late; see `core/departures.ts`. Never written unless writes are signed. */
export const departedRow = z.object({
  serverId: z.string().min(1),
  key: z.string().nullable(),
  createdSeconds: time,
  until: time,
});

/** `absence`: the last absence of the registry; see `core/absence.ts`. */
export const absenceRow = z.object({ from: time, until: time, leases: z.int(), liveAfter: time });

/** `~leases`, `~leases:1`, …: one checkpoint. `seen` is JSON bytes, so that the size of the row is known exactly. */
export const leasesRow = z.object({
  at: time,
  parts: z.int().positive(),
  counters: countersSchema,
  seen: z.instanceof(Uint8Array).transform((bytes, context) => {
    try {
      return decodeLeases(utf8.decode(bytes));
    } catch (error) {
      context.addIssue({ code: 'custom', message: String(error), input: bytes });
      return z.NEVER;
    }
  }),
});
