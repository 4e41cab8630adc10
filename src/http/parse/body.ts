/** The body of a write: its bytes, never more than the limit, and the JSON object in them. */
import { LIMITS } from '../../protocol/protocol.ts';
import { refused, type Parsed } from './parsed.ts';

/** One byte more than allowed is enough to know that there are too many. */
const READ_BYTES = LIMITS.bodyBytes + 1;

/** How much of a body that is too large is still taken from the connection, and for how long. */
const DRAIN_MAX_BYTES = 262_144;
const DRAIN_CHUNK_BYTES = 16_384;
const DRAIN_MAX_MS = 2000;

const EMPTY = new Uint8Array(0);

/** Any parameters; a charset other than UTF-8 is not JSON, but it can't be told from the bytes of ASCII either. */
const jsonType = /^application\/(?:[\w!#$&^.+-]+\+)?json\s*(?:;|$)/i;

const utf8 = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });

/**
 * The bytes of a body that is JSON or says nothing of its type. What is refused here is not left half read: the
 * connection would break, and under `wrangler dev`, where all requests share one, the next request of anyone with it.
 */
export async function readBody(request: Request): Promise<Parsed<Uint8Array<ArrayBuffer>>> {
  const contentType = request.headers.get('Content-Type');
  if (contentType !== null && !jsonType.test(contentType) && hasBody(request)) {
    return refused({ kind: 'unsupported-media-type', contentType });
  }
  try {
    const bytes = await readBytes(request);
    if (bytes !== undefined) return { ok: true, value: bytes };
  } catch {
    // Only the sender can end its body too early or break its framing.
    return refused({
      kind: 'malformed-body',
      problem: 'it ended early, or its chunks are not what they say',
    });
  }
  return refused({ kind: 'body-too-large', maxBytes: LIMITS.bodyBytes });
}

/** A length of 0 is no body, whatever else the request says of it. */
function hasBody({ headers, body }: Request): boolean {
  return body !== null && (headers.get('Content-Length') !== '0' || headers.has('Transfer-Encoding'));
}

/** Undefined where there are more than allowed. */
async function readBytes(request: Request): Promise<Uint8Array<ArrayBuffer> | undefined> {
  const { headers } = request;
  const announced = Number(headers.get('Content-Length') ?? Number.NaN);
  // Chunks are framed by their own lengths, whatever is announced beside them.
  const isChunked = headers.has('Transfer-Encoding');
  const isFramed = Number.isSafeInteger(announced) && !isChunked;
  if (isFramed && announced <= LIMITS.bodyBytes) {
    const { body } = request;
    return body === null ? new Uint8Array(0) : readUpToLimit(body.getReader({ mode: 'byob' }), announced + 1);
  }
  const copy = request.clone().body?.getReader({ mode: 'byob' });
  if (copy === undefined) return new Uint8Array(0);
  const bytes = isFramed ? undefined : await readUpToLimit(copy, READ_BYTES);
  // Without either framing no connection waits for its end: it comes from another Worker, or by HTTP/2.
  if (bytes === undefined && (isFramed || isChunked)) await drain(copy);
  return bytes;
}

/**
 * Counts while it reads: over a service binding `Content-Length` is a header as any other, and says nothing for sure.
 * One read, with room for one byte more than is expected, costs a heartbeat next to nothing over `arrayBuffer()`,
 * which has no limit.
 */
async function readUpToLimit(
  reader: ReadableStreamBYOBReader,
  expectedBytes: number,
): Promise<Uint8Array<ArrayBuffer> | undefined> {
  const { value = EMPTY } = await reader.readAtLeast(expectedBytes, new Uint8Array(expectedBytes));
  if (value.byteLength < expectedBytes) return value;
  if (expectedBytes >= READ_BYTES) return undefined;
  const left = READ_BYTES - expectedBytes;
  const { value: rest = EMPTY } = await reader.readAtLeast(left, new Uint8Array(left));
  if (rest.byteLength >= left) return undefined;
  const bytes = new Uint8Array(value.byteLength + rest.byteLength);
  bytes.set(value);
  bytes.set(rest, value.byteLength);
  return bytes;
}

/**
 * Takes what is left of a copy of a body, within bounds, so that a sender who is still sending hears the answer
 * rather than a reset of its connection. The body itself stays untouched: what lies beyond is the runtime's.
 */
async function drain(copy: ReadableStreamBYOBReader): Promise<void> {
  const readAll = async () => {
    let room = new Uint8Array(DRAIN_CHUNK_BYTES);
    for (let bytes = 0; bytes < DRAIN_MAX_BYTES;) {
      const { done, value } = await copy.read(room);
      if (done) return;
      bytes += value.byteLength;
      room = new Uint8Array(value.buffer);
    }
  };
  await Promise.race([readAll().catch(() => undefined), scheduler.wait(DRAIN_MAX_MS)]);
  await copy.cancel().catch(() => undefined);
}

/** The object of a body, and the text it was read from. */
export interface ParsedObject {
  readonly members: Readonly<Record<string, unknown>>;
  readonly text: string;
}

/** [C17] The JSON object in a body. Of members with the same name the last one counts, as in every browser. */
export function parseObject(bytes: Uint8Array): Parsed<ParsedObject> {
  let value: unknown;
  let text: string;
  try {
    text = utf8.decode(bytes);
    if (text.trim() === '') return malformed('the body is empty');
    value = JSON.parse(text);
  } catch (error) {
    return malformed(error instanceof SyntaxError ? error.message : 'the body is not UTF-8');
  }
  if (isObject(value)) return { ok: true, value: { members: value, text } };
  const what = value === null ? 'null' : Array.isArray(value) ? 'an array' : `a ${typeof value}`;
  return malformed(`the body is ${what}`);
}

function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function malformed(problem: string): Parsed<never> {
  return refused({ kind: 'malformed-body', problem });
}
