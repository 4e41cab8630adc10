/**
 * When the registry itself was away, silence proves nothing: who was live when it left gets time to be heard again.
 *
 * An absence is recorded on disk, so that a restart finds the same extension and never a second one for it.
 */

/** The registry was away from `from` until `until` (epoch ms), and `leases` were live when it left. */
export interface Absence {
  readonly from: number;
  readonly until: number;
  readonly leases: number;
  /**
   * A lease whose own time (`lastSeen` + TTL) ends after this was live when the registry left. Earlier than `from`
   * where leases were then living on the extension of an absence before.
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
 * Since when the registry has been away, or null if it has not: its alarm is overdue by more than a heartbeat
 * interval, and nothing else shows that it ran since. `aliveAt` is the last time it is known to have run.
 */
export function awaySince(
  alarmAt: number | null,
  aliveAt: number | null,
  now: number,
  times: LeaseTimes,
): number | null {
  if (alarmAt === null) return null;
  const from = Math.max(alarmAt, aliveAt ?? -Infinity);
  return now - from > times.heartbeatEveryMs ? from : null;
}

/** From when on a lease's own end says that it was live at `from`, given the absence before. */
export function liveAfter(from: number, before: Absence | null, times: LeaseTimes): number {
  const stillExtended = before !== null && before.until + graceMs(times) > from;
  return stillExtended ? before.liveAfter : from;
}

/** When a lease runs out that was last heard at `lastSeen`, with the extension of the last absence. */
export function expiryOf(lastSeen: number, absence: Absence | null, times: LeaseTimes): number {
  const own = lastSeen + times.ttlMs;
  return absence !== null && own > absence.liveAfter ? Math.max(own, absence.until + graceMs(times)) : own;
}
