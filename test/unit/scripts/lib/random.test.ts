/** The same seed gives the same run, no stream repeats another, and no outcome is preferred. */
import { describe, expect, it } from 'vitest';
import { randomStream } from '../../../../scripts/lib/random.ts';

const draw = (seed: number, name: string) => {
  const random = randomStream(seed, name);
  return Array.from({ length: 5 }, () => random.next());
};

describe('a stream', () => {
  it('is repeated by its seed and its name, and by no other', () => {
    expect(draw(1, 'a')).toEqual(draw(1, 'a'));
    expect(draw(1, 'a')).not.toEqual(draw(1, 'b'));
    expect(draw(1, 'a')).not.toEqual(draw(2, 'a'));
  });

  it('spreads its draws evenly, within their bounds', () => {
    const random = randomStream(3, 'even');
    const tenths = Array.from({ length: 10 }, () => 0);
    for (let drawn = 0; drawn < 10_000; drawn += 1) {
      const tenth = random.below(10);
      tenths[tenth] = (tenths[tenth] ?? 0) + 1;
    }
    expect(tenths).toHaveLength(10);
    for (const count of tenths) expect(Math.abs(count - 1000)).toBeLessThan(150);
    const between = Array.from({ length: 1000 }, () => random.between(5, 6));
    expect(Math.min(...between)).toBeGreaterThanOrEqual(5);
    expect(Math.max(...between)).toBeLessThan(6);
  });
});

describe('shuffled', () => {
  it('keeps every item once and leaves the original alone', () => {
    const items = ['a', 'b', 'c', 'd'];
    expect(randomStream(3, '').shuffled(items).toSorted()).toEqual(items);
    expect(items).toEqual(['a', 'b', 'c', 'd']);
  });

  it('gives each of the six orders of three about as often', () => {
    const random = randomStream(5, 'orders');
    const seen = new Map<string, number>();
    for (let time = 0; time < 6000; time += 1) {
      const order = random.shuffled(['a', 'b', 'c']).join('');
      seen.set(order, (seen.get(order) ?? 0) + 1);
    }
    expect(seen.size).toBe(6);
    for (const times of seen.values()) expect(Math.abs(times - 1000)).toBeLessThan(150);
  });
});
