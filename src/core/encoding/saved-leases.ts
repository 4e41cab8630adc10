/** Leases as a row holds them: id → lastSeen, and id → metadata, each as JSON bytes of a flat array of pairs. */
import type { Lease } from '../leases/lease.ts';
import { decodeUtf8, encodeUtf8 } from '../utf8.ts';

/** The platform's limit for a value is 2 MB; the rest is left for what is stored beside the bytes. */
export const MAX_PART_BYTES = 1_500_000;

/** A comma on each side of the digits of an epoch time in milliseconds. */
const TIME_BYTES = 16;

/** Bytes that the time of a lease takes. */
export function timeBytes(lease: Lease): number {
  return lease.idBytes + TIME_BYTES;
}

/** At least the bytes that the metadata of a lease takes: text may take up to three bytes a character. */
export function metadataBytes(lease: Lease): number {
  return lease.idBytes + 4 + 3 * (lease.metadata?.length ?? 0);
}

/** The leases in runs, each of which fits `maxBytes` by `bytesOf`; at least one, which may be empty. */
export function inParts(
  leases: Iterable<Lease>,
  bytesOf: (lease: Lease) => number,
  maxBytes = MAX_PART_BYTES,
): Lease[][] {
  const parts: Lease[][] = [[]];
  let bytes = 0;
  for (const lease of leases) {
    const part = parts.at(-1);
    const leaseBytes = bytesOf(lease);
    if (part === undefined || (bytes + leaseBytes > maxBytes && part.length > 0)) {
      parts.push([lease]);
      bytes = leaseBytes;
    } else {
      part.push(lease);
      bytes += leaseBytes;
    }
  }
  return parts;
}

/** A JSON array `[id, lastSeen, id, lastSeen, …]`. */
export function encodeTimes(leases: Iterable<Lease>): Uint8Array {
  const pairs: (string | number)[] = [];
  for (const lease of leases) pairs.push(lease.serverId, lease.lastSeen);
  return encodeUtf8(JSON.stringify(pairs));
}

/** A JSON array `[id, metadata, …]`, where the metadata is JSON text in a string. Leases without any are left out. */
export function encodeMetadata(leases: Iterable<Lease>): Uint8Array {
  const pairs: string[] = [];
  for (const { serverId, metadata } of leases) if (metadata !== null) pairs.push(serverId, metadata);
  return encodeUtf8(JSON.stringify(pairs));
}

/** @throws TypeError or SyntaxError where the bytes are not what `encodeTimes` makes */
export function decodeTimes(bytes: Uint8Array): [serverId: string, lastSeen: number][] {
  return pairsOf(
    bytes,
    (value): value is number => typeof value === 'number' && Number.isSafeInteger(value) && value >= 0,
  );
}

/** @throws TypeError or SyntaxError where the bytes are not what `encodeMetadata` makes */
export function decodeMetadata(bytes: Uint8Array): [serverId: string, metadata: string][] {
  return pairsOf(bytes, (value): value is string => typeof value === 'string');
}

function pairsOf<Value>(bytes: Uint8Array, isValue: (value: unknown) => value is Value): [string, Value][] {
  const pairs: unknown = JSON.parse(decodeUtf8(bytes));
  if (!Array.isArray(pairs)) throw new TypeError('saved leases are not a JSON array');
  const read: [string, Value][] = [];
  for (let at = 0; at < pairs.length; at += 2) {
    const serverId: unknown = pairs[at];
    const value: unknown = pairs[at + 1];
    if (typeof serverId !== 'string' || !isValue(value)) {
      throw new TypeError(`saved leases hold no id and value at place ${at}`);
    }
    read.push([serverId, value]);
  }
  return read;
}
