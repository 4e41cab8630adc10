/** Percentiles and spreads against values that others publish. */
import { describe, expect, it } from 'vitest';
import { percentile, quantile, summarize } from '../../../../scripts/report/statistics.ts';

describe('quantile', () => {
  it('interpolates as R and NumPy do by default', () => {
    // numpy.percentile([15, 20, 35, 40, 50], [5, 30, 40, 50, 100])
    const sorted = [15, 20, 35, 40, 50];
    expect([0.05, 0.3, 0.4, 0.5, 1].map((share) => quantile(sorted, share))).toEqual([16, 23, 29, 35, 50]);
  });

  it('is the value itself where there is one', () => {
    expect(quantile([7], 0.999)).toBe(7);
  });

  it('is NaN where there is none', () => {
    expect(quantile([], 0.5)).toBeNaN();
  });
});

describe('percentile', () => {
  it('takes values in any order and leaves them in it', () => {
    const values = [40, 15, 50, 35, 20];
    expect(percentile(values, 0.5)).toBe(35);
    expect(values).toEqual([40, 15, 50, 35, 20]);
  });
});

describe('summarize', () => {
  it('gives the five numbers of a box plot', () => {
    // R: quantile(c(3, 5, 7, 8, 9, 11, 13, 15))
    const summary = summarize([15, 3, 13, 5, 11, 7, 9, 8]);
    expect(summary).toEqual({ median: 8.5, q1: 6.5, q3: 11.5, min: 3, max: 15, count: 8 });
  });
});
