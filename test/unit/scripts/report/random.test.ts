/** The same seed gives the same run, and no order is preferred. */
import { describe, expect, it } from 'vitest';
import { seededRandom, shuffled } from '../../../../scripts/report/random.ts';

describe('seededRandom', () => {
  it('repeats itself for the same seed and differs for another', () => {
    const take = (seed: number) => {
      const random = seededRandom(seed);
      return Array.from({ length: 5 }, () => random());
    };
    expect(take(1)).toEqual(take(1));
    expect(take(1)).not.toEqual(take(2));
  });

  it('stays within 0 and 1, and fills that range evenly', () => {
    const random = seededRandom(0);
    const values = Array.from({ length: 20_000 }, () => random());
    expect(Math.min(...values)).toBeGreaterThanOrEqual(0);
    expect(Math.max(...values)).toBeLessThan(1);
    expect(values.reduce((sum, value) => sum + value, 0) / values.length).toBeCloseTo(0.5, 1);
  });
});

describe('shuffled', () => {
  it('keeps every item once and leaves the original alone', () => {
    const items = ['a', 'b', 'c', 'd'];
    expect(shuffled(items, seededRandom(3)).toSorted()).toEqual(items);
    expect(items).toEqual(['a', 'b', 'c', 'd']);
  });

  it('gives each of the six orders of three about as often', () => {
    const random = seededRandom(5);
    const seen = new Map<string, number>();
    for (let time = 0; time < 6000; time += 1) {
      const order = shuffled(['a', 'b', 'c'], random).join('');
      seen.set(order, (seen.get(order) ?? 0) + 1);
    }
    expect(seen.size).toBe(6);
    for (const times of seen.values()) expect(Math.abs(times - 1000)).toBeLessThan(150);
  });
});
