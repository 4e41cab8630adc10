/** Entries for the tests of what the page makes of them. */
import type { Entry } from '../../../src/protocol/protocol.ts';

export function entry(serverId: string, more: Partial<Entry> = {}): Entry {
  return {
    serverId,
    endpoint: `wss://${serverId}.example`,
    publicKey: 'k',
    region: 'eu',
    registeredAt: 1000,
    lastSeen: 2000,
    ...more,
  };
}
