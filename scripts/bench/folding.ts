/** What the alarm makes of the journal once a minute, as far as a month's cost goes. */
/** While anything is held the alarm rings so often: a request, and a row to set it again. */
export const ALARM_EVERY_S = 60;

/** CLOSE_AT_BYTES of src/core/leases/journal.ts: a row of the journal is full then. */
export const ROW_FULL_AT_BYTES = 32_000;

/** SEGMENTS of src/core/leases/segment.ts. */
export const SEGMENTS = 64;

/** What an alarm writes that folds a journal: the segments, a row of the journal anew, and another that goes. */
export const FOLDED_ROWS = SEGMENTS + 2;

/** What a heartbeat takes in the journal, with an id of 13 characters (`npm run bench -- --only saves`: 692 kB for 10,000). */
const MOVED_BYTES = 69;

/**
 * Whether so many servers that beat at least once a minute fill a row of the journal between two alarms: then the alarm
 * writes every segment anew. A smaller registry never needs that.
 */
export function isFolded(servers: number): boolean {
  return servers * MOVED_BYTES >= ROW_FULL_AT_BYTES;
}
