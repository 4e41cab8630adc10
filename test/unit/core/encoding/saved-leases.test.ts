import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import {
  decodeMetadata,
  decodeTimes,
  encodeMetadata,
  encodeTimes,
  inParts,
  metadataBytes,
  timeBytes,
} from '../../../../src/core/encoding/saved-leases.ts';
import { directory, registration } from '../support.ts';

const servers = fc.uniqueArray(
  fc.record({
    serverId: fc.string({ unit: 'grapheme', minLength: 1, maxLength: 40 }),
    metadata: fc.option(fc.string({ unit: 'grapheme', maxLength: 60 })),
  }),
  { selector: (server) => server.serverId, maxLength: 30 },
);

test('what was written is what is read, in parts no larger than asked', () => {
  fc.assert(
    fc.property(servers, fc.integer({ min: 1000, max: 3000 }), (registered, maxBytes) => {
      const held = directory();
      for (const [index, { serverId, metadata }] of registered.entries()) {
        held.register(registration(serverId, { metadata }), 1_700_000_000_000 + index);
      }
      const times = inParts(held.held(), timeBytes, maxBytes).map(encodeTimes);
      expect(times.flatMap((part) => decodeTimes(part))).toEqual(
        registered.map(({ serverId }, index) => [serverId, 1_700_000_000_000 + index]),
      );
      const metadata = inParts(held.held(), metadataBytes, maxBytes).map(encodeMetadata);
      expect(metadata.flatMap((part) => decodeMetadata(part))).toEqual(
        registered.flatMap(({ serverId, metadata: text }) => (text === null ? [] : [[serverId, text]])),
      );
      for (const part of [...times, ...metadata]) expect(part.byteLength).toBeLessThanOrEqual(maxBytes + 2);
    }),
  );
});

test('no lease at all is one part, so that counters have a row', () => {
  expect(inParts([], timeBytes)).toEqual([[]]);
});

describe('damaged bytes are refused', () => {
  const bytesOf = (json: string) => new TextEncoder().encode(json);

  test.each(['{}', '[1,2]', '["a"]', '["a","b"]', '["a",1.5]', '["a",-1]', 'no json'])(
    'as times: %s',
    (json) => {
      expect(() => decodeTimes(bytesOf(json))).toThrow();
    },
  );

  test.each(['{}', '[1,"{}"]', '["a"]', '["a",1]', 'no json'])('as metadata: %s', (json) => {
    expect(() => decodeMetadata(bytesOf(json))).toThrow();
  });
});
