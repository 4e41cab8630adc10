/** Contender 1, the floor: an object that answers ready bytes and does nothing else. No registry over RPC can be faster. */
import { Contender } from './contender.ts';
import { entryAt, type SeedCounts } from './contract.ts';

export class Floor extends Contender {
  #list: Uint8Array = new Uint8Array(0);
  #peers: Uint8Array = new Uint8Array(0);

  /** The same list for a Worker that lets it stream. Given as bytes, each answer would be a copy that waits for the collector. */
  override fetch(): Response {
    const { readable, writable } = new FixedLengthStream(this.#list.byteLength);
    const writer = writable.getWriter();
    void writer.write(this.#list);
    void writer.close();
    return new Response(readable);
  }

  override listServers(): Uint8Array {
    return this.#list;
  }

  /** The no-op call; with peers, ready bytes. */
  override heartbeat(_serverId: string, peers: boolean): Uint8Array | undefined {
    return peers ? this.#peers : undefined;
  }

  override register(): void {}

  override deregister(): void {}

  /** Makes the bytes, of the size and content that a registry with so many live entries answers. */
  override seed({ live }: SeedCounts): void {
    this.#list = listOf(live);
    this.#peers = encoded({ success: true, peers: entries(live).slice(1) });
  }
}

/** The list that a registry with so many live entries answers. */
export function listOf(live: number): Uint8Array {
  return encoded({ servers: entries(live), timestamp: Date.now() });
}

function entries(count: number) {
  const now = Date.now();
  return Array.from({ length: count }, (_, index) => ({
    ...entryAt(index),
    registeredAt: now,
    lastSeen: now,
  }));
}

function encoded(value: unknown): Uint8Array {
  return new TextEncoder().encode(JSON.stringify(value));
}
