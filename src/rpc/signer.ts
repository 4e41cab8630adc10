/** Signs the list with the registry's own Ed25519 key: once an answer that is built, not once a request. */
import { join } from '../protocol/bytes.ts';
import type { Log } from './log.ts';

/** The DER of a PKCS #8 private key of Ed25519 up to its 32-byte seed (RFC 8410, section 7). */
const PKCS8_PREFIX = [
  0x30, 0x2e, 0x02, 0x01, 0x00, 0x30, 0x05, 0x06, 0x03, 0x2b, 0x65, 0x70, 0x04, 0x22, 0x04, 0x20,
];

export class Signer {
  readonly #key: Promise<CryptoKey>;
  readonly #signatures = new WeakMap<object, Promise<string>>();

  private constructor(key: Promise<CryptoKey>) {
    this.#key = key;
  }

  /** From 64 hexadecimal digits; null where they are not that. */
  static fromSeed(hex: string): Signer | null {
    if (!/^[0-9a-f]{64}$/i.test(hex)) return null;
    const seed = Array.from({ length: 32 }, (_, at) => Number.parseInt(hex.slice(2 * at, 2 * at + 2), 16));
    const der = new Uint8Array([...PKCS8_PREFIX, ...seed]);
    return new Signer(crypto.subtle.importKey('pkcs8', der, 'Ed25519', false, ['sign']));
  }

  /**
   * The signature over the parts, one behind the other, in standard base64. `body` stands for them: asked again with the
   * same one, the signature is not made again. The parts must not be written to afterwards.
   */
  sign(body: object, parts: readonly Uint8Array[]): Promise<string> {
    let signature = this.#signatures.get(body);
    if (signature === undefined) {
      signature = this.#make(join(parts));
      this.#signatures.set(body, signature);
    }
    return signature;
  }

  async #make(bytes: Uint8Array): Promise<string> {
    const signature = await crypto.subtle.sign('Ed25519', await this.#key, bytes);
    return btoa(String.fromCharCode(...new Uint8Array(signature)));
  }
}

/** The signer of a configuration, and what `/stats` says of it. */
export interface Signing {
  readonly signer: Signer | null;
  readonly state: 'on' | 'off' | 'malformed key';
}

/** A seed that can't be used stops nothing: lists go unsigned, and the log and `/stats` say so. */
export function signingWith(seed: string | null, log: Log): Signing {
  if (seed === null) return { signer: null, state: 'off' };
  const signer = Signer.fromSeed(seed);
  if (signer !== null) return { signer, state: 'on' };
  const problem = 'BOOTSTRAP_SIGNING_KEY must be 64 hexadecimal digits: `npm run keygen` makes one';
  log('error', { event: 'lists-unsigned', problem });
  return { signer: null, state: 'malformed key' };
}
