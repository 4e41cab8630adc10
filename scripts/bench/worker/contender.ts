/** The calls that every contender's object but the product's own answers, so that one bare Worker serves them all. */
import { DurableObject } from 'cloudflare:workers';
import type { Registration, SeedCounts } from './contract.ts';

export abstract class Contender extends DurableObject {
  /** The answer to a list, as UTF-8 JSON. */
  abstract listServers(): Uint8Array | Promise<Uint8Array>;
  /** Null where the server is not registered; with peers, the answer as UTF-8 JSON. */
  abstract heartbeat(
    serverId: string,
    peers: boolean,
  ): Uint8Array | null | undefined | Promise<Uint8Array | null | undefined>;
  abstract register(registration: Registration): void | Promise<void>;
  abstract deregister(serverId: string): void | Promise<void>;
  /** Starts over with these entries: the live ones first, then the stale ones. */
  abstract seed(counts: SeedCounts): void | Promise<void>;
}
