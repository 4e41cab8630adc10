import { describe, expect, test } from 'vitest';
import {
  ALARM_OVERDUE_MS,
  alarmIsLost,
  checkpointIsDue,
  nextAlarm,
  SLICE_PAUSE_MS,
  sweepIsDue,
  type SweepState,
} from '../../../src/core/sweep.ts';

const INTERVALS = { sweepIntervalMs: 1000, checkpointIntervalMs: 600 };

function state(more: Partial<SweepState> = {}): SweepState {
  return {
    now: 10_000,
    held: 1,
    stale: 0,
    nextExpiry: 13_000,
    sweepUnfinished: false,
    departuresOver: false,
    lastSweepAt: null,
    lastCheckpointAt: null,
    ...more,
  };
}

describe('the next alarm', () => {
  test.each<[string, Partial<SweepState>, number | null]>([
    ['is none where nothing is held', { held: 0, nextExpiry: null }, null],
    [
      'comes a pause after a slice that left keys',
      { sweepUnfinished: true, stale: 5 },
      10_000 + SLICE_PAUSE_MS,
    ],
    [
      'comes a pause after a slice of departures that left some',
      { departuresOver: true },
      10_000 + SLICE_PAUSE_MS,
    ],
    ['is the next expiry where that comes first', { nextExpiry: 10_300 }, 10_300],
    ['is the next checkpoint where that comes first', { lastCheckpointAt: 9900 }, 10_500],
    ['counts the checkpoint interval from now where there was none', {}, 10_600],
    ['is never sooner than a pause away', { nextExpiry: 9000 }, 10_000 + SLICE_PAUSE_MS],
    [
      'is a sweep interval after the last sweep where the expiry comes sooner',
      { nextExpiry: 10_100, lastSweepAt: 9500, lastCheckpointAt: 10_000 },
      10_500,
    ],
    [
      'comes for stale keys that wait, however far the next expiry',
      { stale: 1, nextExpiry: null, lastSweepAt: 9300, lastCheckpointAt: 10_000 },
      10_300,
    ],
  ])('%s', (_, more, at) => {
    expect(nextAlarm(state(more), INTERVALS)).toBe(at);
  });
});

describe('a sweep is due', () => {
  test.each<[string, Partial<SweepState>, boolean]>([
    ['not while the queue is empty', { stale: 0 }, false],
    ['at once where there was none before', { stale: 1 }, true],
    ['not within the interval', { stale: 1, lastSweepAt: 9001 }, false],
    ['when the interval has passed', { stale: 1, lastSweepAt: 9000 }, true],
    ['as long as the one before left keys', { stale: 1, lastSweepAt: 9999, sweepUnfinished: true }, true],
  ])('%s', (_, more, due) => {
    expect(sweepIsDue(state(more), INTERVALS)).toBe(due);
  });
});

describe('a checkpoint is due', () => {
  test.each<[string, Partial<SweepState>, boolean]>([
    ['where there was none before', {}, true],
    ['not within the interval', { lastCheckpointAt: 9401 }, false],
    ['when the interval has passed', { lastCheckpointAt: 9400 }, true],
    ['before the registry falls asleep', { held: 0, lastCheckpointAt: 9999 }, true],
    ['not between the slices of a sweep, which would make one longer', { sweepUnfinished: true }, false],
  ])('%s', (_, more, due) => {
    expect(checkpointIsDue(state(more), INTERVALS)).toBe(due);
  });
});

describe('an alarm is lost', () => {
  test.each<[string, number | null, boolean]>([
    ['where there is none', null, true],
    ['not while it is ahead', 10_500, false],
    ['not while it may just be late', 10_000 - ALARM_OVERDUE_MS, false],
    ['when it is later than that', 9999 - ALARM_OVERDUE_MS, true],
    ['when it is further ahead than any that is set', 10_601 + SLICE_PAUSE_MS, true],
  ])('%s', (_, alarmAt, lost) => {
    expect(alarmIsLost(alarmAt, 10_000, INTERVALS)).toBe(lost);
  });
});
