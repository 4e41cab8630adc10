/** Signs requests as the registry wants them: HTTP Message Signatures (RFC 9421) with Ed25519. */
import { base64 } from './base64.ts';
import type { SigningKey } from './keys.ts';

/** What the signature covers: with these, a signed request cannot be turned into another one. */
const COMPONENTS = '("@method" "@target-uri" "content-digest")';

/** A request about to be sent. `url` is absolute; `body` is empty where there is none. */
export interface Unsigned {
  method: string;
  url: string;
  body: string;
  /** The server it is about. */
  serverId?: string;
}

/** A clock that a registry found wrong, and the client set right for what it signs. */
export interface ClockCorrection {
  /** Milliseconds that are now added to this machine's clock; negative where it is ahead. */
  offsetMs: number;
  /** What this machine's clock said, in epoch milliseconds. */
  localMs: number;
  /** What the registry said. */
  registryMs: number;
}

/** A clock that is less wrong than this is not why a signature was refused: the registry allows 60 s. */
const SMALLEST_CORRECTION_MS = 10_000;

/**
 * The furthest from this machine's clock that a registry's word is taken: wrong time zones and drift, not years. Who
 * could make the client sign for any time to come would hold signatures that count then.
 */
const LARGEST_CORRECTION_MS = 24 * 3_600_000;

/** Ids whose last second is kept until those that no longer matter are looked for. */
const KEPT_IDS = 1000;

/** How long a last second is kept after it passed: longer than any clock steps back in daily life. */
const KEPT_SECONDS = 300;

/** Signs with one key, each registration and deregistration of an id later than the one before. */
export class RequestSigner {
  readonly #key: SigningKey;
  readonly #nowMs: () => number;
  /** The `created` of the last registration or deregistration of each id. */
  readonly #lastSeconds = new Map<string, number>();
  #offsetMs = 0;
  #pruneAt = KEPT_IDS;

  constructor(key: SigningKey, nowMs: () => number) {
    this.#key = key;
    this.#nowMs = nowMs;
  }

  /** The three headers to send with the request. */
  async headersFor({ method, url, body, serverId = '' }: Unsigned): Promise<Record<string, string>> {
    const created = this.#createdSeconds(isHeartbeat(method, url), serverId);
    const digest = `sha-256=:${await sha256(body)}:`;
    const parameters = `${COMPONENTS};created=${created};keyid="${this.#key.publicKey}";alg="ed25519"`;
    // The registry sees the URL as every URL parser writes it.
    const target = new URL(url).href;
    const base = [
      `"@method": ${method}`,
      `"@target-uri": ${target}`,
      `"content-digest": ${digest}`,
      `"@signature-params": ${parameters}`,
    ].join('\n');
    return {
      'Content-Digest': digest,
      'Signature-Input': `sig1=${parameters}`,
      Signature: `sig1=:${base64(await this.#key.sign(base))}:`,
    };
  }

  /** Milliseconds that are added to this machine's clock in what is signed. */
  get offsetMs(): number {
    return this.#offsetMs;
  }

  /**
   * Sets the clock of later signatures by what a registry that refused one says its own is, in epoch milliseconds.
   * Gives undefined, and changes nothing, where that is no time, is about the one used already, or is further from
   * this machine's clock than a day.
   */
  correctClock(registryMs: unknown): ClockCorrection | undefined {
    if (typeof registryMs !== 'number' || !Number.isSafeInteger(registryMs)) return undefined;
    const localMs = this.#nowMs();
    const offsetMs = registryMs - localMs;
    if (Math.abs(offsetMs) > LARGEST_CORRECTION_MS) return undefined;
    if (Math.abs(offsetMs - this.#offsetMs) < SMALLEST_CORRECTION_MS) return undefined;
    this.#offsetMs = offsetMs;
    // They were of the wrong clock; where it was ahead, they would keep what follows in the future.
    this.#lastSeconds.clear();
    return { offsetMs, localMs, registryMs };
  }

  /**
   * `created` has whole seconds, and the registry refuses a registration or deregistration that is not later than
   * the last of the same id: the second one within a second says the next. A heartbeat may be as old as the
   * registration. Ids don't wait for each other: a thousand servers of one key can start within one second.
   */
  #createdSeconds(isHeartbeat: boolean, serverId: string): number {
    const now = Math.floor((this.#nowMs() + this.#offsetMs) / 1000);
    const last = this.#lastSeconds.get(serverId) ?? 0;
    if (isHeartbeat) return Math.max(now, last);
    const created = Math.max(now, last + 1);
    this.#lastSeconds.set(serverId, created);
    if (this.#lastSeconds.size > this.#pruneAt) this.#prune(now);
    return created;
  }

  /** Forgets ids whose last second is long past, so that memory does not grow with ids that come and go. */
  #prune(now: number): void {
    for (const [serverId, seconds] of this.#lastSeconds) {
      if (seconds < now - KEPT_SECONDS) this.#lastSeconds.delete(serverId);
    }
    this.#pruneAt = Math.max(KEPT_IDS, 2 * this.#lastSeconds.size);
  }
}

function isHeartbeat(method: string, url: string): boolean {
  return method === 'POST' && url.endsWith('/heartbeat');
}

async function sha256(text: string): Promise<string> {
  return base64(new Uint8Array(await crypto.subtle.digest('SHA-256', new TextEncoder().encode(text))));
}
