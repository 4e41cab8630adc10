import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { PageTimers } from '../../../src/page/state/timers.ts';

describe('the page’s timers', () => {
  beforeEach(() => {
    vi.useFakeTimers();
  });
  afterEach(() => {
    vi.useRealTimers();
  });

  test('ring in time, once, and not where they were cancelled', () => {
    const timers = new PageTimers();
    const rung: string[] = [];
    timers.after(1000, () => rung.push('a'));
    timers.after(1000, () => rung.push('b'))();
    vi.advanceTimersByTime(999);
    expect(rung).toEqual([]);
    vi.advanceTimersByTime(60_000);
    expect(rung).toEqual(['a']);
  });

  test('stand still while nobody looks, and what fell due happens at once afterwards', () => {
    const timers = new PageTimers();
    const rung: string[] = [];
    timers.after(1000, () => rung.push('due'));
    timers.after(100_000, () => rung.push('later'));
    timers.stop();
    timers.after(10, () => rung.push('meanwhile'));
    vi.advanceTimersByTime(50_000);
    expect(rung).toEqual([]);
    timers.resume();
    vi.advanceTimersByTime(0);
    expect(rung).toEqual(['due', 'meanwhile']);
    vi.advanceTimersByTime(50_000);
    expect(rung).toContain('later');
  });

  test('hurry ends the pauses between questions, and no time-out', () => {
    const timers = new PageTimers();
    const rung: string[] = [];
    timers.after(5000, () => rung.push('pause'), true);
    timers.after(5000, () => rung.push('time-out'));
    timers.hurry();
    expect(rung).toEqual(['pause']);
  });
});
