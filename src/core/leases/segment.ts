/** Which row of the checkpoint holds a lease's time: a fixed hash of its id, so that a save rewrites only what moved. */

/**
 * Few enough that a checkpoint of a small registry is a handful of rows, and many enough that one segment of 50,000
 * servers with the longest ids stays within a row of 2 MB.
 */
export const SEGMENTS = 64;

/** FNV-1a of 32 bits (RFC draft eastlake-fnv) over the UTF-16 units of the id: spreads ids that differ in one digit. */
export function segmentOf(serverId: string): number {
  let hash = 0x811c9dc5;
  for (let at = 0; at < serverId.length; at += 1) {
    hash = Math.imul(hash ^ serverId.charCodeAt(at), 0x01000193);
  }
  return (hash >>> 0) % SEGMENTS;
}
