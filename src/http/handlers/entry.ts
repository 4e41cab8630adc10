/** An entry as it is stored → as it is sent. */
import { entry, type Entry } from '../../protocol/protocol.ts';
import type { ServerRecord } from '../../rpc/contract.ts';

/** The stored form has metadata as JSON text; the wire has it as the object it was, or not at all. */
export function toEntry(record: ServerRecord): Entry {
  const { metadata, registeredAt, lastSeen, serverId, endpoint, publicKey, region } = record;
  const { endpoints, location } = record;
  return {
    serverId,
    endpoint,
    ...(endpoints !== undefined && { endpoints: [...endpoints] }),
    publicKey,
    region,
    ...(location !== undefined && { location }),
    ...(metadata !== null && { metadata: entry.shape.metadata.parse(JSON.parse(metadata)) }),
    registeredAt,
    lastSeen,
  };
}
