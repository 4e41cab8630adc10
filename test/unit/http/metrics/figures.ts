/** Figures of a registry, for the tests of what is made of them. */
import type { RegistryFigures } from '../../../../src/rpc/contract.ts';

const NOW = 1_800_000_000_000;

/** Of a registry that has swept once. */
export const FIGURES: RegistryFigures = {
  at: NOW,
  loadedAt: NOW - 90_000,
  stats: {
    live: 3,
    stale: 2,
    revision: 7,
    nextAlarmAt: NOW + 1500,
    sweeps: 2,
    swept: 40,
    lastSweep: { at: NOW - 5000, deleted: 15, tookMs: 20 },
    checkpoints: 4,
    saves: 5,
    failedSaves: 1,
    loads: 6,
    heartbeats: 1234,
    reads: 99,
    absence: null,
    setAside: 1,
    signing: 'off',
    listBytes: 800,
    sessions: 2,
    watchers: 12,
    streams: { heldBytes: 50, cut: 1 },
    listFile: {
      writtenAt: NOW - 9000,
      written: 12,
      failed: 1,
      lastFailure: { at: NOW - 60_000, reason: 'late' },
    },
  },
  maxServers: 10_000,
  maxListBytes: 16_000_000,
  registrations: 50,
  deregistrations: 5,
  sweepMs: 45,
  downtimes: 1,
  extendedLeases: 3,
  lists: { whole: 1, page: 2, delta: 3, unchanged: 4 },
  refusedWrites: {
    'not-registered': 1,
    'registry-full': 0,
    'not-owner': 0,
    replayed: 0,
    replaced: 0,
    'key-full': 0,
  },
  sessions: { max: 2000, opened: 9, lost: { closed: 3, 'bad-frame': 1, silent: 2, restart: 0 } },
  watchers: { open: 12, max: 1000 },
  pushes: { changes: 30, resyncs: 2, silent: 1, refused: 0 },
  alarms: { rings: 4, lateMs: 250 },
};
