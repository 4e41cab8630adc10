import { describe, expect, test } from 'vitest';
import { marksOf, NO_LIFE, runsOf, sweptIn, withLook, type Life } from '../../../src/page/model/life.ts';

const look = (swept: number, lastSweepAt: number | null = null) => ({
  live: 10,
  stale: 1,
  swept,
  lastSweep: lastSweepAt === null ? null : { at: lastSweepAt, deleted: 1, tookMs: 1 },
});
const lived = (...looks: readonly [swept: number, at: number, sweepAt?: number][]): Life =>
  looks.reduce((life, [swept, at, sweepAt]) => withLook(life, look(swept, sweepAt ?? null), at), NO_LIFE);

describe('the strip', () => {
  test('counts what was swept since the page was opened, not before', () => {
    const life = lived([500, 1000], [500, 6000], [503, 11_000, 9000], [504, 16_000, 15_000]);
    expect(life.sweeps).toEqual([
      { at: 9000, count: 3 },
      { at: 15_000, count: 1 },
    ]);
    expect(sweptIn(life)).toBe(4);
  });

  test('is not misled by a counter that steps back after a crash', () => {
    const life = lived([500, 1000], [400, 6000], [401, 11_000, 10_000]);
    expect(sweptIn(life)).toBe(1);
  });

  test('gives sweeps that follow each other closely one label, at the last of them', () => {
    const life = lived([0, 0], [36, 5000, 4000], [40, 10_000, 6000], [41, 60_000, 59_000]);
    expect(marksOf(life, 5000)).toEqual([
      { at: 6000, count: 40 },
      { at: 59_000, count: 1 },
    ]);
    expect(life.sweeps).toHaveLength(3);
  });

  test('forgets what is older than an hour', () => {
    const life = lived([0, 0], [5, 1000, 900], [5, 3_700_000]);
    expect(life.samples).toHaveLength(1);
    expect(life.sweeps).toEqual([]);
  });

  test('has a gap where the tab was paused', () => {
    const life = lived([0, 0], [0, 5000], [0, 600_000], [0, 605_000]);
    expect(runsOf(life).map((run) => run.map(({ at }) => at))).toEqual([
      [0, 5000],
      [600_000, 605_000],
    ]);
  });
});
