/** A list in several objects: which of them holds a server, and what part of the limits of the list each has. */
import { murmur3 } from './murmur3.ts';

/** Most objects of one list: its revision names one of each, and has to fit the query string. */
export const MAX_SHARDS = 100;

/** One object among those of its list. */
export interface Shard {
  /** Objects of the list. */
  readonly count: number;
  /** Which of them, from 0. */
  readonly index: number;
}

/** A list in one object. */
export const ONLY_SHARD: Shard = { count: 1, index: 0 };

/** The index of the object that holds a server. It must be the same for all time: lists on disk are divided by it. */
export function shardOf(serverId: string, count: number): number {
  return count === 1 ? 0 : murmur3(serverId) % count;
}

export interface Limits {
  readonly maxServers: number;
  readonly maxListBytes: number;
  readonly maxServersPerKey: number;
}

/**
 * The limits of one object of a list.
 *
 * Those on servers and bytes add up to the limit of the list, which therefore never holds more. Ids do not fall evenly,
 * so the first object is full a little before the list would be.
 *
 * Ids of one key are few, and fall less evenly: each object allows what honest ids nearly never exceed (three standard
 * deviations above their share). A key that chooses its ids can hold as much in each object.
 */
export function limitsOf({ maxServers, maxListBytes, maxServersPerKey }: Limits, shard: Shard): Limits {
  const { count } = shard;
  if (count === 1) return { maxServers, maxListBytes, maxServersPerKey };
  const ofKey = maxServersPerKey / count;
  return {
    maxServers: partOf(maxServers, shard),
    maxListBytes: partOf(maxListBytes, shard),
    maxServersPerKey: Math.min(maxServersPerKey, Math.ceil(ofKey + 3 * Math.sqrt(ofKey))),
  };
}

function partOf(whole: number, { count, index }: Shard): number {
  return Math.floor(whole / count) + (index < whole % count ? 1 : 0);
}
