/** Contenders in turns: everyone once a round, the first round thrown away, stopped where asked. */
import { describe, expect, it } from 'vitest';
import { inRounds, roundRatios } from '../../../../scripts/bench/rounds.ts';
import { randomStream } from '../../../../scripts/lib/random.ts';

const plan = (rounds: number, signal = new AbortController().signal) => ({
  rounds,
  signal,
  random: randomStream(1, 'order'),
});

describe('inRounds', () => {
  it('measures everyone once a round and throws the first round away', async () => {
    const order: string[] = [];
    const found = await inRounds(
      ['a', 'b', 'c'],
      async (item, round) => {
        order.push(item);
        return Promise.resolve(round);
      },
      plan(3),
    );
    expect(Object.fromEntries(found)).toEqual({ a: [0, 1, 2], b: [0, 1, 2], c: [0, 1, 2] });
    for (let start = 0; start < order.length; start += 3) {
      expect(order.slice(start, start + 3).toSorted()).toEqual(['a', 'b', 'c']);
    }
  });

  it('changes the order from round to round', async () => {
    const order: string[] = [];
    await inRounds(
      ['a', 'b', 'c', 'd'],
      (item) => {
        order.push(item);
        return Promise.resolve();
      },
      plan(8),
    );
    const rounds = Array.from({ length: 9 }, (_, round) => order.slice(round * 4, round * 4 + 4).join(''));
    expect(new Set(rounds).size).toBeGreaterThan(3);
  });

  it('measures disturbed rounds again as long as it may, and lets the least disturbed count', async () => {
    const measured: number[] = [];
    const run = async (stolen: readonly number[], spareRounds: number) => {
      measured.length = 0;
      let readings = -1;
      // Read before and after each round; the first round is thrown away, so its end is not read.
      const share = () => {
        readings += 1;
        return readings === 0 || readings % 2 === 1 ? 0 : (stolen[readings / 2 - 1] ?? 0);
      };
      const found = await inRounds(
        ['a'],
        (_, round) => {
          measured.push(round);
          return Promise.resolve(round);
        },
        { ...plan(2), spareRounds },
        share,
      );
      return found.get('a');
    };
    expect(await run([0, 0], 5)).toEqual([0, 1]);
    expect(await run([0.5, 0, 0.02], 5)).toEqual([1, 2]);
    expect(await run([0.5, 0.2, 0.4, 0.3], 2)).toEqual([1, 3]);
    expect(measured).toEqual([-1, 0, 1, 2, 3]);
    expect(await run([0.5, 0.2], 0)).toEqual([0, 1]);
  });

  it('stops between two measurements when it is interrupted', async () => {
    const interrupt = new AbortController();
    let measured = 0;
    const run = inRounds(
      ['a', 'b'],
      () => {
        measured += 1;
        if (measured === 3) interrupt.abort(new Error('interrupted'));
        return Promise.resolve();
      },
      plan(5, interrupt.signal),
    );
    await expect(run).rejects.toThrow('interrupted');
    expect(measured).toBe(3);
  });
});

describe('roundRatios', () => {
  it('sets each value against that of its own round', () => {
    expect(roundRatios([10, 30], [20, 20])).toEqual([0.5, 1.5]);
  });

  it('leaves out what has nothing to be set against', () => {
    expect(roundRatios([10, 30, 5], [20, 0])).toEqual([0.5]);
  });
});
