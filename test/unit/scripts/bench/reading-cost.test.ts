/** What a million readers cost, against sums made by hand, and the table of the README against these. */
import { readFileSync } from 'node:fs';
import { describe, expect, it, test } from 'vitest';
import { publishing, readingCost, type Way } from '../../../../scripts/bench/reading-cost.ts';

const MILLION = 1_000_000;

describe('a million readers who poll once a minute', () => {
  it.each<[Way, number]>([
    // 43,200 million polls at $0.30 and $0.15 a million.
    ['asked', 43_200 * 0.45],
    // The same at $0.30, and 60 a second that miss, 155.52 million, at $0.15.
    ['cached', 43_200 * 0.3 + 155.52 * 0.15],
    // 12 files a second that miss, 31.104 million, and 0.4 manifests, 1.0368 million, at $0.36.
    ['file', publishing() + 32.1408 * 0.36],
    ['bareFile', publishing() + 43_200 * 0.36],
  ])('cost, %s, what the prices give', (way, dollars) => {
    expect(readingCost(way, MILLION, 60)).toBeCloseTo(dollars, 6);
  });

  it('of which writing is 259,200 puts, three rows and an alarm each, 4,320 puts of the manifest, and 10 MB', () => {
    expect(publishing()).toBeCloseTo(0.2592 * (4.5 + 3 + 0.15) + 0.004_32 * 4.5 + 0.000_15, 6);
  });
});

test('the README says the same', () => {
  const readme = readFileSync('README.md', 'utf8');
  const rows = [10_000, 100_000, MILLION].flatMap((readers) =>
    [5, 60].map((everyS) => [readers, everyS] as const),
  );
  const dollars = (way: Way, readers: number, everyS: number) =>
    `$${Math.round(readingCost(way, readers, everyS)).toLocaleString('en-US')}`;
  for (const [readers, everyS] of rows) {
    const row = readme.split('\n').find((line) => {
      const [, first, second] = line.split('|').map((cell) => cell.trim());
      return first === readers.toLocaleString('en-US') && second === `${everyS} s`;
    });
    const cells = row?.split('|').map((cell) => cell.trim()) ?? [];
    expect(cells[4]?.replace(/, and .*$/, ''), row).toBe(dollars('asked', readers, everyS));
    expect(cells.slice(5, 7), row).toEqual([
      dollars('cached', readers, everyS),
      dollars('file', readers, everyS),
    ]);
  }
});
