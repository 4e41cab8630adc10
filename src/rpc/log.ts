/** What is said of a list in the log, or of one of its objects: one line of JSON each, which names it. */
import type { Place } from './place.ts';

/** The name of the event, and what it says beside that. */
interface Line {
  readonly event: string;
  readonly [member: string]: unknown;
}

/** Writes one line. */
export type Log = (level: 'warn' | 'error', line: Line) => void;

/** `place` is a whole list, or one object of it. */
export function logOf({ list, shard }: Pick<Place, 'list'> & Partial<Place>): Log {
  return (level, { event, ...more }) => {
    console[level](JSON.stringify({ event, list, shard, ...more }));
  };
}
