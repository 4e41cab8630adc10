/** What may be sent to a watcher, and when it counts as gone. */
import { describe, expect, test } from 'vitest';
import {
  afterSending,
  isSilent,
  MAX_FRAME_BYTES,
  pushDelayMs,
  shareBytes,
  SILENT_AFTER_MS,
} from '../../../src/core/watching.ts';

const state = { revision: 'a.1', acceptedAt: 1000, sentAt: 1000, unreadBytes: 0 };
const frame = { revision: 'a.2', bytes: 600 };

describe('a watcher', () => {
  test('that pinged behind the last frame has read it', () => {
    const sent = { ...state, unreadBytes: 900 };
    expect(afterSending(sent, frame, 1001, 1000, 2000)).toEqual({
      revision: 'a.2',
      acceptedAt: 1000,
      sentAt: 2000,
      unreadBytes: 600,
    });
  });

  test.each([null, 999, 1000])('that pinged at %s waits where its share is unread', (pingedAt) => {
    expect(afterSending({ ...state, unreadBytes: 900 }, frame, pingedAt, 1000, 2000)).toBeUndefined();
    expect(afterSending({ ...state, unreadBytes: 400 }, frame, pingedAt, 1000, 2000)).toMatchObject({
      unreadBytes: 1000,
    });
  });

  test('that has read all gets any frame', () => {
    expect(afterSending(state, { ...frame, bytes: 5000 }, null, 1000, 2000)).toMatchObject({
      unreadBytes: 5000,
    });
  });

  test('is gone where it was silent for a minute since it came or pinged', () => {
    expect(isSilent(state, null, 1000 + SILENT_AFTER_MS)).toBe(false);
    expect(isSilent(state, null, 1001 + SILENT_AFTER_MS)).toBe(true);
    expect(isSilent(state, 30_000, 1001 + SILENT_AFTER_MS)).toBe(false);
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
