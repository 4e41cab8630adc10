/** Contenders measured in turns: every round measures each once, in a new order, and the first round is thrown away. */
import type { Random } from '../lib/random.ts';
import { measureStolenShare, type StolenShare } from './machine.ts';

/** How rounds are run. */
export interface RoundPlan {
  /** Rounds that count. */
  readonly rounds: number;
  /** Rounds that may be measured beyond them to replace disturbed ones; none where absent. */
  readonly spareRounds?: number;
  readonly random: Random;
  readonly signal: AbortSignal;
}

/** A round from which the machine took a larger share of the time than this is measured again, as long as there are spare ones. */
const DISTURBED_SHARE = 0.03;

interface Round<Item, Measurement> {
  readonly number: number;
  readonly stolen: number;
  readonly measurements: readonly (readonly [Item, Measurement])[];
}

/**
 * The measurements of each item, in the order of the rounds: the nth of one item was taken within moments of the
 * nth of another, so their ratio doesn't depend on how busy the machine was. Of all rounds measured, those count from
 * which others took the least time. Rejects with the signal's reason.
 */
export async function inRounds<Item, Measurement>(
  items: readonly Item[],
  measure: (item: Item, round: number) => Promise<Measurement>,
  { rounds, spareRounds = 0, random, signal }: RoundPlan,
  stolenShare: StolenShare = measureStolenShare(),
): Promise<Map<Item, Measurement[]>> {
  const done: Round<Item, Measurement>[] = [];
  let undisturbed = 0;
  for (let number = -1; undisturbed < rounds && number < rounds + spareRounds; number += 1) {
    const measurements: [Item, Measurement][] = [];
    stolenShare();
    for (const item of random.shuffled(items)) {
      signal.throwIfAborted();
      measurements.push([item, await measure(item, number)]);
    }
    if (number < 0) continue;
    const stolen = stolenShare();
    if (stolen <= DISTURBED_SHARE) undisturbed += 1;
    done.push({ number, stolen, measurements });
  }
  const counting = done
    .toSorted((one, other) => one.stolen - other.stolen)
    .slice(0, rounds)
    .toSorted((one, other) => one.number - other.number);
  const found = new Map<Item, Measurement[]>(items.map((item) => [item, []]));
  for (const { measurements } of counting) {
    for (const [item, measurement] of measurements) found.get(item)?.push(measurement);
  }
  return found;
}

/** Each value over the value of the same round. */
export function roundRatios(values: readonly number[], references: readonly number[]): number[] {
  return values.flatMap((value, round) => {
    const reference = references[round];
    return reference === undefined || reference === 0 ? [] : [value / reference];
  });
}
