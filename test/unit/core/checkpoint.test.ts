import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { decodeLeases, encodeLeases } from '../../../src/core/checkpoint.ts';
import { directory, encode, registration } from './support.ts';

const decode = (part: Uint8Array) => decodeLeases(new TextDecoder().decode(part));

test('what was written is what is read, in parts no larger than asked', () => {
  const id = fc.string({ unit: 'grapheme', minLength: 1, maxLength: 40 });
  fc.assert(
    fc.property(
      fc.uniqueArray(id, { maxLength: 30 }),
      fc.integer({ min: 400, max: 2000 }),
      (ids, maxBytes) => {
        const servers = directory();
        for (const [index, serverId] of ids.entries())
          servers.register(registration(serverId), 1_700_000_000_000 + index);
        const parts = encodeLeases(servers.held(), encode, maxBytes);
        expect(parts.flatMap(decode)).toEqual(
          ids.map((serverId, index) => [serverId, 1_700_000_000_000 + index]),
        );
        for (const part of parts) expect(part.byteLength).toBeLessThanOrEqual(maxBytes + 2);
      },
    ),
  );
});

test('an empty registry has one part, so that its counters have a row', () => {
  expect(encodeLeases([], encode).map(decode)).toEqual([[]]);
});

describe('a damaged part is refused', () => {
  test.each(['{}', '[1,2]', '["a"]', '["a","b"]', '["a",1.5]', 'no json'])('%s', (json) => {
    expect(() => decodeLeases(json)).toThrow();
  });
});
