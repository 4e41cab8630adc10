/** The statistics of a list in several objects, made of what each tells of itself. */
import { describe, expect, it } from 'vitest';
import type { RegistryStats } from '../../../src/rpc/contract.ts';
import { mergeStats } from '../../../src/rpc/merge/stats.ts';

const ONE: RegistryStats = {
  live: 1,
  stale: 2,
  revision: 5,
  nextAlarmAt: null,
  sweeps: 3,
  swept: 4,
  lastSweep: null,
  checkpoints: 5,
  saves: 6,
  failedSaves: 7,
  loads: 8,
  heartbeats: 9,
  reads: 10,
  absence: null,
  setAside: 11,
  signing: 'on',
  listBytes: 12,
  sessions: 13,
  watchers: 0,
  streams: { heldBytes: 14, cut: 15 },
};

describe('merged statistics', () => {
  it('are the sums of all that is counted', () => {
    expect(mergeStats([ONE, ONE, ONE])).toEqual({
      ...ONE,
      live: 3,
      stale: 6,
      revision: 15,
      sweeps: 9,
      swept: 12,
      checkpoints: 15,
      saves: 18,
      failedSaves: 21,
      loads: 24,
      heartbeats: 27,
      reads: 30,
      setAside: 33,
      listBytes: 36,
      sessions: 39,
      streams: { heldBytes: 42, cut: 45 },
    });
  });

  it('have a revision that is a whole number, however large those of the objects are', () => {
    const large = { ...ONE, revision: 2 ** 51 };
    const { revision } = mergeStats([large, large, large, large, { ...ONE, revision: 7 }]);
    expect(revision).toBe(7);
    expect(Number.isSafeInteger(mergeStats([large, large, large]).revision)).toBe(true);
  });

  it('name the next alarm, the last sweep and the last downtime of any object', () => {
    const merged = mergeStats([
      { ...ONE, nextAlarmAt: 30, lastSweep: { at: 10, deleted: 1, tookMs: 1 } },
      { ...ONE, nextAlarmAt: 20, absence: { from: 1, until: 2, leases: 3 } },
      { ...ONE, lastSweep: { at: 12, deleted: 2, tookMs: 2 } },
    ]);
    expect(merged).toMatchObject({
      nextAlarmAt: 20,
      lastSweep: { at: 12, deleted: 2, tookMs: 2 },
      absence: { from: 1, until: 2, leases: 3 },
    });
  });

  it('say of the files when the oldest was written, and what failed last', () => {
    const file = { writtenAt: 30, written: 1, failed: 1, lastFailure: { at: 5, reason: 'earlier' } };
    const merged = mergeStats([
      { ...ONE, listFile: file },
      { ...ONE, listFile: { ...file, writtenAt: 20, lastFailure: { at: 6, reason: 'later' } } },
      { ...ONE, listFile: { writtenAt: null, written: 0, failed: 0, lastFailure: null } },
    ]);
    expect(merged.listFile).toEqual({
      writtenAt: 20,
      written: 2,
      failed: 2,
      lastFailure: { at: 6, reason: 'later' },
    });
    expect(mergeStats([ONE, ONE])).not.toHaveProperty('listFile');
  });
});
