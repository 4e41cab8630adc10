/** Checks that a list was signed by the registry that the client trusts, and not long ago. */
import { isRecord } from './answers.ts';

/** A list older than this may be one that somebody kept to hide what changed since. */
const MAX_AGE_MS = 300_000;

/** How a file ends that is signed, and the text that was signed. */
const SIGNATURE_IN_FILE = /^,"signature":"([A-Za-z0-9+/]{86}==)"\}\n$/;
const SIGNATURE_BYTES = 105;
const BEHIND_SIGNED = new TextEncoder().encode('}\n');

const NOT_SIGNED = 'the list is not signed';
const ANOTHER_KEY = 'the signature is not by the key the client was given';

/** WebCrypto's `CryptoKey`, by a name that every runtime's types know. */
type VerificationKey = Parameters<typeof crypto.subtle.verify>[1];

/** The public half of the key that a registry signs its lists with. */
export class ListKey {
  readonly #key: Promise<VerificationKey>;

  /** From 64 hexadecimal digits or the standard base64 of 32 bytes. Throws a `TypeError` for anything else. */
  constructor(text: string) {
    this.#key = crypto.subtle.importKey('raw', rawKey(text.trim()), 'Ed25519', false, ['verify']);
    // Awaited by each check: without one, a runtime that knows no Ed25519 would report the rejection as unhandled.
    this.#key.catch(() => undefined);
  }

  /** Why a list cannot be trusted; undefined where it can. `signature` is the header's value. */
  async verify(
    bytes: Uint8Array<ArrayBuffer>,
    signature: string | null,
    nowMs: number,
  ): Promise<string | undefined> {
    if (signature === null) return NOT_SIGNED;
    if (!(await this.#made(signature, bytes))) return ANOTHER_KEY;
    const answer: unknown = JSON.parse(new TextDecoder().decode(bytes));
    const timestamp = isRecord(answer) ? answer['timestamp'] : undefined;
    if (typeof timestamp !== 'number') return 'the signed answer says not when it was made';
    return whyOfAnotherTime(timestamp, nowMs);
  }

  /** The same of a list file, but for its age. Writes over its end, where the signature is: it must have been read. */
  async verifyFile(file: Uint8Array<ArrayBuffer>): Promise<string | undefined> {
    const end = new TextDecoder().decode(file.subarray(-SIGNATURE_BYTES));
    const signature = SIGNATURE_IN_FILE.exec(end)?.[1];
    if (signature === undefined) return NOT_SIGNED;
    const signedBytes = file.byteLength - SIGNATURE_BYTES + BEHIND_SIGNED.byteLength;
    file.set(BEHIND_SIGNED, signedBytes - BEHIND_SIGNED.byteLength);
    return (await this.#made(signature, file.subarray(0, signedBytes))) ? undefined : ANOTHER_KEY;
  }

  async #made(signature: string, bytes: Uint8Array<ArrayBuffer>): Promise<boolean> {
    const made = fromBase64(signature);
    return made !== undefined && crypto.subtle.verify('Ed25519', await this.#key, made, bytes);
  }
}

/** Why a list made at `timestamp` is not one of now; undefined where it is. */
export function whyOfAnotherTime(timestamp: number, nowMs: number): string | undefined {
  const ageMs = nowMs - timestamp;
  if (Math.abs(ageMs) <= MAX_AGE_MS) return undefined;
  return `the list was made ${Math.abs(Math.round(ageMs / 1000))} s ${ageMs > 0 ? 'ago' : 'ahead of this clock'}`;
}

function rawKey(text: string): Uint8Array<ArrayBuffer> {
  const key = /^[0-9a-f]{64}$/i.test(text)
    ? Uint8Array.from({ length: 32 }, (_, at) => Number.parseInt(text.slice(2 * at, 2 * at + 2), 16))
    : fromBase64(text);
  if (key?.byteLength === 32) return key;
  throw new TypeError(
    'verifyKey must be 64 hexadecimal digits, or 32 bytes in base64: the public half of a list key',
  );
}

function fromBase64(text: string): Uint8Array<ArrayBuffer> | undefined {
  try {
    return Uint8Array.from(atob(text), (character) => character.charCodeAt(0));
  } catch {
    return undefined;
  }
}
