/** Text to UTF-8 and back: every encoding of the core goes through here. */

const encoder = new TextEncoder();
// The rule takes control characters for a slip; here they belong, being ASCII.
// oxlint-disable-next-line no-control-regex
const isAscii = /^[\0-\x7f]*$/;
const strictDecoder = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });

export function encodeUtf8(text: string): Uint8Array {
  return encoder.encode(text);
}

/** Writes the text at the beginning of `bytes`, which must have room for it. */
export function encodeUtf8Into(text: string, bytes: Uint8Array): void {
  encoder.encodeInto(text, bytes);
}

/** Bytes that the text takes. */
export function utf8Bytes(text: string): number {
  return isAscii.test(text) ? text.length : encoder.encode(text).byteLength;
}

/** @throws TypeError where the bytes are not UTF-8 */
export function decodeUtf8(bytes: Uint8Array): string {
  return strictDecoder.decode(bytes);
}
