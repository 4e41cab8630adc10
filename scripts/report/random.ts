/** Reproducible randomness: the same seed gives the same order of contenders and the same fates of servers. */

/** Numbers from 0 up to but not including 1, from one seed. */
export type Random = () => number;

/** A generator after George Marsaglia's xorshift32 ("Xorshift RNGs", 2003); `seed` is any integer. */
export function seededRandom(seed: number): Random {
  // The generator stays at 0 for ever, and small seeds start alike: spread the bits of the seed first.
  let state = Math.imul(seed ^ 0x9e3779b9, 0x85ebca6b) || 1;
  return () => {
    state ^= state << 13;
    state ^= state >>> 17;
    state ^= state << 5;
    return (state >>> 0) / 2 ** 32;
  };
}

/** The items in a new random order, each order as likely as any other (Fisher and Yates). */
export function shuffled<Item>(items: readonly Item[], random: Random): Item[] {
  const left = [...items];
  const order: Item[] = [];
  while (left.length > 0) order.push(...left.splice(Math.floor(random() * left.length), 1));
  return order;
}
