/** Takes up where the last life of the object left off, before any call reaches it. */
import type { Config } from '../config.ts';
import type { SavedRevision } from '../core/changes/revision.ts';
import type { Directory } from '../core/leases/directory.ts';
import { downSince, expiryOf } from '../core/leases/downtime.ts';
import type { Lease } from '../core/leases/lease.ts';
import type { Tombstones } from '../core/leases/tombstones.ts';
import type { AlarmClock } from './alarm-clock.ts';
import type { Presence } from './presence.ts';
import type { Publisher } from './publisher.ts';
import type { Saver } from './saver.ts';
import type { Counters } from './storage/counters.ts';
import type { Loaded } from './storage/load.ts';
import type { Store } from './storage/store.ts';

export interface RecoveryParts {
  readonly config: Config;
  readonly clock: AlarmClock;
  readonly directory: Directory;
  readonly tombstones: Tombstones;
  readonly saver: Saver;
  readonly counters: Counters;
  readonly store: Store;
  readonly presence: Presence;
  readonly publisher: Publisher | null;
}

/** Fills memory from what was found on disk, gives leases the time that a downtime took, and sets a lost alarm. */
export async function recover(parts: RecoveryParts, loaded: Loaded): Promise<void> {
  const { config, clock, tombstones, directory } = parts;
  const now = clock.now();
  // Times ahead of now were written under a clock that was wrong: they count as now.
  const savedAt = loaded.savedAt === null ? null : Math.min(loaded.savedAt, now);
  const downtime = loaded.downtime && { ...loaded.downtime, until: Math.min(loaded.downtime.until, now) };
  restoreCounters(parts.counters, loaded.counters, now);
  clock.resume(loaded.alarmAt, downtime, now);
  parts.publisher?.resume(loaded.publication, now);
  for (const tombstone of loaded.tombstones) tombstones.add(tombstone);

  let oldestSeen = now;
  let newestSeen = 0;
  for (const record of loaded.servers) {
    const lastSeen = Math.min(now, record.lastSeen);
    const expiresAt = expiryOf(lastSeen, downtime, config);
    oldestSeen = Math.min(oldestSeen, lastSeen);
    newestSeen = Math.max(newestSeen, lastSeen);
    directory.restore({ ...record, lastSeen }, Math.min(expiresAt, now + config.ttlMs), now);
  }
  // A sleep leaves the sockets; a deploy, a crash or a move takes them all, and no event tells.
  const orphans = parts.presence.hasSockets ? [] : directory.sessions.orphanAll(now);
  // Whoever was silent in a session that is gone may be listed again, so it is not the list that was saved.
  directory.restored(savedAt ?? 0, orphans.length > 0 ? null : revisionOf(loaded, config, now));
  restoreJournal(parts, loaded);

  // All that the disk shows of when the registry last ran. An alarm that was given up would have rung after that.
  const aliveAt = Math.max(savedAt ?? 0, downtime?.until ?? 0, newestSeen);
  const dueAt = loaded.alarmAt ?? aliveAt + config.checkpointIntervalMs;
  // Without its times, every lease may have been live at any time since the oldest that is left.
  const from = loaded.savedTimesDamaged ? oldestSeen : downSince(dueAt, aliveAt, now, config);

  // Both in one transaction, so that a restart finds the downtime recorded and the alarm no longer overdue. One
  // that is overdue without a downtime is about to ring: setting it on every load would put it off for ever.
  const writes: Promise<void>[] = [];
  if (orphans.length > 0) {
    writes.push(parts.store.putOrphans(orphans.map((lease) => lease.toRow())), parts.store.noteChange());
  }
  if (from !== null) writes.push(clock.extendLeases(from, now));
  const isAboutToRing = from === null && loaded.alarmAt !== null && loaded.alarmAt <= now;
  const isNeeded = directory.heldCount + tombstones.size > 0 || parts.publisher?.state.isOutdated === true;
  if (isNeeded && !isAboutToRing && clock.isLost(now)) writes.push(clock.arm(now));
  await Promise.all(writes);
}

/** Of the list as it was saved; null where the same rows are another list now, by other terms or another clock. */
function revisionOf({ revision, savedAt }: Loaded, config: Config, now: number): SavedRevision | null {
  if (revision === null || savedAt === null || savedAt > now) return null;
  const { ttlMs, heartbeatEveryMs } = revision;
  return ttlMs === config.ttlMs && heartbeatEveryMs === config.heartbeatEveryMs ? revision : null;
}

/** The counters are shared by reference, so they are filled in place. A sweep ahead of now was dated by a wrong clock. */
function restoreCounters(counters: Counters, loaded: Counters | null, now: number): void {
  counters.loads = 1;
  if (loaded === null) return;
  Object.assign(counters, loaded, { loads: loaded.loads + 1 });
  if (loaded.lastSweep !== null) {
    counters.lastSweep = { ...loaded.lastSweep, at: Math.min(loaded.lastSweep.at, now) };
  }
}

function restoreJournal({ directory, saver }: RecoveryParts, loaded: Loaded): void {
  const leaseOf = (serverId: string): Lease[] => {
    const lease = directory.find(serverId)?.lease;
    return lease === undefined ? [] : [lease];
  };
  for (const serverId of loaded.rowsBehind) {
    for (const lease of leaseOf(serverId)) directory.unsaved.markRowBehind(lease);
  }
  const rows = loaded.journal.map(({ place, serverIds }) => ({ place, leases: serverIds.flatMap(leaseOf) }));
  saver.restore(rows, loaded.hasLegacyRows);
}
