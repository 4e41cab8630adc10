/** What an object is for: one list, or one shard of it. The name of the object says so. */
import { DEFAULT_LIST } from '../protocol/lists.ts';

/** A list, and which of its shards; a list of one object has shard 0 alone. */
export interface Place {
  readonly list: string;
  readonly shard: number;
}

/** Of the default list, which had its object before there were others. No other name looks like it. */
export const DEFAULT_OBJECT = 'global';
const DEFAULT_PLACE: Place = { list: DEFAULT_LIST, shard: 0 };

const NAME = /^list:(?<list>[^/]+)\/(?<shard>\d+)$/;

/** The name of the object at a place. */
export function objectName({ list, shard }: Place): string {
  return list === DEFAULT_LIST && shard === 0 ? DEFAULT_OBJECT : `list:${list}/${shard}`;
}

/** The place of the object of a name. */
export function placeOf(name: string): Place {
  const { list, shard } = NAME.exec(name)?.groups ?? {};
  return list === undefined || shard === undefined ? DEFAULT_PLACE : { list, shard: Number(shard) };
}
