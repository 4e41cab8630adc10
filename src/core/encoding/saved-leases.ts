/** The checkpoint of all leases, id → lastSeen, as JSON bytes in as few parts as fit the size of a stored value. */
import type { Encode, Lease } from './lease.ts';

/** The platform's limit for a value is 2 MB; the rest is left for what is stored beside the bytes. */
export const MAX_PART_BYTES = 1_500_000;

/** A comma on each side of the digits of an epoch time in milliseconds. */
const TIME_BYTES = 16;

/** The parts of a checkpoint, each a JSON array `[id, lastSeen, id, lastSeen, …]`; at least one. */
export function encodeLeases(
  leases: Iterable<Lease>,
  encode: Encode,
  maxPartBytes = MAX_PART_BYTES,
): Uint8Array[] {
  const parts: Uint8Array[] = [];
  let pairs: (string | number)[] = [];
  let bytes = 0;
  const closePart = () => {
    parts.push(encode(JSON.stringify(pairs)));
    pairs = [];
    bytes = 0;
  };
  for (const lease of leases) {
    const leaseBytes = lease.idBytes + TIME_BYTES;
    if (bytes + leaseBytes > maxPartBytes && bytes > 0) closePart();
    pairs.push(lease.serverId, lease.lastSeen);
    bytes += leaseBytes;
  }
  if (pairs.length > 0 || parts.length === 0) closePart();
  return parts;
}

/** The pairs of one part. Throws where the text is not what `encodeLeases` makes. */
export function decodeLeases(json: string): [serverId: string, lastSeen: number][] {
  const pairs: unknown = JSON.parse(json);
  if (!Array.isArray(pairs)) throw new TypeError('a checkpoint part is not a JSON array');
  const leases: [string, number][] = [];
  for (let at = 0; at < pairs.length; at += 2) {
    const serverId: unknown = pairs[at];
    const lastSeen: unknown = pairs[at + 1];
    if (typeof serverId !== 'string' || typeof lastSeen !== 'number' || !Number.isSafeInteger(lastSeen)) {
      throw new TypeError(`a checkpoint part holds no id and time at place ${at}`);
    }
    leases.push([serverId, lastSeen]);
  }
  return leases;
}
