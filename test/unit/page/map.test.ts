import { describe, expect, test } from 'vitest';
import { clustersOf } from '../../../src/page/map/clusters.ts';
import { MAP_HEIGHT, MAP_WIDTH, PROJECTION } from '../../../src/page/map/projection.ts';
import { rangeInSight } from '../../../src/page/ui/visible-range.ts';

const point = (id: string, x: number, y: number) => ({ id, x, y });

describe('clusters', () => {
  test('count every server once, and stand where most of theirs are', () => {
    const points = [point('a', 100, 100), point('b', 100, 100), point('c', 110, 100), point('d', 300, 100)];
    const clusters = clustersOf(points, 30);
    expect(clusters.map(({ x, ids }) => [x, ids.toSorted()])).toEqual([
      [100, ['a', 'b', 'c']],
      [300, ['d']],
    ]);
  });

  test('do not cover each other', () => {
    const points = Array.from({ length: 2000 }, (_, i) => point(`${i}`, (i * 37) % 960, (i * 91) % 420));
    const clusters = clustersOf(points, 30);
    expect(clusters.reduce((sum, { ids }) => sum + ids.length, 0)).toBe(points.length);
    const gaps = clusters.flatMap((a) =>
      clusters.filter((b) => b !== a).map((b) => Math.hypot(a.x - b.x, a.y - b.y)),
    );
    expect(Math.min(...gaps)).toBeGreaterThanOrEqual(30);
  });

  test('of no points are none', () => {
    expect(clustersOf([], 30)).toEqual([]);
  });
});

test('every inhabited place is on the map', () => {
  for (const [longitude, latitude] of [
    [-180, 66],
    [180, 66],
    [-68.3, -54.8],
    [15.6, 78.2],
    [174.8, -41.3],
  ] as const) {
    const [x, y] = PROJECTION([longitude, latitude]) ?? [-1, -1];
    expect(x).toBeGreaterThanOrEqual(0);
    expect(x).toBeLessThanOrEqual(MAP_WIDTH);
    expect(y).toBeGreaterThanOrEqual(0);
    expect(y).toBeLessThanOrEqual(MAP_HEIGHT);
  }
});

test('the rows in sight are few, and cover the window wherever it is scrolled to', () => {
  for (const scrolled of [0, 1, 45, 46, 12_345, 400_000]) {
    const { start, end } = rangeInSight(300 - scrolled, 900, 46);
    expect(end - start).toBeLessThan(50);
    expect(start * 46).toBeLessThanOrEqual(Math.max(0, scrolled - 300));
    expect(end * 46).toBeGreaterThanOrEqual(scrolled + 600);
  }
});
