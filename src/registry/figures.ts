/** What the object tells of itself: to everyone by `/stats`, and to graphs by `/metrics`. Memory alone is asked. */
import type { Config } from '../config.ts';
import type { Directory } from '../core/leases/directory.ts';
import type { RegistryFigures, RegistryStats } from '../rpc/contract.ts';
import type { AlarmClock } from './alarm-clock.ts';
import type { Part } from './part.ts';
import type { Publisher } from './publisher.ts';
import type { Reads } from './reads.ts';
import type { Signing } from '../rpc/signer.ts';
import type { Counters } from './storage/counters.ts';
import type { Watchers } from './watchers.ts';
import type { Writes } from './writes.ts';

export interface FigureParts {
  readonly config: Pick<Config, 'maxSessions' | 'maxWatchers'>;
  readonly part: Part;
  readonly clock: AlarmClock;
  readonly directory: Directory;
  readonly counters: Counters;
  readonly reads: Reads;
  readonly writes: Writes;
  readonly watchers: Watchers;
  readonly publisher: Publisher | null;
  readonly signing: Signing['state'];
  /** Epoch milliseconds. */
  readonly loadedAt: number;
}

/** Call `expire` first. `quarantined` is how many rows are. */
export function statsOf(parts: FigureParts, quarantined: number): RegistryStats {
  const { clock, counters, directory, publisher, reads, signing, watchers } = parts;
  const { downtime } = clock;
  return {
    live: directory.liveCount,
    stale: directory.staleCount,
    revision: directory.revision.counter,
    nextAlarmAt: clock.alarmAtWall,
    sweeps: counters.sweeps,
    swept: counters.swept,
    lastSweep: counters.lastSweep && { ...counters.lastSweep },
    checkpoints: counters.checkpoints,
    saves: counters.saves,
    failedSaves: counters.failedSaves,
    loads: counters.loads,
    heartbeats: counters.heartbeats,
    reads: counters.reads,
    absence: downtime && { from: downtime.from, until: downtime.until, leases: downtime.leases },
    setAside: quarantined,
    signing,
    watchers: watchers.count,
    streams: { heldBytes: reads.streams.heldBytes, cut: reads.streams.cutCount },
    listBytes: directory.entryBytes,
    sessions: directory.sessions.count,
    ...(publisher !== null && { listFile: publisher.stats }),
  };
}

/** Call `expire` first. `now`: epoch milliseconds of the registry's clock. */
export function figuresOf(parts: FigureParts, quarantined: number, now: number): RegistryFigures {
  const { clock, config, counters, directory, part, loadedAt, reads, watchers, writes } = parts;
  const { registrations, deregistrations, sweepMs, downtimes, extendedLeases } = counters;
  const { opened, lost } = directory.sessions.figures;
  const stats = statsOf(parts, quarantined);
  return {
    at: now,
    loadedAt,
    stats,
    maxServers: part.maxServers,
    maxListBytes: part.maxListBytes,
    registrations,
    deregistrations,
    sweepMs,
    downtimes,
    extendedLeases,
    lists: { ...reads.lists },
    refusedWrites: { ...writes.refused },
    sessions: { max: config.maxSessions, opened, lost: { ...lost } },
    watchers: { open: stats.watchers, max: config.maxWatchers },
    pushes: { ...watchers.figures },
    alarms: { ...clock.figures },
  };
}
