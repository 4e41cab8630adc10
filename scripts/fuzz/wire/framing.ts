/** How a request is put on the wire: the framing of its body, and in which pieces it goes. */
import * as fc from 'fast-check';
import { mixed } from '../grammar/mix.ts';
import type { DressedRequest } from '../request.ts';

/** Framings of a body that mean the body, and nothing else. */
const SOUND = [
  'length',
  'length with zeros',
  'one chunk',
  'small chunks',
  'chunks with zeros in capitals',
  'chunked in capitals',
  'chunked beside a wrong length',
  'chunked twice',
] as const;

/** Framings that the body does not fit: whoever sends them hears that the body is malformed. */
const BROKEN = [
  'length too long',
  'chunk too long',
  'chunk too short',
  'chunk size is no number',
  'chunk size below zero',
  'chunk size beyond reason',
  'chunk extension',
  'last chunk missing',
] as const;

export type Framing = (typeof SOUND)[number] | (typeof BROKEN)[number];

/** In which pieces: at once, byte by byte, in a few pieces, in pieces with pauses, or only a part before the end. */
export type Delivery =
  | { readonly kind: 'whole' | 'bytes' }
  | { readonly kind: 'pieces' | 'slow'; readonly at: readonly number[] }
  /** The connection is reset after this share of the body. */
  | { readonly kind: 'cut'; readonly share: number };

export interface WireForm {
  readonly framing: Framing;
  readonly delivery: Delivery;
  readonly host: string;
}

/** All the same registry. */
export const HOSTS = [
  'registry.example',
  'REGISTRY.example',
  'registry.example:80',
  'registry.example:8787',
  '127.0.0.1',
  '[::1]:9',
  'localhost',
  'a.',
] as const;

const shares = fc.array(fc.double({ min: 0, max: 1, noNaN: true }), { minLength: 1, maxLength: 6 });

export const wireForm: fc.Arbitrary<WireForm> = fc.record({
  framing: mixed<Framing>(
    [6, fc.constant('length')],
    [5, fc.constantFrom(...SOUND)],
    [1, fc.constantFrom(...BROKEN)],
  ),
  delivery: mixed<Delivery>(
    [20, fc.constant({ kind: 'whole' })],
    [1, fc.constant({ kind: 'bytes' })],
    [4, shares.map((at) => ({ kind: 'pieces' as const, at }))],
    [1, shares.map((at) => ({ kind: 'slow' as const, at }))],
    [1, fc.double({ min: 0, max: 0.999, noNaN: true }).map((share) => ({ kind: 'cut' as const, share }))],
  ),
  host: mixed([4, fc.constant<string>(HOSTS[0])], [1, fc.constantFrom<string>(...HOSTS)]),
});

/** Longer bodies than this are too large before their framing is looked at, or may be. */
const BROKEN_BODY_BYTES = 8000;

/** As it can be meant for this request: where its body, or its credential that is none, leaves nothing to misunderstand. */
export function fitting(form: WireForm, { body }: Pick<DressedRequest, 'body'>): WireForm {
  const isPlain =
    body === null || body.length === 0 || (isBroken(form.framing) && body.length > BROKEN_BODY_BYTES);
  return isPlain ? { ...form, framing: 'length' } : form;
}

export function isBroken(framing: Framing): boolean {
  return BROKEN.some((broken) => broken === framing);
}

/** The bytes of a request: its head, and its body as it is framed. */
export function framed(
  request: DressedRequest,
  { framing, host }: WireForm,
): { readonly head: Buffer; readonly body: Buffer } {
  const { headers, body } = framedBody(request.body, framing);
  const lines = [
    `${request.method} ${request.path} HTTP/1.1`,
    `Host: ${host}`,
    ...Object.entries(request.headers).map(([name, value]) => `${name}: ${value}`),
    ...headers,
  ];
  return { head: Buffer.from(`${lines.join('\r\n')}\r\n\r\n`, 'latin1'), body };
}

function framedBody(
  body: Uint8Array | null,
  framing: Framing,
): { readonly headers: readonly string[]; readonly body: Buffer } {
  if (body === null) return { headers: [], body: Buffer.alloc(0) };
  const bytes = Buffer.from(body);
  const chunked = ['Transfer-Encoding: chunked'];
  const hex = bytes.length.toString(16);
  const length = (value: number | string) => `Content-Length: ${value}`;
  const END = '0\r\n\r\n';
  // A chunk of no bytes would be the last one.
  const whole = bytes.length === 0 ? '' : chunk(hex, bytes);
  switch (framing) {
    case 'length':
      return { headers: [length(bytes.length)], body: bytes };
    case 'length with zeros':
      return { headers: [length(`000${bytes.length}`)], body: bytes };
    case 'length too long':
      return { headers: [length(bytes.length + 7)], body: bytes };
    case 'one chunk':
      return { headers: chunked, body: Buffer.from(whole + END, 'latin1') };
    case 'small chunks':
      return {
        headers: chunked,
        body: Buffer.from(
          chunksOf(bytes)
            .map((each) => chunk(each.length.toString(16), each))
            .join('') + END,
          'latin1',
        ),
      };
    case 'chunks with zeros in capitals':
      return {
        headers: chunked,
        body: Buffer.from(
          (bytes.length === 0 ? '' : chunk(`00${hex.toUpperCase()}`, bytes)) + `00${END}`,
          'latin1',
        ),
      };
    case 'chunked in capitals':
      return { headers: ['transfer-encoding: CHUNKED'], body: Buffer.from(whole + END, 'latin1') };
    case 'chunked beside a wrong length':
      return { headers: [length(3), ...chunked], body: Buffer.from(whole + END, 'latin1') };
    case 'chunked twice':
      return { headers: [...chunked, ...chunked], body: Buffer.from(whole + END, 'latin1') };
    case 'chunk too long':
      return {
        headers: chunked,
        body: Buffer.from(chunk((bytes.length + 9).toString(16), bytes) + END, 'latin1'),
      };
    case 'chunk too short':
      return {
        headers: chunked,
        body: Buffer.from(chunk('1', Buffer.concat([bytes, Buffer.from('xxxx')])) + END, 'latin1'),
      };
    case 'chunk size is no number':
      return { headers: chunked, body: Buffer.from(chunk('zz', bytes) + END, 'latin1') };
    case 'chunk size below zero':
      return { headers: chunked, body: Buffer.from(chunk('-1', bytes) + END, 'latin1') };
    case 'chunk size beyond reason':
      return { headers: chunked, body: Buffer.from(chunk('f'.repeat(18), bytes) + END, 'latin1') };
    case 'chunk extension':
      return { headers: chunked, body: Buffer.from(chunk(`${hex};a=b`, bytes) + END, 'latin1') };
    case 'last chunk missing':
      return { headers: chunked, body: Buffer.from(whole, 'latin1') };
  }
}

/** In Latin-1, which has a character for every byte. */
function chunk(size: string, bytes: Buffer): string {
  return `${size}\r\n${bytes.toString('latin1')}\r\n`;
}

/** From one byte upwards. */
function chunksOf(bytes: Buffer): Buffer[] {
  const chunks: Buffer[] = [];
  for (let [at, size] = [0, 1]; at < bytes.length; at += size, size = ((size * 3) % 101) + 1) {
    chunks.push(bytes.subarray(at, at + size));
  }
  return chunks;
}
