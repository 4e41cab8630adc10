/** Frames that a session may send: those that the registry must take, and those that it must close it for. */
import type { Random } from '../../lib/random.ts';

export interface Frame {
  readonly name: string;
  readonly data: string | Uint8Array;
}

const METADATA_BYTES = 2048;

/** Metadata that must be taken. */
export function goodMetadata(random: Random): object {
  return random.pick<object>([
    {},
    { players: random.below(1000) },
    { name: '☃ é \u{1F3AE}', tags: ['a', 'b'], nested: { deep: [1, null, true] } },
    { text: 'x'.repeat(random.below(1000)) },
  ]);
}

export function metadataFrame(metadata: unknown): string {
  return JSON.stringify({ type: 'metadata', metadata });
}

/** A frame that is refused in words, after which the session goes on. */
export function refusedFrame(random: Random): Frame {
  return random.pick<Frame>([
    { name: 'metadata of 2 KB', data: metadataFrame({ text: 'x'.repeat(METADATA_BYTES) }) },
    { name: 'metadata that is nested too deep', data: metadataFrame(nested(40)) },
    {
      name: 'an unknown type',
      data: JSON.stringify({ type: random.pick<string>(['held', 'ack', '', 'ping']) }),
    },
    { name: 'metadata that is no object', data: metadataFrame(random.pick<unknown>([1, 'x', [], null])) },
    { name: 'no metadata', data: '{"type":"metadata"}' },
    { name: 'a control character in a name', data: metadataFrame({ 'a\u0007': 1 }) },
  ]);
}

/** A frame for which the session is closed. */
export function badFrame(random: Random): Frame {
  return random.pick<Frame>([
    { name: 'no JSON', data: '{"type":' },
    { name: 'an empty text', data: '' },
    { name: 'a text', data: random.pick(['PING', 'ping ', 'pong', 'null', '17', '"ping"', '[]', 'true']) },
    { name: 'a type that is no text', data: JSON.stringify({ type: random.pick<unknown>([1, null, {}]) }) },
    { name: 'binary', data: new Uint8Array([0, 159, 146, 150]) },
    { name: 'ping in binary', data: new TextEncoder().encode('ping') },
    { name: 'far too much', data: metadataFrame({ text: 'x'.repeat(200_000) }) },
    { name: 'too much', data: metadataFrame({ text: 'x'.repeat(9000) }) },
    { name: 'a deep array', data: '['.repeat(8000) },
    { name: 'a prototype', data: '{"__proto__":{"type":"deregister"}}' },
  ]);
}

function nested(depth: number): unknown {
  return depth === 0 ? 1 : { a: nested(depth - 1) };
}
