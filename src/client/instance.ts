/** A name for this host, which tells it from another one that holds the same id. */

const BYTES = 16;

/** 32 random hexadecimal digits. By `getRandomValues`, for `randomUUID` is missing in pages that came without TLS. */
export function newInstance(): string {
  const bytes = crypto.getRandomValues(new Uint8Array(BYTES));
  return Array.from(bytes, (byte) => byte.toString(16).padStart(2, '0')).join('');
}
