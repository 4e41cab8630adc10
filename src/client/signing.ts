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
}

/** Signs with one key, each registration and deregistration later than the one before. */
export class RequestSigner {
  readonly #key: SigningKey;
  readonly #nowMs: () => number;
  #lastSeconds = 0;

  constructor(key: SigningKey, nowMs: () => number) {
    this.#key = key;
    this.#nowMs = nowMs;
  }

  /** The three headers to send with the request. */
  async headersFor({ method, url, body }: Unsigned): Promise<Record<string, string>> {
    const created = this.#createdSeconds(isHeartbeat(method, url));
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

  /**
   * `created` has whole seconds, and the registry refuses a registration or deregistration that is not later than
   * the last: the second one within a second says the next. A heartbeat may be as old as the registration.
   */
  #createdSeconds(isHeartbeat: boolean): number {
    const now = Math.floor(this.#nowMs() / 1000);
    if (isHeartbeat) return Math.max(now, this.#lastSeconds);
    this.#lastSeconds = Math.max(now, this.#lastSeconds + 1);
    return this.#lastSeconds;
  }
}

function isHeartbeat(method: string, url: string): boolean {
  return method === 'POST' && url.endsWith('/heartbeat');
}

async function sha256(text: string): Promise<string> {
  return base64(new Uint8Array(await crypto.subtle.digest('SHA-256', new TextEncoder().encode(text))));
}
