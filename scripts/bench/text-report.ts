/** A run's results as text: a table for each scenario, and the goals beside what was measured. */
import { readable, renderTable, type TextTable } from '../report/text-table.ts';
import type { Verdict } from './goals.ts';
import type { Figure } from './results.ts';
import type { Scenario } from './scenario.ts';

/** The figures of one scenario; empty text where it recorded none. */
export function scenarioText({ name, title }: Scenario, figures: readonly Figure[]): string {
  const table = scenarioTable(figures.filter((figure) => figure.scenario === name));
  return table.rows.length === 0 ? '' : `${title}\n${renderTable(table)}\n`;
}

/** One row for each figure: its median, the quartiles of its rounds, and its ratio with the same spread. */
export function scenarioTable(figures: readonly Figure[]): TextTable {
  return {
    header: ['case', 'contender', 'figure', 'median', 'quartiles', 'ratio', 'of'],
    rows: figures.map(({ case: state, contender, metric, unit, summary, ratio }) => [
      state,
      contender,
      `${metric} (${unit})`,
      readable(summary.median),
      summary.count > 1 ? `${readable(summary.q1)}–${readable(summary.q3)}` : '',
      ratio === undefined ? '' : `${readable(ratio.summary.median)} ±${readable(halfRange(ratio.summary))}`,
      ratio?.to ?? '',
    ]),
  };
}

/** Each goal, what was measured, and whether it was met. */
export function goalsTable(verdicts: readonly Verdict[]): TextTable {
  return {
    header: ['goal', 'limit', 'measured', 'by processor time', ''],
    rows: verdicts.map(({ goal, value, byProcessorTime, met }) => [
      goal.what,
      `${goal.bound === 'at least' ? '≥' : '≤'} ${goal.limit}`,
      value === undefined ? 'not run' : readable(value),
      byProcessorTime === undefined ? '' : readable(byProcessorTime),
      met === undefined ? '' : met ? 'met' : 'MISSED',
    ]),
  };
}

function halfRange({ q1, q3 }: { readonly q1: number; readonly q3: number }): number {
  return (q3 - q1) / 2;
}
