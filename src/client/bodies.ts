/** Reads the body of an answer, up to a limit: what a registry sends must never be more than its reader can hold. */
import { JsonLimits } from './json-limits.ts';

/**
 * Bytes, after decompression, of the longest list that is taken where the owner set no other limit: 50,000 entries
 * with everything at its longest (4,700 bytes) are 235 MB. The text of a Latin-1 list fits in V8's longest string.
 */
export const DEFAULT_MAX_LIST_BYTES = 256 * 1024 * 1024;

/** Bytes of any other answer. The longest has one entry, which came in a request of at most 8,192 bytes. */
export const MAX_ANSWER_BYTES = 64 * 1024;

/** Bytes that are read of an answer that refuses. The longest problem of a registry is shorter than 2 KiB. */
export const MAX_ERROR_BYTES = 16 * 1024;

/**
 * An answer may have one value for so many bytes of its limit: 8 million in a list of 256 MiB, 160 an entry where there
 * are 50,000. In memory a value takes some 20 to 70 bytes, so that the values never outweigh the text by much.
 */
const BYTES_A_VALUE = 32;

/** The answer is more than the client takes; the message completes "the answer is not taken, because". */
export class TooMuch extends Error {
  override readonly name = 'TooMuch';
}

/** The reason for which an answer is not taken, if that is what was thrown or what caused it. */
export function reasonOfTooMuch(thrown: unknown): string | undefined {
  if (thrown instanceof TooMuch) return thrown.message;
  // Node tells by the cause of its own error that the request was cut off.
  return thrown instanceof Error && thrown.cause instanceof TooMuch ? thrown.cause.message : undefined;
}

/**
 * The whole body. Rejects with `TooMuch` as soon as it has more than `maxBytes`, or is JSON that is nested or
 * populated beyond reason, and with the runtime's own error where it is cut off.
 */
export async function wholeBody(response: Response, maxBytes: number): Promise<Uint8Array<ArrayBuffer>> {
  const limits = new JsonLimits(Math.ceil(maxBytes / BYTES_A_VALUE));
  const { chunks, bytes } = await read(response, (chunk, soFar) => {
    if (soFar > maxBytes) throw new TooMuch(`it has more than ${maxBytes} bytes`);
    const problem = limits.problemIn(chunk);
    if (problem !== undefined) throw new TooMuch(problem);
    return true;
  });
  return joined(chunks, bytes);
}

/** What there is of the first `maxBytes`, never rejecting: the status has said already that the answer is no. */
export async function bodyHead(response: Response, maxBytes: number): Promise<Uint8Array<ArrayBuffer>> {
  const chunks: Uint8Array[] = [];
  let bytes = 0;
  try {
    await read(response, (chunk, soFar) => {
      chunks.push(chunk);
      bytes = soFar;
      return soFar <= maxBytes;
    });
  } catch {
    // A refusal whose body is cut off or wrongly encoded is a refusal still.
  }
  return joined(chunks, bytes).subarray(0, maxBytes);
}

/** What the bytes say as JSON in UTF-8; undefined where they are something else. */
export function jsonOf(bytes: Uint8Array<ArrayBuffer>): unknown {
  try {
    return JSON.parse(new TextDecoder().decode(bytes));
  } catch {
    return undefined;
  }
}

/** Hands each chunk to `take` until that gives false. Whatever happens, nothing more is read afterwards. */
async function read(
  response: Response,
  take: (chunk: Uint8Array, soFar: number) => boolean,
): Promise<{ chunks: Uint8Array[]; bytes: number }> {
  const chunks: Uint8Array[] = [];
  let bytes = 0;
  if (response.body === null) return { chunks, bytes };
  const reader = response.body.getReader();
  try {
    for (;;) {
      const { done, value } = await reader.read();
      if (done) return { chunks, bytes };
      bytes += value.byteLength;
      if (!take(value, bytes)) return { chunks, bytes };
      chunks.push(value);
    }
  } finally {
    // Not awaited: a body that was cut may never say that it ended.
    reader.cancel().catch(() => undefined);
  }
}

function joined(chunks: readonly Uint8Array[], bytes: number): Uint8Array<ArrayBuffer> {
  const whole = new Uint8Array(bytes);
  let at = 0;
  for (const chunk of chunks) {
    whole.set(chunk, at);
    at += chunk.byteLength;
  }
  return whole;
}
