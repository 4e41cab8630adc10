/** What the runtime prints, as entries of the registry's log. */
import { createInterface } from 'node:readline';
import type { Readable } from 'node:stream';
import type { Log, LogEntry } from '../log.ts';

/** Notes every line of the runtime's two streams. */
export function follow(log: Log, stdout: Readable, stderr: Readable): void {
  createInterface(stdout).on('line', (line) => {
    noteLine(log, line, false);
  });
  createInterface(stderr).on('line', (line) => {
    noteLine(log, line, true);
  });
}

function noteLine(log: Log, line: string, isTrouble: boolean): void {
  if (line.trim() === '') return;
  const entry = entryOf(line);
  // The banner says the same, of the registry that is ready.
  if (entry?.event === 'started' && log.forPeople) return;
  if (entry !== undefined) log.note(entry, isTrouble);
  else if (!isNoise(line)) log.note({ event: 'runtime', text: line }, isTrouble);
  // SQLite's word for it stands in the middle of a stack.
  if (/SQLITE_FULL|disk is full|No space left/i.test(line)) {
    log.note(
      { event: 'disk-full', text: 'The disk is full: registrations are refused until there is room.' },
      true,
    );
  }
}

/** The Worker logs one object a line; everything else is the runtime's own. */
function entryOf(line: string): LogEntry | undefined {
  if (!line.startsWith('{')) return undefined;
  try {
    const value: unknown = JSON.parse(line);
    return isEntry(value) ? value : undefined;
  } catch {
    return undefined;
  }
}

function isEntry(value: unknown): value is LogEntry {
  return typeof value === 'object' && value !== null && 'event' in value && typeof value.event === 'string';
}

/** A client that leaves early is no fault of anybody's; nor can the addresses of a stack be read by people. */
function isNoise(line: string): boolean {
  return /^stack: |Broken pipe|Connection reset by peer|disconnected: /i.test(line);
}
