/** The body of a write: its bytes, never more than the limit, and the JSON object in them. */
import { LIMITS } from '../protocol/protocol.ts';
import { refused, type Parsed } from './parsed.ts';

/** One byte more than allowed is enough to know that there are too many. */
const READ_BYTES = LIMITS.bodyBytes + 1;

/** Any parameters; a charset other than UTF-8 is not JSON, but it can't be told from the bytes of ASCII either. */
const jsonType = /^application\/(?:[\w!#$&^.+-]+\+)?json\s*(?:;|$)/i;

const utf8 = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });

/**
 * The bytes of a body that is JSON or says nothing of its type. It is never trusted to be as long as
 * `Content-Length` says: reading stops where the limit is passed, and what follows is never buffered.
 */
export async function readBody(request: Request): Promise<Parsed<Uint8Array<ArrayBuffer>>> {
  const contentType = request.headers.get('Content-Type');
  if (contentType !== null && !jsonType.test(contentType)) {
    return refused({ kind: 'unsupported-media-type', contentType });
  }
  if (request.body === null) return { ok: true, value: new Uint8Array(0) };
  const reader = request.body.getReader({ mode: 'byob' });
  // One call across the boundary of the runtime, where a loop over chunks takes two at least.
  const { value } = await reader.readAtLeast(READ_BYTES, new Uint8Array(READ_BYTES));
  if (value === undefined || value.byteLength < READ_BYTES)
    return { ok: true, value: value ?? new Uint8Array(0) };
  await reader.cancel();
  return refused({ kind: 'body-too-large', maxBytes: LIMITS.bodyBytes });
}

/** [C17] The JSON object in a body. Of members with the same name the last one counts, as in every browser. */
export function parseObject(bytes: Uint8Array): Parsed<Readonly<Record<string, unknown>>> {
  let value: unknown;
  try {
    const text = utf8.decode(bytes);
    if (text.trim() === '') return malformed('the body is empty');
    value = JSON.parse(text);
  } catch (error) {
    return malformed(error instanceof SyntaxError ? error.message : 'the body is not UTF-8');
  }
  if (isObject(value)) return { ok: true, value };
  const what = value === null ? 'null' : Array.isArray(value) ? 'an array' : `a ${typeof value}`;
  return malformed(`the body is ${what}`);
}

function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function malformed(problem: string): Parsed<never> {
  return refused({ kind: 'malformed-body', problem });
}
