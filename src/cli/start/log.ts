/** The registry's log: what the runtime prints, as a line to read or as a line of JSON. */
import { createInterface } from 'node:readline';
import type { Readable } from 'node:stream';
import { printJson, printLine, shown, styled } from '../screen.ts';

/** One thing that happened. `event` names it; the rest belongs to it. */
export interface LogEntry {
  readonly event: string;
  readonly [member: string]: unknown;
}

export class Log {
  readonly #forPeople: boolean;
  #isMuted = false;

  constructor(forPeople: boolean) {
    this.#forPeople = forPeople;
  }

  /** `isTrouble`: it should be seen. */
  note(entry: LogEntry, isTrouble = false): void {
    if (this.#isMuted) return;
    const at = new Date();
    if (this.#forPeople) printLine(readable(at, entry, isTrouble));
    else printJson({ at: at.toISOString(), ...entry });
  }

  /** What the runtime says while it is being ended says nothing of the registry. */
  mute(): void {
    this.#isMuted = true;
  }

  /** Notes every line of the runtime's two streams. */
  readonly follow = (stdout: Readable, stderr: Readable): void => {
    createInterface(stdout).on('line', (line) => {
      this.#line(line, false);
    });
    createInterface(stderr).on('line', (line) => {
      this.#line(line, true);
    });
  };

  #line(line: string, isTrouble: boolean): void {
    if (line.trim() === '') return;
    const entry = entryOf(line);
    // The banner says the same, of the registry that is ready.
    if (entry?.event === 'started' && this.#forPeople) return;
    if (entry !== undefined) this.note(entry, isTrouble);
    else if (!isNoise(line)) this.note({ event: 'runtime', text: line }, isTrouble);
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
  return /^stack: |Broken pipe|Connection reset by peer|disconnected: |client disconnected/i.test(line);
}

function readable(at: Date, { event, ...rest }: LogEntry, isTrouble: boolean): string {
  const time = at.toTimeString().slice(0, 8);
  const what = event.replaceAll('-', ' ');
  const details = Object.entries(rest)
    .filter(([, value]) => value !== undefined && value !== null)
    .map(([name, value]) => (name === 'text' || name === 'problem' ? text(value) : `${name} ${text(value)}`));
  const line = [isTrouble ? styled('yellow', what) : what, ...details].join('  ');
  return `${styled('dim', time)}  ${line}`;
}

function text(value: unknown): string {
  return shown(typeof value === 'string' ? value : JSON.stringify(value));
}
