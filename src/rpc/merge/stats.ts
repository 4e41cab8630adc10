/** What each object of a list tells of itself → what the list tells. */
import type { RegistryStats } from '../contract.ts';

type Count = {
  [Name in keyof RegistryStats]-?: Exclude<RegistryStats[Name], undefined> extends number ? Name : never;
}[keyof RegistryStats];

/** Counters of revisions are up to 2^51: the sum of some would not be a whole number any more. */
const REVISIONS = 2n ** 53n;

/** Of at least one object. Sums; of what is a moment, the next or the latest, and of the files the oldest. */
export function mergeStats([first, ...others]: readonly [RegistryStats, ...RegistryStats[]]): RegistryStats {
  return others.reduce((sum, stats) => plus(sum, stats), first);
}

function plus(one: RegistryStats, other: RegistryStats): RegistryStats {
  const listFile = withFile(one.listFile, other.listFile);
  return {
    ...one,
    ...sums(one, other),
    ...(listFile !== undefined && { listFile }),
    // A number that moves with every change of any of them, as that of one object does.
    revision: Number((BigInt(one.revision) + BigInt(other.revision)) % REVISIONS),
    nextAlarmAt: least(one.nextAlarmAt, other.nextAlarmAt),
    lastSweep: later(one.lastSweep, other.lastSweep, ({ at }) => at),
    absence: later(one.absence, other.absence, ({ until }) => until),
    streams: {
      heldBytes: one.streams.heldBytes + other.streams.heldBytes,
      cut: one.streams.cut + other.streams.cut,
    },
  };
}

/** Every number but the revision: one that is new is added here, or does not compile. */
function sums(one: RegistryStats, other: RegistryStats): { [Name in Exclude<Count, 'revision'>]: number } {
  return {
    live: one.live + other.live,
    stale: one.stale + other.stale,
    sweeps: one.sweeps + other.sweeps,
    swept: one.swept + other.swept,
    checkpoints: one.checkpoints + other.checkpoints,
    saves: one.saves + other.saves,
    failedSaves: one.failedSaves + other.failedSaves,
    loads: one.loads + other.loads,
    heartbeats: one.heartbeats + other.heartbeats,
    reads: one.reads + other.reads,
    setAside: one.setAside + other.setAside,
    listBytes: one.listBytes + other.listBytes,
    sessions: (one.sessions ?? 0) + (other.sessions ?? 0),
    watchers: one.watchers + other.watchers,
  };
}

type Files = RegistryStats['listFile'];

/** Of the files of both: readers see the list as old as the older one. */
function withFile(one: Files, other: Files): Files {
  if (one === undefined || other === undefined) return one ?? other;
  return {
    writtenAt: least(one.writtenAt, other.writtenAt),
    written: one.written + other.written,
    failed: one.failed + other.failed,
    lastFailure: later(one.lastFailure, other.lastFailure, ({ at }) => at),
  };
}

function least(one: number | null, other: number | null): number | null {
  if (one === null || other === null) return one ?? other;
  return Math.min(one, other);
}

function later<Event>(one: Event | null, other: Event | null, at: (event: Event) => number): Event | null {
  if (one === null || other === null) return one ?? other;
  return at(one) >= at(other) ? one : other;
}
