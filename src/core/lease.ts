/** One server's lease: what it registered, when it was last heard, when it runs out, and its encoded form. */

import type { Place } from '../protocol/query.ts';

/** Who signed a registration, and when: the key in canonical base64, and `created` in epoch seconds. */
export interface Proof {
  readonly key: string;
  readonly createdSeconds: number;
}

/** Where a registration came from, as far as the platform knows; never the address. Degrees. */
export interface Location {
  readonly country?: string;
  /** The data centre of the platform that took the request, by its airport's code. */
  readonly colo?: string;
  readonly latitude?: number;
  readonly longitude?: number;
}

/** A server as it registered itself. `metadata` is JSON text, checked before it came here, or null. */
export interface Registration {
  readonly serverId: string;
  readonly endpoint: string;
  readonly publicKey: string;
  readonly region: string;
  readonly metadata: string | null;
  /** Absent where a trusted writer registered it: then the id is bound to no key. */
  readonly proof?: Proof;
  /** Absent where it is not known or not to be recorded. */
  readonly location?: Location;
}

/** A registration with its times, in epoch milliseconds: what a storage row holds. */
export interface ServerRecord extends Registration {
  readonly registeredAt: number;
  readonly lastSeen: number;
}

/** Text to UTF-8. Passed in, so that the core imports nothing of any platform. */
export type Encode = (text: string) => Uint8Array;

export class Lease {
  readonly serverId: string;
  /** UTF-8 bytes of the id as a JSON string, quotes included: what a checkpoint of this lease takes. */
  readonly idBytes: number;
  /** Epoch milliseconds of the last registration or heartbeat. Always the truth, never extended. */
  lastSeen: number;
  /** Epoch milliseconds at which the lease is over: `lastSeen` + TTL, or later after an absence of the registry. */
  expiresAt: number;
  /** Where `Snapshot` put this entry in its latest picture. */
  pictureStart = 0;
  pictureEnd = 0;
  #server: Registration & { readonly registeredAt: number };
  #proof: Proof | undefined;
  #place: Place | null;
  #head: Uint8Array;
  readonly #encode: Encode;

  constructor(record: ServerRecord, expiresAt: number, encode: Encode) {
    this.serverId = record.serverId;
    this.idBytes = encode(JSON.stringify(record.serverId)).byteLength;
    this.lastSeen = record.lastSeen;
    this.expiresAt = expiresAt;
    this.#encode = encode;
    this.#server = record;
    this.#proof = record.proof;
    this.#place = placeOf(record.location);
    this.#head = encodeHead(record, encode);
  }

  get registeredAt(): number {
    return this.#server.registeredAt;
  }

  get publicKey(): string {
    return this.#server.publicKey;
  }

  /** Of the last accepted registration. */
  get proof(): Proof | undefined {
    return this.#proof;
  }

  get region(): string {
    return this.#server.region;
  }

  /** Null where the location is not known to the degree. */
  get place(): Place | null {
    return this.#place;
  }

  get metadata(): string | null {
    return this.#server.metadata;
  }

  /** The entry as UTF-8 JSON, up to and without the digits of `lastSeen` and the closing brace. */
  get head(): Uint8Array {
    return this.#head;
  }

  /** Takes over what a server now says of itself; `registeredAt` stays. False where nothing of the entry changed. */
  update(registration: Registration): boolean {
    this.#proof = registration.proof;
    const { endpoint, publicKey, region, metadata, location } = this.#server;
    if (
      endpoint === registration.endpoint &&
      publicKey === registration.publicKey &&
      region === registration.region &&
      metadata === registration.metadata &&
      JSON.stringify(location) === JSON.stringify(registration.location)
    ) {
      return false;
    }
    this.#server = { ...registration, serverId: this.serverId, registeredAt: this.registeredAt };
    this.#place = placeOf(registration.location);
    this.#head = encodeHead(this.#server, this.#encode);
    return true;
  }

  /** As `update`, for the metadata alone. */
  updateMetadata(metadata: string): boolean {
    return this.update({ ...this.toRecord(), metadata });
  }

  /** The row to store. */
  toRecord(): ServerRecord {
    const { serverId, endpoint, publicKey, region, metadata, location, registeredAt } = this.#server;
    const named = { serverId, endpoint, publicKey, region, metadata };
    return {
      ...named,
      registeredAt,
      lastSeen: this.lastSeen,
      ...(this.#proof !== undefined && { proof: this.#proof }),
      ...(location !== undefined && { location }),
    };
  }
}

function placeOf({ latitude, longitude }: Location = {}): Place | null {
  return latitude === undefined || longitude === undefined ? null : { latitude, longitude };
}

function encodeHead(server: Registration & { readonly registeredAt: number }, encode: Encode): Uint8Array {
  const { serverId, endpoint, publicKey, region, location, metadata, registeredAt } = server;
  const members = JSON.stringify({ serverId, endpoint, publicKey, region, location }).slice(0, -1);
  const metadataMember = metadata === null ? '' : `,"metadata":${metadata}`;
  return encode(`${members}${metadataMember},"registeredAt":${registeredAt},"lastSeen":`);
}
