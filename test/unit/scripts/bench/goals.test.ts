/** Goals: met, missed, and not run; and the processor time beside a throughput. */
import { describe, expect, it } from 'vitest';
import { GOALS, judge, type Goal } from '../../../../scripts/bench/goals.ts';
import { goalsTable } from '../../../../scripts/bench/tables.ts';
import type { Figure } from '../../../../scripts/bench/results.ts';
import { summarize } from '../../../../scripts/lib/statistics.ts';

const name = { scenario: 'list', case: '100 live', metric: 'throughput' } as const;
const goal: Goal = { what: 'lists', name, of: 'ratio', bound: 'at least', limit: 0.85 };

function figure(ratio: number, metric = 'throughput', contender: Figure['contender'] = 'rollcall'): Figure {
  return {
    ...name,
    metric,
    contender,
    unit: 'per second',
    summary: summarize([1000]),
    ratio: { to: 'floor', summary: summarize([ratio]) },
  };
}

describe('judge', () => {
  it('says met at the limit and missed below it', () => {
    expect(judge([figure(0.85)], [goal])[0]).toMatchObject({ value: 0.85, met: true });
    expect(judge([figure(0.84)], [goal])[0]).toMatchObject({ value: 0.84, met: false });
  });

  it('judges the product and nobody else', () => {
    expect(judge([figure(0.9, 'throughput', 'batch in the read')], [goal])[0]?.met).toBeUndefined();
  });

  it('leaves open what was not run, and what has no number', () => {
    expect(judge([], [goal])[0]).toMatchObject({ value: undefined, met: undefined });
    expect(judge([figure(Number.NaN)], [goal])[0]?.met).toBeUndefined();
  });

  it('turns processor time into the ratio that a throughput would have', () => {
    const [verdict] = judge([figure(0.5), figure(1.25, 'processor time')], [goal]);
    expect(verdict?.byProcessorTime).toBeCloseTo(0.8);
  });

  it('asks for no more than a share of what the platform leaves', () => {
    const beside: Goal = { ...goal, orOf: { contender: 'streaming floor', share: 0.9 } };
    const platform = (ratio: number) => figure(ratio, 'throughput', 'streaming floor');
    expect(judge([figure(0.28), platform(0.3)], [beside])[0]).toMatchObject({ limit: 0.27, met: true });
    expect(judge([figure(0.26), platform(0.3)], [beside])[0]).toMatchObject({ met: false });
    expect(judge([figure(0.84), platform(1.2)], [beside])[0]).toMatchObject({ limit: 0.85, met: false });
  });

  it('says of a goal that was not run that it was not', () => {
    const { header, rows } = goalsTable(judge([], [goal]));
    expect(rows[0]?.[header.indexOf('verdict')]).toBe('not run');
  });

  it('has every goal of the product once', () => {
    const names = GOALS.map(({ what }) => what);
    expect(new Set(names).size).toBe(names.length);
  });
});
