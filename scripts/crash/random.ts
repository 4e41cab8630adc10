/** Random numbers that a seed repeats, in streams that do not disturb each other. */

/** Draws from one stream. */
export interface Random {
  /** From 0 up to but not including 1. */
  next(): number;
  /** From `low` up to but not including `high`. */
  between(low: number, high: number): number;
  /** A whole number from 0 up to but not including `below`. */
  below(below: number): number;
  /** True in this share of the draws. */
  chance(share: number): boolean;
  /** One of the items, which must not be none. */
  pick<Item>(items: readonly [Item, ...Item[]]): Item;
}

/**
 * The stream of this name under this seed. Another name gives an independent stream, so that how often one part
 * of a run draws changes nothing for the others.
 */
export function stream(seed: number, name: string): Random {
  let state = hash(`${seed}/${name}`);
  // Mulberry32: one 32-bit word of state, which is plenty for choices and good enough for nothing secret.
  const next = () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
  const below = (limit: number) => Math.floor(next() * limit);
  return {
    next,
    between: (low, high) => low + next() * (high - low),
    below,
    chance: (share) => next() < share,
    pick: (items) => items[below(items.length)] ?? items[0],
  };
}

/** FNV-1a over UTF-16 units, then mixed once more so that similar names start far apart. */
function hash(text: string): number {
  let value = 0x811c9dc5;
  for (let at = 0; at < text.length; at += 1) value = Math.imul(value ^ text.charCodeAt(at), 0x01000193);
  value = Math.imul(value ^ (value >>> 16), 0x85ebca6b);
  return value ^ (value >>> 13);
}
