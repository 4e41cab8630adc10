/** The body of a write: its bytes, never more than the limit, and the JSON object in them. */
import { LIMITS } from '../protocol/protocol.ts';
import { refused, type Parsed } from './parsed.ts';

/** One byte more than allowed is enough to know that there are too many. */
const READ_BYTES = LIMITS.bodyBytes + 1;

/** Any parameters; a charset other than UTF-8 is not JSON, but it can't be told from the bytes of ASCII either. */
const jsonType = /^application\/(?:[\w!#$&^.+-]+\+)?json\s*(?:;|$)/i;

const utf8 = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });

/** The bytes of a body that is JSON or says nothing of its type. */
export async function readBody(request: Request): Promise<Parsed<Uint8Array<ArrayBuffer>>> {
  const contentType = request.headers.get('Content-Type');
  if (contentType !== null && !jsonType.test(contentType) && request.body !== null) {
    return refused({ kind: 'unsupported-media-type', contentType });
  }
  const bytes = await readBytes(request);
  if (bytes.byteLength <= LIMITS.bodyBytes) return { ok: true, value: bytes };
  return refused({ kind: 'body-too-large', maxBytes: LIMITS.bodyBytes });
}

/**
 * On the wire `Content-Length` is the framing itself: what follows is no longer part of the body. It decides only
 * how to read; what was read is measured all the same. The body's stream is asked for where nothing is announced:
 * only to make it costs more than the reading of a heartbeat.
 */
async function readBytes(request: Request): Promise<Uint8Array<ArrayBuffer>> {
  const announced = request.headers.get('Content-Length');
  if (announced !== null && Number(announced) <= LIMITS.bodyBytes) return readAll(request);
  return request.body === null ? new Uint8Array(0) : readUpToLimit(request.body);
}

/** The cheapest way across the boundary of the runtime: a reader costs a heartbeat 14 % (run). */
async function readAll(request: Request): Promise<Uint8Array<ArrayBuffer>> {
  return new Uint8Array(await request.arrayBuffer());
}

/** Stops one byte behind the limit; what follows is never buffered. */
async function readUpToLimit(body: ReadableStream): Promise<Uint8Array<ArrayBuffer>> {
  const reader = body.getReader({ mode: 'byob' });
  const { value } = await reader.readAtLeast(READ_BYTES, new Uint8Array(READ_BYTES));
  const bytes = value ?? new Uint8Array(0);
  if (bytes.byteLength >= READ_BYTES) await reader.cancel();
  return bytes;
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
