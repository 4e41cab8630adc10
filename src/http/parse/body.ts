/** The body of a write: its bytes, never more than the limit, and the JSON object in them. */
import { LIMITS } from '../../protocol/protocol.ts';
import { refused, type Parsed } from './parsed.ts';

/** How much of a body that is too large is still taken from the connection, and for how long. */
const DRAIN_MAX_BYTES = 262_144;
const DRAIN_MAX_MS = 2000;

const EMPTY = new Uint8Array(0);

type ByteReader = ReadableStreamDefaultReader<Uint8Array<ArrayBuffer>>;

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
    return body === null ? EMPTY : readUpToLimit(body.getReader());
  }
  const copy = request.clone().body?.getReader();
  if (copy === undefined) return EMPTY;
  const bytes = isFramed ? undefined : await readUpToLimit(copy);
  // Without either framing no connection waits for its end: it comes from another Worker, or by HTTP/2.
  if (bytes === undefined && (isFramed || isChunked)) await drain(copy);
  return bytes;
}

/**
 * Counts while it reads: over a service binding `Content-Length` is a header as any other, and says nothing for sure.
 * `arrayBuffer()`, which has no limit, would save a heartbeat a sixth of its time (docs/performance.md).
 */
async function readUpToLimit(reader: ByteReader): Promise<Uint8Array<ArrayBuffer> | undefined> {
  let bytes: Uint8Array<ArrayBuffer> = EMPTY;
  for (;;) {
    const { done, value } = await reader.read();
    if (done) return bytes;
    if (bytes.byteLength + value.byteLength > LIMITS.bodyBytes) return undefined;
    // Nearly every body comes in one piece.
    bytes = bytes === EMPTY ? value : joined(bytes, value);
  }
}

function joined(first: Uint8Array, second: Uint8Array): Uint8Array<ArrayBuffer> {
  const both = new Uint8Array(first.byteLength + second.byteLength);
  both.set(first);
  both.set(second, first.byteLength);
  return both;
}

/**
 * Takes what is left of a copy of a body, within bounds, so that a sender who is still sending hears the answer
 * rather than a reset of its connection. The body itself stays untouched: what lies beyond is the runtime's.
 */
async function drain(copy: ByteReader): Promise<void> {
  const readAll = async () => {
    for (let bytes = 0; bytes < DRAIN_MAX_BYTES;) {
      const { done, value } = await copy.read();
      if (done) return;
      bytes += value.byteLength;
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
