/** A command's log: one thing that happened a line, to read or as JSON. */
import { inspect } from 'node:util';
import { shown, styled } from './screen.ts';

/** One thing that happened. `event` names it; the rest belongs to it. */
export interface LogEntry {
  readonly event: string;
  readonly [member: string]: unknown;
}

/** Members whose value says it all: their name is left out of a line for people. */
const SAYS_ALL: ReadonlySet<string> = new Set(['text', 'problem', 'route']);

export class Log {
  readonly forPeople: boolean;
  readonly #out: { write(text: string): unknown };
  #isMuted = false;

  constructor(forPeople: boolean, out: { write(text: string): unknown }) {
    this.forPeople = forPeople;
    this.#out = out;
  }

  /** `isTrouble`: it should be seen. */
  note(entry: LogEntry, isTrouble = false): void {
    if (this.#isMuted) return;
    const at = new Date();
    const line = this.forPeople
      ? readable(at, entry, isTrouble)
      : JSON.stringify({ at: at.toISOString(), ...entry });
    this.#out.write(`${line}\n`);
  }

  /** From here on nothing is noted. */
  mute(): void {
    this.#isMuted = true;
  }
}

function readable(at: Date, { event, ...rest }: LogEntry, isTrouble: boolean): string {
  const time = at.toTimeString().slice(0, 8);
  const what = shown(event.replaceAll('-', ' '));
  const details = Object.entries(rest)
    .filter(([, value]) => value !== undefined && value !== null)
    .map(([name, value]) => (SAYS_ALL.has(name) ? text(value) : `${name} ${text(value)}`));
  return [styled('dim', time), isTrouble ? styled('yellow', what) : what, ...details].join('  ');
}

function text(value: unknown): string {
  return shown(typeof value === 'string' ? value : (JSON.stringify(value) ?? inspect(value)));
}
