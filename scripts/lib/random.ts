/** Randomness that a seed repeats, in streams that do not disturb each other. */
import { createHash } from 'node:crypto';
import { uniformFloat64 } from 'pure-rand/distribution/uniformFloat64';
import { uniformInt } from 'pure-rand/distribution/uniformInt';
import { xoroshiro128plus } from 'pure-rand/generator/xoroshiro128plus';

/** Draws from one stream. */
export interface Random {
  /** From 0 up to but not including 1. */
  next(): number;
  /** From `low` up to but not including `high`. */
  between(low: number, high: number): number;
  /** A whole number from 0 up to but not including `limit`, which is 1 or more. */
  below(limit: number): number;
  /** True in this share of the draws. */
  chance(share: number): boolean;
  /** One of the items, which must not be none. */
  pick<Item>(items: readonly [Item, ...Item[]]): Item;
  /** The items in a new order, each order as likely as any other (Fisher and Yates). */
  shuffled<Item>(items: readonly Item[]): Item[];
}

/**
 * The stream of this name under this seed. Another name gives an independent stream, so that how often one part
 * of a run draws changes nothing for the others.
 */
export function randomStream(seed: number, name: string): Random {
  // The generator takes 32 bits of seed; a digest puts streams of similar names far apart.
  const source = xoroshiro128plus(createHash('sha256').update(`${seed}/${name}`).digest().readInt32LE());
  const next = () => uniformFloat64(source);
  const below = (limit: number) => uniformInt(source, 0, limit - 1);
  return {
    next,
    between: (low, high) => low + next() * (high - low),
    below,
    chance: (share) => next() < share,
    pick: (items) => items[below(items.length)] ?? items[0],
    shuffled: <Item>(items: readonly Item[]) => {
      const left = [...items];
      const order: Item[] = [];
      while (left.length > 0) order.push(...left.splice(below(left.length), 1));
      return order;
    },
  };
}
