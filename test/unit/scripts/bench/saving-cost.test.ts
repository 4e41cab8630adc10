/** What saving costs, against sums made by hand. */
import { describe, expect, it } from 'vitest';
import { SAVE_EVERY_MS } from '../../../../src/core/schedule.ts';
import { SAVE_EVERY_S, savingCost } from '../../../../scripts/bench/saving-cost.ts';

const MONTH_S = 2_592_000;

describe('savingCost', () => {
  it('compares with the rule of the registry', () => {
    expect(SAVE_EVERY_S * 1000).toBe(SAVE_EVERY_MS);
  });

  it('is a row and the delay for each heartbeat that comes alone', () => {
    const { rows, awakeS, dollars } = savingCost(
      { servers: 1, heartbeatEveryS: 30 },
      { by: 'timer', delayS: 1 },
    );
    const beats = MONTH_S / 30;
    expect(rows).toBeCloseTo(beats, -3);
    expect(awakeS).toBeCloseTo(beats, -3);
    // $1 a million rows, and $1.60 a million seconds of 0.128 GB at $12.50 a million GB-s.
    expect(dollars).toBeCloseTo((beats * (1 + 1.6)) / 1e6, 3);
  });

  it('is at most a row in ten seconds, and never more than all the time there is', () => {
    for (const delayS of [1, 2, 5, 10]) {
      const { rows, awakeS } = savingCost({ servers: 1000, heartbeatEveryS: 30 }, { by: 'timer', delayS });
      expect(rows).toBeGreaterThan(0.98 * (MONTH_S / 10));
      expect(rows).toBeLessThanOrEqual(MONTH_S / 10);
      expect(awakeS).toBeLessThanOrEqual(MONTH_S * 1.001);
    }
  });

  it('counts three rows and a request, and no waiting, for an alarm that is pulled forward', () => {
    const beats = MONTH_S / 60;
    const { rows, awakeS, dollars } = savingCost(
      { servers: 1, heartbeatEveryS: 60 },
      { by: 'alarm', delayS: 1 },
    );
    expect(rows).toBeCloseTo(3 * beats, -3);
    expect(awakeS).toBe(0);
    expect(dollars).toBeCloseTo((beats * 3.15) / 1e6, 3);
  });

  it('grows with the delay while heartbeats come alone', () => {
    const of = (delayS: number) =>
      savingCost({ servers: 1, heartbeatEveryS: 60 }, { by: 'timer', delayS }).dollars;
    expect(of(1)).toBeLessThan(of(2));
    expect(of(5)).toBeLessThan(of(10));
  });
});
