/** MurmurHash3, the 32-bit form for x86 (github.com/aappleby/smhasher), over the UTF-8 bytes of a text. */
const utf8 = new TextEncoder();

const C1 = 0xcc9e2d51;
const C2 = 0x1b873593;

/** An unsigned number of 32 bits. */
export function murmur3(text: string, seed = 0): number {
  const bytes = utf8.encode(text);
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const blocksEnd = bytes.byteLength - (bytes.byteLength % 4);
  let hash = seed;
  for (let at = 0; at < blocksEnd; at += 4) {
    hash ^= scrambled(view.getUint32(at, true));
    hash = Math.imul(rotated(hash, 13), 5) + 0xe6546b64;
  }
  let rest = 0;
  for (let at = bytes.byteLength - 1; at >= blocksEnd; at -= 1) rest = (rest << 8) | view.getUint8(at);
  hash ^= scrambled(rest) ^ bytes.byteLength;
  hash = Math.imul(hash ^ (hash >>> 16), 0x85ebca6b);
  hash = Math.imul(hash ^ (hash >>> 13), 0xc2b2ae35);
  return (hash ^ (hash >>> 16)) >>> 0;
}

function scrambled(block: number): number {
  return Math.imul(rotated(Math.imul(block, C1), 15), C2);
}

function rotated(value: number, bits: number): number {
  return (value << bits) | (value >>> (32 - bits));
}
