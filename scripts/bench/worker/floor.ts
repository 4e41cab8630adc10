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
    const now = Date.now();
    const servers = Array.from({ length: live }, (_, index) => ({
      ...entryAt(index),
      registeredAt: now,
      lastSeen: now,
    }));
    const utf8 = new TextEncoder();
    this.#list = utf8.encode(JSON.stringify({ servers, timestamp: now }));
    this.#peers = utf8.encode(JSON.stringify({ success: true, peers: servers.slice(1) }));
  }
}
