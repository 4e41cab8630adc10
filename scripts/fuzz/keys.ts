/** The keys that sign the fuzzer's requests, and every spelling of them. Runs in Node and in Workers. */

/** A public key of Ed25519 in its canonical spelling; its seed is 32 bytes of the number behind it. */
const PUBLIC_KEYS = [
  'iojj3XQJ8ZX9UtstPLpdcspnCb8dlBIb83SIAbQPb1w=',
  'gTl3Dqh9F19Wo1Rmw0x+zMuNipG07jeiXfYPW4/Js5Q=',
  '7UkoxijRwsbq6QM4kFmVYSlZJzpcY/k2NsFGFKyHN9E=',
  'ypOsFwUYcHHWe4PH/w7+gQjo7EUwV113JoeTM9vavnw=',
  'bnoc3Smwt4/ROvTFWY/v9O8qlxZuPKby5Pv8zYBQW/E=',
  'iodf/x6zhFFXes1a/uQFRWVo3XyJ4JCGOgVXvHr0nxc=',
] as const;

/** By its canonical public key. */
export type KeyName = (typeof PUBLIC_KEYS)[number];
export const KEYS: readonly KeyName[] = PUBLIC_KEYS;

const PKCS8_PREFIX = '302e020100300506032b657004220420';
const DER_PREFIX = '302a300506032b6570032100';

const signing = new Map<KeyName, ReturnType<typeof importKey>>();

/** The Ed25519 signature of a text. */
export async function signWith(key: KeyName, text: string): Promise<Uint8Array> {
  let imported = signing.get(key);
  if (imported === undefined) {
    imported = importKey(key);
    signing.set(key, imported);
  }
  return new Uint8Array(await crypto.subtle.sign('Ed25519', await imported, new TextEncoder().encode(text)));
}

function importKey(key: KeyName) {
  const seed = new Uint8Array(32).fill(KEYS.indexOf(key) + 1);
  const der = new Uint8Array([...bytesOfHex(PKCS8_PREFIX), ...seed]);
  return crypto.subtle.importKey('pkcs8', der, 'Ed25519', false, ['sign']);
}

/** Every spelling that a registration may have its key in. */
export const SPELLINGS: ReadonlyMap<string, KeyName> = new Map(
  KEYS.flatMap((key) => {
    const url = key.replaceAll('+', '-').replaceAll('/', '_');
    const der = toBase64(new Uint8Array([...bytesOfHex(DER_PREFIX), ...fromBase64(key)]));
    const pem = `-----BEGIN PUBLIC KEY-----\n${der}\n-----END PUBLIC KEY-----\n`;
    const spellings = [key, url, url.replace(/=+$/, ''), `ed25519:${key}`, der, pem];
    return spellings.map((spelling): [string, KeyName] => [spelling, key]);
  }),
);

/** Who registers an id, of its own accord. */
export function naturalOwner(serverId: string): KeyName {
  const own = KEYS.find((key) => serverId === `ed25519:${key}`);
  if (own !== undefined) return own;
  let hash = 7;
  for (const character of serverId) hash = (hash * 31 + (character.codePointAt(0) ?? 0)) % 65_521;
  return KEYS[hash % KEYS.length] ?? PUBLIC_KEYS[0];
}

export function toBase64(bytes: Uint8Array): string {
  return btoa(String.fromCharCode(...bytes));
}

function fromBase64(text: string): Uint8Array {
  return Uint8Array.from(atob(text), (character) => character.charCodeAt(0));
}

function bytesOfHex(hex: string): number[] {
  return (hex.match(/../g) ?? []).map((digits) => Number.parseInt(digits, 16));
}
