/** `Content-Digest` (RFC 9530): is the body the one that was signed? */
import { parseDictionary } from 'structured-headers';

/** The digests of RFC 9530 that are not broken, by their names there and in WebCrypto. */
const ALGORITHMS: ReadonlyMap<string, string> = new Map([
  ['sha-256', 'SHA-256'],
  ['sha-512', 'SHA-512'],
]);

/** Every digest in the header that is known must be right, and one at least must be known; else the reason why not. */
export async function problemOfDigest(
  header: string,
  body: Uint8Array<ArrayBuffer>,
): Promise<string | undefined> {
  let known = 0;
  let digests: ReturnType<typeof parseDictionary>;
  try {
    digests = parseDictionary(header.trim());
  } catch {
    return 'Content-Digest is not a dictionary of digests';
  }
  for (const [name, [value]] of digests) {
    const algorithm = ALGORITHMS.get(name);
    if (algorithm === undefined) continue;
    if (!(value instanceof ArrayBuffer)) return `the ${name} in Content-Digest is not a byte sequence`;
    const actual = await crypto.subtle.digest(algorithm, body);
    if (!sameBytes(new Uint8Array(value), new Uint8Array(actual))) {
      return `the ${name} in Content-Digest is not that of the body`;
    }
    known += 1;
  }
  return known > 0 ? undefined : 'Content-Digest has neither sha-256 nor sha-512';
}

/** In plain time: neither side is a secret. */
function sameBytes(one: Uint8Array, other: Uint8Array): boolean {
  return one.byteLength === other.byteLength && one.every((byte, at) => byte === other[at]);
}
