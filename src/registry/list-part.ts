/** Which part of which list an object holds. */
import type { ListPart } from '../protocol/list-file.ts';

/** One object holds the list. */
export const WHOLE_LIST: ListPart = { list: 'default', shard: 0, shards: 1 };
