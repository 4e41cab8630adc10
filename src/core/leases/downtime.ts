/**
 * When the registry itself was down, silence proves nothing: leases that were live when it went get time to be renewed.
 *
 * A downtime is recorded on disk, so that a restart finds the same extension and never a second one for it.
 */

/** The registry was down from `from` until `until` (epoch ms), and `leases` were live when it went down. */
export interface Downtime {
  readonly from: number;
  readonly until: number;
  readonly leases: number;
  /**
   * A lease whose own time (`lastSeen` + TTL) ends after this was live when the registry went down. Earlier than
   * `from` where leases were then living on the extension of a downtime before.
   */
  readonly liveAfter: number;
}

export interface LeaseTimes {
  readonly ttlMs: number;
  readonly heartbeatEveryMs: number;
}

/** How long after coming back a lease is left alone: one heartbeat interval, and half of another for the delay. */
export function graceMs(times: LeaseTimes): number {
  return Math.ceil(times.heartbeatEveryMs * 1.5);
}

/**
 * Since when the registry has been down, or null if it has not: its alarm is overdue by more than a heartbeat
 * interval, and nothing else shows that it ran since. `aliveAt` is the last time it is known to have run.
 */
export function downSince(
  alarmAt: number | null,
  aliveAt: number | null,
  now: number,
  times: LeaseTimes,
): number | null {
  if (alarmAt === null) return null;
  const from = Math.max(alarmAt, aliveAt ?? -Infinity);
  return now - from > times.heartbeatEveryMs ? from : null;
}

/** From when on a lease's own end says that it was live at `from`, given the downtime before. */
export function liveAfter(from: number, before: Downtime | null, times: LeaseTimes): number {
  const stillExtended = before !== null && before.until + graceMs(times) > from;
  return stillExtended ? before.liveAfter : from;
}

/** When a lease runs out that was last heard at `lastSeen`, with the extension of the last downtime. */
export function expiryOf(lastSeen: number, downtime: Downtime | null, times: LeaseTimes): number {
  const own = lastSeen + times.ttlMs;
  return downtime !== null && own > downtime.liveAfter ? Math.max(own, downtime.until + graceMs(times)) : own;
}

/**
 * Whether a heartbeat may be acknowledged before it is on disk: what is there already has the heartbeat before it.
 * `savedExpiresAt` is when the lease would run out if the registry were loaded from disk now.
 *
 * Where this is false, the acknowledgement waits for the disk. So no two heartbeats in a row are ever lost, however
 * often the registry dies: the lease on disk always outlives the next heartbeat.
 */
export function isCovered(savedExpiresAt: number, now: number, times: LeaseTimes): boolean {
  return savedExpiresAt >= now + times.ttlMs - times.heartbeatEveryMs * MISSED_AFTER_INTERVALS;
}

/** A saved heartbeat older than this many intervals is not the last one: a heartbeat may come 10 % late. */
const MISSED_AFTER_INTERVALS = 1.25;
