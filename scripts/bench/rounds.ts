/** Contenders measured in turns: every round measures each once, in a new order, and the first round is thrown away. */
import { shuffled, type Random } from '../report/random.ts';

/** How rounds are run. */
export interface RoundPlan {
  /** Rounds that count. */
  readonly rounds: number;
  readonly random: Random;
  readonly signal: AbortSignal;
}

/**
 * The measurements of each item, in the order of the rounds: the nth of one item was taken within moments of the
 * nth of another, so their ratio doesn't depend on how busy the machine was. Rejects with the signal's reason.
 */
export async function inRounds<Item, Measurement>(
  items: readonly Item[],
  measure: (item: Item, round: number) => Promise<Measurement>,
  { rounds, random, signal }: RoundPlan,
): Promise<Map<Item, Measurement[]>> {
  const measurements = new Map<Item, Measurement[]>(items.map((item) => [item, []]));
  for (let round = -1; round < rounds; round += 1) {
    for (const item of shuffled(items, random)) {
      signal.throwIfAborted();
      const measurement = await measure(item, round);
      if (round >= 0) measurements.get(item)?.push(measurement);
    }
  }
  return measurements;
}

/** Each value over the value of the same round. */
export function roundRatios(values: readonly number[], references: readonly number[]): number[] {
  return values.flatMap((value, round) => {
    const reference = references[round];
    return reference === undefined || reference === 0 ? [] : [value / reference];
  });
}
