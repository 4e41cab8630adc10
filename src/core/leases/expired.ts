/** Which leases of a map ran out: each function looks at all of them once, and none changes anything. */
import type { Lease } from './lease.ts';

type Leases = ReadonlyMap<string, Lease>;

/** How many are over, and when the first of the others will be. */
export function countExpired(leases: Leases, now: number): { count: number; earliestExpiry: number } {
  let count = 0;
  let earliestExpiry = Infinity;
  leases.forEach(({ expiresAt }) => {
    if (expiresAt <= now) count += 1;
    else if (expiresAt < earliestExpiry) earliestExpiry = expiresAt;
  });
  return { count, earliestExpiry };
}

export function expiredOf(leases: Leases, now: number): Lease[] {
  const expired: Lease[] = [];
  leases.forEach((lease) => {
    if (lease.expiresAt <= now) expired.push(lease);
  });
  return expired;
}

export function survivorsOf(leases: Leases, now: number): Map<string, Lease> {
  const survivors = new Map<string, Lease>();
  leases.forEach((lease, serverId) => {
    if (lease.expiresAt > now) survivors.set(serverId, lease);
  });
  return survivors;
}
