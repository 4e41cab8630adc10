import { describe, expect, test } from 'vitest';
import {
  ALARM_OVERDUE_MS,
  alarmIsLost,
  isOutdated,
  nextAlarm,
  publishAt,
  publishIsDue,
  saveDelayMs,
  SLICE_PAUSE_MS,
  sweepIsDue,
  type PublicationState,
  type Published,
  type ScheduleState,
} from '../../../src/core/schedule.ts';

const INTERVALS = { sweepIntervalMs: 1000, checkpointIntervalMs: 600, publishIntervalMs: 100 };

function state(more: Partial<ScheduleState> = {}): ScheduleState {
  return {
    now: 10_000,
    held: 1,
    stale: 0,
    nextExpiry: 13_000,
    nextLossEnd: null,
    sweepUnfinished: false,
    tombstonesOver: false,
    lastSweepAt: null,
    watched: false,
    publication: null,
    ...more,
  };
}

describe('the next alarm', () => {
  test.each<[string, Partial<ScheduleState>, number | null]>([
    ['is none where nothing is held', { held: 0, nextExpiry: null }, null],
    [
      'comes a checkpoint interval ahead where nothing is held, but somebody watches',
      { held: 0, nextExpiry: null, watched: true },
      10_600,
    ],
    [
      'comes at an expiry before the next sweep where somebody watches',
      { watched: true, nextExpiry: 11_100, lastSweepAt: 10_900, now: 10_950 },
      11_550,
    ],
    [
      'comes a pause after a slice that left keys',
      { sweepUnfinished: true, stale: 5 },
      10_000 + SLICE_PAUSE_MS,
    ],
    [
      'comes a pause after a slice of tombstones that left some',
      { tombstonesOver: true },
      10_000 + SLICE_PAUSE_MS,
    ],
    ['is the next expiry where that comes first', { nextExpiry: 10_300 }, 10_300],
    ['is a checkpoint interval away where nothing else comes sooner', {}, 10_600],
    ['is never sooner than a pause away', { nextExpiry: 9000 }, 10_000 + SLICE_PAUSE_MS],
    [
      'is a sweep interval after the last sweep where the expiry comes sooner',
      { nextExpiry: 10_100, lastSweepAt: 9500 },
      10_500,
    ],
    [
      'comes for stale keys that wait, however far the next expiry',
      { stale: 1, nextExpiry: null, lastSweepAt: 9300 },
      10_300,
    ],
  ])('%s', (_, more, at) => {
    expect(nextAlarm(state(more), INTERVALS)).toBe(at);
  });
});

describe('the list file', () => {
  const IN_A_DAY = 10_000 + 86_400_000;
  const publishing = (publication: PublicationState, more: Partial<ScheduleState> = {}) =>
    state({ nextExpiry: IN_A_DAY, publication, ...more });

  test.each<[string, PublicationState, Partial<ScheduleState>, number | null]>([
    ['of a list that changed is due at once', { isOutdated: true, live: 1, lastAt: null }, {}, -Infinity],
    [
      'is written an interval after the last time at the soonest',
      { isOutdated: true, live: 1, lastAt: 9950 },
      {},
      10_050,
    ],
    [
      'is written again after 30 s while anybody is live',
      { isOutdated: false, live: 1, lastAt: 9950 },
      {},
      39_950,
    ],
    [
      'is written when the next lease runs out',
      { isOutdated: false, live: 1, lastAt: 9950 },
      { nextExpiry: 10_300 },
      10_300,
    ],
    [
      'keeps the interval where a lease runs out sooner',
      { isOutdated: false, live: 1, lastAt: 9950 },
      { nextExpiry: 10_010 },
      10_050,
    ],
    [
      'of an emptied list is due as that of any that changed',
      { isOutdated: true, live: 0, lastAt: 9950 },
      { held: 0 },
      10_050,
    ],
    [
      'that shows that nobody is there is never written again',
      { isOutdated: false, live: 0, lastAt: 9950 },
      { held: 0 },
      null,
    ],
  ])('%s', (_, publication, more, at) => {
    expect(publishAt(publishing(publication, more), INTERVALS)).toBe(at);
  });

  test('makes the alarm ring for it, even where nothing is held any more', () => {
    const owed = { isOutdated: true, live: 0, lastAt: 9950 };
    expect(nextAlarm(publishing(owed), INTERVALS)).toBe(10_050);
    expect(nextAlarm(publishing(owed, { held: 0 }), INTERVALS)).toBe(10_050);
    expect(nextAlarm(publishing({ ...owed, isOutdated: false }, { held: 0 }), INTERVALS)).toBeNull();
  });

  test('is due when its time has come', () => {
    const owed = { isOutdated: true, live: 1, lastAt: 9950 };
    expect(publishIsDue(publishing(owed, { now: 10_049 }), INTERVALS)).toBe(false);
    expect(publishIsDue(publishing(owed, { now: 10_050 }), INTERVALS)).toBe(true);
    expect(publishIsDue(state(), INTERVALS)).toBe(false);
  });

  test.each<[string, Published | null, Published, boolean]>([
    ['there is none and somebody is live', null, { revision: 'a.1', live: 1 }, true],
    ['the list moved on', { revision: 'a.1', live: 1 }, { revision: 'a.2', live: 1 }, true],
    ['everybody is gone', { revision: 'a.1', live: 1 }, { revision: 'a.2', live: 0 }, true],
    ['there is none and nobody is live', null, { revision: 'a.1', live: 0 }, false],
    ['it is the same', { revision: 'a.1', live: 1 }, { revision: 'a.1', live: 1 }, false],
    ['nobody is there, in another life', { revision: 'a.1', live: 0 }, { revision: 'b.1', live: 0 }, false],
  ])('where %s: is it outdated?', (_, published, list, outdated) => {
    expect(isOutdated(published, list)).toBe(outdated);
  });
});

describe('a sweep is due', () => {
  test.each<[string, Partial<ScheduleState>, boolean]>([
    ['not while the queue is empty', { stale: 0 }, false],
    ['at once where there was none before', { stale: 1 }, true],
    ['not within the interval', { stale: 1, lastSweepAt: 9001 }, false],
    ['when the interval has passed', { stale: 1, lastSweepAt: 9000 }, true],
    ['as long as the one before left keys', { stale: 1, lastSweepAt: 9999, sweepUnfinished: true }, true],
  ])('%s', (_, more, due) => {
    expect(sweepIsDue(state(more), INTERVALS)).toBe(due);
  });
});

describe('a save is due', () => {
  test.each<[string, number, number, number]>([
    ['a second after the first change where none was lately', -Infinity, 60_000, 1000],
    ['ten seconds after the one before where changes keep coming', 10_000, 60_000, 10_000],
    ['as much sooner as the one before is longer ago', 6000, 60_000, 6000],
    ['a second later at the least', 1, 60_000, 1000],
    ['within a quarter of the heartbeat interval where that is short', 10_000, 2000, 500],
    ['a quarter later at the least where that is shorter than a second', -Infinity, 400, 100],
  ])('%s', (_, lastSaveAt, heartbeatEveryMs, delayMs) => {
    expect(saveDelayMs(lastSaveAt, 10_000, heartbeatEveryMs)).toBe(delayMs);
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
