/** The key a server signs with: created, kept as PEM, loaded again, and the id that belongs to it. */
import { isRecord } from './answers.ts';
import { base64 } from './base64.ts';

const PEM_HEAD = '-----BEGIN PRIVATE KEY-----';
const PEM_TAIL = '-----END PRIVATE KEY-----';

/** WebCrypto's `CryptoKey`, by a name that every runtime's types know. */
type PrivateKey = Parameters<typeof crypto.subtle.sign>[1];

/** Characters of a line of PEM (RFC 7468, section 2). */
const PEM_LINE = /.{1,64}/g;

/**
 * An Ed25519 key pair, held by the runtime's WebCrypto. Who has the private key owns every id that was registered
 * with it: keep the PEM as you keep passwords.
 */
export class SigningKey {
  /** The 32 bytes of the public key in standard base64, as a registration's `publicKey` and a signature's `keyid`. */
  readonly publicKey: string;
  readonly #privateKey: PrivateKey;

  private constructor(privateKey: PrivateKey, publicKey: string) {
    this.#privateKey = privateKey;
    this.publicKey = publicKey;
  }

  /** Creates a new key. Keep `toPem()` of it: without it, nobody can write of the servers registered with it. */
  static async generate(): Promise<SigningKey> {
    const pair = await crypto.subtle.generateKey('Ed25519', true, ['sign', 'verify']);
    if (!('privateKey' in pair)) throw new TypeError('this runtime made no Ed25519 key pair');
    return SigningKey.#of(pair.privateKey);
  }

  /**
   * Loads a key from PKCS #8 in PEM: what `toPem()` gives, and `openssl genpkey -algorithm ed25519`. Rejects with a
   * `TypeError` where the text is something else.
   */
  static async fromPem(pem: string): Promise<SigningKey> {
    const start = pem.indexOf(PEM_HEAD);
    const end = pem.indexOf(PEM_TAIL);
    if (start === -1 || end < start) throw new TypeError(`the PEM text has no "${PEM_HEAD}"`);
    try {
      const text = pem.slice(start + PEM_HEAD.length, end).replaceAll(/\s/g, '');
      const der = Uint8Array.from(atob(text), (character) => character.charCodeAt(0));
      return await SigningKey.#of(await crypto.subtle.importKey('pkcs8', der, 'Ed25519', true, ['sign']));
    } catch (cause) {
      throw new TypeError('the PEM text holds no unencrypted Ed25519 private key', { cause });
    }
  }

  /** The id that belongs to this key for ever, whoever else comes first: `ed25519:` and the public key. */
  get serverId(): string {
    return `ed25519:${this.publicKey}`;
  }

  /** The private key as PKCS #8 in PEM. */
  async toPem(): Promise<string> {
    const der: unknown = await crypto.subtle.exportKey('pkcs8', this.#privateKey);
    if (!(der instanceof ArrayBuffer)) throw new TypeError('this runtime exports no PKCS #8');
    const lines = base64(new Uint8Array(der)).match(PEM_LINE) ?? [];
    return [PEM_HEAD, ...lines, PEM_TAIL, ''].join('\n');
  }

  /** The Ed25519 signature over the UTF-8 bytes of `text`. */
  async sign(text: string): Promise<Uint8Array> {
    return new Uint8Array(
      await crypto.subtle.sign('Ed25519', this.#privateKey, new TextEncoder().encode(text)),
    );
  }

  /** WebCrypto gives the public half of a private key by its JWK alone. */
  static async #of(privateKey: PrivateKey): Promise<SigningKey> {
    const jwk: unknown = await crypto.subtle.exportKey('jwk', privateKey);
    const x = isRecord(jwk) ? jwk['x'] : undefined;
    if (typeof x !== 'string') throw new TypeError('the key has no public half');
    return new SigningKey(privateKey, `${x.replaceAll('-', '+').replaceAll('_', '/')}=`);
  }
}
