import { describe, expect, test } from 'vitest';
import { LiveList } from '../../../src/page/state/live-list.ts';
import type { Entry } from '../../../src/protocol/protocol.ts';
import { entry } from './support.ts';

/** A list whose timers ring when they are told to, and what the client's watch would tell it. */
function watched() {
  const due: (() => void)[] = [];
  const list = new LiveList((_, run) => due.push(run));
  const servers = new Map<string, Entry>();
  const change = (changed: string[], removed: string[]) => {
    for (const id of removed) servers.delete(id);
    for (const id of changed) servers.set(id, entry(id));
    list.take(
      { servers, changed: changed.map((id) => entry(id)), removed, revision: '1', timestamp: 5000 },
      4000,
    );
  };
  const ring = () => {
    for (const run of due.splice(0)) run();
  };
  return { list, change, ring };
}

describe('the live list', () => {
  test('marks newcomers for a while, but not the first list', () => {
    const { list, change, ring } = watched();
    change(['a'], []);
    expect(list.hasArrived('a')).toBe(false);
    change(['b'], []);
    expect(list.hasArrived('b')).toBe(true);
    ring();
    expect(list.hasArrived('b')).toBe(false);
  });

  test('shows who left for a while, and no longer', () => {
    const { list, change, ring } = watched();
    change(['a', 'b'], []);
    change([], ['a']);
    expect(list.isLeaving('a')).toBe(true);
    expect(Array.from(list.all(), ({ serverId }) => serverId)).toEqual(['b', 'a']);
    expect(list.servers.has('a')).toBe(false);
    ring();
    expect(list.shown('a')).toBeUndefined();
  });

  test('forgets the farewell of a server that comes back', () => {
    const { list, change } = watched();
    change(['a'], []);
    change([], ['a']);
    change(['a'], []);
    expect(list.isLeaving('a')).toBe(false);
    expect([...list.all()]).toHaveLength(1);
  });

  test('marks nobody when hundreds leave at once', () => {
    const { list, change } = watched();
    const ids = Array.from({ length: 501 }, (_, index) => `s${index}`);
    change(ids, []);
    change([], ids);
    expect([...list.all()]).toEqual([]);
  });

  test('knows how far the registry’s clock is ahead', () => {
    const { list, change } = watched();
    change(['a'], []);
    expect(list.skewMs.value).toBe(1000);
  });
});
