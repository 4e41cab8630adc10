import { describe, expect, test } from 'vitest';
import { limitsOf, shardOf } from '../../../../src/protocol/shards/shard.ts';
import { joinRevisions, splitRevisions } from '../../../../src/protocol/shards/vector.ts';

const LIMITS = { maxServers: 10_000, maxListBytes: 10_000_000, maxServersPerKey: 100 };

test('a server has the object that it had in every release', () => {
  expect(['a', 'server-1', 'ed25519:AbC/+='].map((id) => shardOf(id, 3))).toEqual([2, 0, 2]);
});

describe('the limits of the objects of a list', () => {
  test('are those of the list where there is one', () => {
    expect(limitsOf(LIMITS, { count: 1, index: 0 })).toEqual(LIMITS);
  });

  test.each([2, 3, 16, 64, 100])('add up to those on servers and bytes, of %d objects', (count) => {
    const parts = Array.from({ length: count }, (_, index) => limitsOf(LIMITS, { count, index }));
    const sumOf = (name: 'maxServers' | 'maxListBytes') => parts.reduce((sum, part) => sum + part[name], 0);
    expect(sumOf('maxServers')).toBe(LIMITS.maxServers);
    expect(sumOf('maxListBytes')).toBe(LIMITS.maxListBytes);
  });

  test('leave a key more than its share of each, and never more than it may hold', () => {
    const ofKey = (count: number) => limitsOf(LIMITS, { count, index: 0 }).maxServersPerKey;
    expect([1, 3, 16, 64].map(ofKey)).toEqual([100, 51, 14, 6]);
  });
});

describe('the revision of a list in several objects', () => {
  test('is one of each', () => {
    expect(splitRevisions(joinRevisions(['a.1', 'b.2', 'c.3']), 3)).toEqual(['a.1', 'b.2', 'c.3']);
  });

  test('is none where it is of another number of objects', () => {
    expect(splitRevisions('a.1', 3)).toBeUndefined();
  });
});
