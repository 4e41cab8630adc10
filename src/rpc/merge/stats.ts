/** What each object of a list tells of itself → what the list tells. */
import type { RegistryStats } from '../contract.ts';

type Count = {
  [Name in keyof RegistryStats]: RegistryStats[Name] extends number ? Name : never;
}[keyof RegistryStats];

const SUMMED = [
  'live',
  'stale',
  'sweeps',
  'swept',
  'checkpoints',
  'saves',
  'failedSaves',
  'loads',
  'heartbeats',
  'reads',
  'setAside',
  'listBytes',
] as const satisfies readonly Count[];

/** Counters of revisions are up to 2^51: the sum of some would not be a whole number any more. */
const REVISIONS = 2n ** 53n;

/** Of at least one object. Sums; of what is a moment, the next or the latest. */
export function mergeStats([first, ...others]: readonly [RegistryStats, ...RegistryStats[]]): RegistryStats {
  return others.reduce((sum, stats) => plus(sum, stats), first);
}

function plus(one: RegistryStats, other: RegistryStats): RegistryStats {
  const sums = Object.fromEntries(SUMMED.map((name) => [name, one[name] + other[name]]));
  return {
    ...one,
    ...sums,
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

function least(one: number | null, other: number | null): number | null {
  if (one === null || other === null) return one ?? other;
  return Math.min(one, other);
}

function later<Event>(one: Event | null, other: Event | null, at: (event: Event) => number): Event | null {
  if (one === null || other === null) return one ?? other;
  return at(one) >= at(other) ? one : other;
}
