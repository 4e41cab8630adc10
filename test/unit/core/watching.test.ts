/** What may be sent to a watcher, and when it counts as gone. */
import { describe, expect, test } from 'vitest';
import {
  afterAnswer,
  afterAsking,
  afterSending,
  isSilent,
  isToBeAsked,
  LEAST_SHARE_BYTES,
  MAX_FRAME_BYTES,
  maySend,
  pushDelayMs,
  shareBytes,
  SILENT_AFTER_MS,
} from '../../../src/core/watching.ts';

const state = { revision: 'a.1', acceptedAt: 1000, unreadBytes: 0, check: null };
const ample = { shareBytes: 10_000, leftBytes: 1_000_000 };

describe('a watcher', () => {
  test('is sent a frame within its share, and holds its revision', () => {
    expect(maySend({ ...state, unreadBytes: 9000 }, 1000, ample)).toBe('now');
    expect(afterSending({ ...state, unreadBytes: 9000 }, 'a.2', 600)).toEqual({
      ...state,
      revision: 'a.2',
      unreadBytes: 9600,
    });
  });

  test('that left its share unread waits, and never gets a frame of more than that', () => {
    expect(maySend({ ...state, unreadBytes: 9001 }, 1000, ample)).toBe('when-read');
    expect(maySend({ ...state, unreadBytes: 1 }, 10_001, ample)).toBe('never');
    expect(maySend(state, 10_001, ample)).toBe('never');
  });

  test('waits where all together left too much unread, but gets what is short where it read all', () => {
    const spent = { shareBytes: 10_000, leftBytes: 0 };
    expect(maySend({ ...state, unreadBytes: 1 }, 10, spent)).toBe('when-read');
    expect(maySend(state, LEAST_SHARE_BYTES, spent)).toBe('now');
    expect(maySend(state, LEAST_SHARE_BYTES + 1, spent)).toBe('never');
  });

  test('is asked once when half of its share is unread, and its word clears what came before the question', () => {
    expect(isToBeAsked({ ...state, unreadBytes: 4999 }, 10_000)).toBe(false);
    expect(isToBeAsked({ ...state, unreadBytes: 5000 }, 10_000)).toBe(true);
    const asked = afterAsking({ ...state, unreadBytes: 5000 }, 'w', 50, 2000);
    expect(asked.unreadBytes).toBe(5050);
    expect(isToBeAsked(asked, 10_000)).toBe(false);
    const later = afterSending(asked, 'a.3', 700);
    expect(afterAnswer(later, 'other')).toBeUndefined();
    expect(afterAnswer(later, 'w')).toEqual({ ...state, revision: 'a.3', unreadBytes: 700 });
    expect(afterAnswer(state, 'w')).toBeUndefined();
  });

  test('is gone where it was silent for a minute since it came or pinged', () => {
    expect(isSilent(state, null, 1000 + SILENT_AFTER_MS)).toBe(false);
    expect(isSilent(state, null, 1001 + SILENT_AFTER_MS)).toBe(true);
    expect(isSilent(state, 30_000, 1001 + SILENT_AFTER_MS)).toBe(false);
  });

  test('is gone where it pings, but left a question unanswered for a minute', () => {
    const asked = afterAsking(state, 'w', 50, 2000);
    expect(isSilent(asked, 62_000, 2000 + SILENT_AFTER_MS)).toBe(false);
    expect(isSilent(asked, 62_000, 2001 + SILENT_AFTER_MS)).toBe(true);
  });
});

test('all watchers share what may be unread', () => {
  expect(shareBytes(0)).toBe(MAX_FRAME_BYTES);
  expect(shareBytes(100)).toBe(MAX_FRAME_BYTES);
  expect(shareBytes(1000)).toBe(16_000);
  expect(shareBytes(100_000)).toBe(4096);
});

test('a change is pushed at once, but half a second behind the last push', () => {
  expect(pushDelayMs(-Infinity, 1000)).toBe(0);
  expect(pushDelayMs(900, 1000)).toBe(400);
  expect(pushDelayMs(400, 1000)).toBe(0);
});
