/** What the Workers of the benchmark and the script that drives them say to each other. */

/** Where the product of the benchmark's bundle collects garbage, in a runtime whose V8 offers that (`--expose-gc`). */
export const COLLECT_PATH = '/collect-garbage';

/** A server as the contenders store it, with the members of the wire. Times are epoch milliseconds. */
export interface StoredEntry {
  readonly serverId: string;
  readonly endpoint: string;
  readonly publicKey: string;
  readonly region: string;
  readonly registeredAt: number;
  readonly lastSeen: number;
}

export type Registration = Omit<StoredEntry, 'registeredAt' | 'lastSeen'>;

/** State to put a contender in: this many live entries, and this many whose lease ran out. */
export interface SeedCounts {
  readonly live: number;
  readonly stale: number;
}

/** Where the bare Worker has a list from: the object, over RPC or streamed, or bytes of its own. */
export type ListSource = 'rpc' | 'stream' | 'worker';

/** Which arguments a repeated call gets: made from the nth server's id or registration. */
export type ArgumentKind =
  'none' | 'id' | 'quiet-heartbeat' | 'peers-heartbeat' | 'registration' | 'given' | 'fresh-page';

/** Calls to repeat on an object from inside the runtime. */
export interface DrivePlan {
  /** The driver's binding of the object's class. */
  readonly binding: string;
  /** The object's name. */
  readonly object?: string;
  readonly method: string;
  readonly argument: ArgumentKind;
  /** The arguments of every call, where `argument` is `given`. */
  readonly given?: readonly unknown[];
  readonly calls: number;
  /** Calls in flight at once. */
  readonly concurrency: number;
  /** The servers that the calls name, round robin: number `from` and the `ids - 1` after it. */
  readonly from: number;
  readonly ids: number;
}

/** One call on an object, with JSON arguments. */
export interface CallPlan {
  readonly binding: string;
  /** The object's name. */
  readonly object?: string;
  readonly method: string;
  readonly args: readonly unknown[];
}

/** Calls an object made to its storage, and what they cost, since it was last asked. */
export interface StorageCount {
  /** By method. */
  readonly calls: Readonly<Record<string, number>>;
  /** Entries that list and get calls returned. */
  readonly rowsRead: number;
  /** Rows that SQLite itself says it changed: `total_changes()` of the object's own database. */
  readonly rowsWritten: number;
  /** Of the values that put calls were given: text as JSON, and bytes as they are. */
  readonly bytesWritten: number;
}

/**
 * The nth server of the benchmark. Every contender gets the same, with ids and keys of the length that servers in
 * the field have: `ed25519:` and a base64 key of 32 bytes, which is the public key as well.
 */
export function entryAt(index: number): Registration {
  const key = `${String(index).padStart(8, '0')}benchmark/key+of+32+bytes/in+base64=`;
  return {
    serverId: `ed25519:${key}`,
    endpoint: `wss://game-${index}.example.net:4433/play`,
    publicKey: key,
    region: `region-${index % 8}`,
  };
}

/** A page of the servers of one region, as the product is asked for it. `rank` tells one such question from another. */
export function pageOfRegion(rank: number) {
  return {
    asked: 'region=region-3&limit=50',
    regions: ['region-3'],
    conditions: [],
    text: null,
    sort: 'registeredAt',
    near: null,
    limit: 50,
    after: { sort: 'registeredAt', rank, serverId: '' },
    fields: null,
  } as const;
}
