import { describe, expect, test } from 'vitest';
import { murmur3 } from '../../../../src/protocol/shards/murmur3.ts';

/** Values of the 32-bit form as others publish them: Wikipedia lists the words, the rest is in tests of many libraries. */
test.each([
  ['', 0, 0],
  ['', 1, 0x514e28b7],
  ['', 0xffffffff, 0x81f16f39],
  ['test', 0, 0xba6bd213],
  ['test', 0x9747b28c, 0x704b81dc],
  ['Hello, world!', 0, 0xc0363e43],
  ['Hello, world!', 0x9747b28c, 0x24884cba],
  ['The quick brown fox jumps over the lazy dog', 0, 0x2e4ff723],
  ['The quick brown fox jumps over the lazy dog', 0x9747b28c, 0x2fa826cd],
  ['aaaa', 0x9747b28c, 0x5a97808a],
  ['aaa', 0x9747b28c, 0x283e0130],
  ['aa', 0x9747b28c, 0x5d211726],
  ['a', 0x9747b28c, 0x7fa09ea6],
  ['ππππππππ', 0x9747b28c, 0xd58063c1],
])('%j with the seed %d has the published hash', (text, seed, hash) => {
  expect(murmur3(text, seed)).toBe(hash);
});

describe('numbered ids', () => {
  test.each([3, 16, 64])('fall evenly on %d objects', (count) => {
    const held = Array.from({ length: count }, () => 0);
    for (let id = 0; id < 1000 * count; id += 1) {
      const shard = murmur3(`server-${id}`) % count;
      held[shard] = (held[shard] ?? 0) + 1;
    }
    for (const servers of held) expect(Math.abs(servers - 1000)).toBeLessThan(150);
  });
});
