/** Ed25519 public keys: every spelling a server may send is read into one. */

import { looksLikeKeyId } from './look-alikes.ts';

/** An Ed25519 public key has 32 bytes (RFC 8032, section 5.1.5). */
const KEY_BYTES = 32;

/** What precedes those bytes in the DER form, SubjectPublicKeyInfo with the OID 1.3.101.112 (RFC 8410, section 4). */
const DER_PREFIX = '302a300506032b6570032100';

const PEM = /^\s*-----BEGIN PUBLIC KEY-----([A-Za-z0-9+/=\s]+)-----END PUBLIC KEY-----\s*$/;

const ID_PREFIX = 'ed25519:';

/** A public key. `base64` is its one canonical spelling: standard alphabet, padded, of the 32 bytes themselves. */
export interface PublicKey {
  readonly bytes: Uint8Array<ArrayBuffer>;
  readonly base64: string;
}

/**
 * Reads a key in any of these spellings: base64 or base64url, padded or not, of the 32 bytes or of their DER form;
 * the same behind `ed25519:`; PEM. Undefined where it is none of them.
 */
export function readPublicKey(text: string): PublicKey | undefined {
  const body = PEM.exec(text)?.[1]?.replaceAll(/\s/g, '') ?? withoutPrefix(text);
  const decoded = decodeBase64(body);
  if (decoded === undefined) return undefined;
  const bytes = withoutDerPrefix(decoded);
  return bytes.byteLength === KEY_BYTES ? { bytes, base64: encodeBase64(bytes) } : undefined;
}

/**
 * The key in an id of the form `ed25519:<base64 of the key>`: null where the id has another form, undefined where it
 * has this one, or looks like it, but not in the canonical spelling: nobody can hold a look-alike of an id.
 */
export function keyInId(serverId: string): PublicKey | null | undefined {
  const hasPrefix = serverId.slice(0, ID_PREFIX.length).toLowerCase() === ID_PREFIX;
  if (!hasPrefix && !looksLikeKeyId(serverId)) return null;
  const key = readPublicKey(serverId);
  return key !== undefined && serverId === ID_PREFIX + key.base64 ? key : undefined;
}

export function encodeBase64(bytes: Uint8Array): string {
  return btoa(String.fromCharCode(...bytes));
}

function withoutPrefix(text: string): string {
  return text.startsWith(ID_PREFIX) ? text.slice(ID_PREFIX.length) : text;
}

function withoutDerPrefix(bytes: Uint8Array<ArrayBuffer>): Uint8Array<ArrayBuffer> {
  const prefixBytes = DER_PREFIX.length / 2;
  if (bytes.byteLength !== prefixBytes + KEY_BYTES) return bytes;
  const prefix = Array.from(bytes.subarray(0, prefixBytes), (byte) =>
    byte.toString(16).padStart(2, '0'),
  ).join('');
  return prefix === DER_PREFIX ? bytes.slice(prefixBytes) : bytes;
}

function decodeBase64(text: string): Uint8Array<ArrayBuffer> | undefined {
  if (!/^[A-Za-z0-9+/_-]+={0,2}$/.test(text)) return undefined;
  try {
    const standard = text.replaceAll('-', '+').replaceAll('_', '/');
    return Uint8Array.from(atob(standard), (character) => character.charCodeAt(0));
  } catch {
    return undefined;
  }
}
