/** What is said of a list in the log: one line of JSON each, which names it. */

/** The name of the event, and what it says beside that. */
interface Line {
  readonly event: string;
  readonly [member: string]: unknown;
}

/** Writes one line. */
export type Log = (level: 'warn' | 'error', line: Line) => void;

export function logOf(list: string): Log {
  return (level, { event, ...more }) => {
    console[level](JSON.stringify({ event, list, ...more }));
  };
}
