/** Where a command's output goes: words for a terminal, lines of JSON for whatever else reads it. */
import { exit, stderr, stdout } from 'node:process';
import { inspect, styleText } from 'node:util';

/** Narrowest and assumed width, in columns. */
const MIN_COLUMNS = 20;
const ASSUMED_COLUMNS = 100;

let isOutputNeeded = true;

/** To be called before anything is printed: a command whose reader left, or whose terminal was closed, ends without a word. */
export function endWithOutput(): void {
  for (const stream of [stdout, stderr]) {
    stream.on('error', () => {
      if (isOutputNeeded) exit();
    });
  }
}

/** For what has servers and processes to look after: a signal ends it, in order, whoever reads what it prints. */
export function goOnWithoutOutput(): void {
  isOutputNeeded = false;
}

export type Style = Parameters<typeof styleText>[0];

/** True where somebody watches the output and didn't ask for JSON. */
export function isForPeople(json: boolean): boolean {
  return !json && stdout.isTTY;
}

/** Columns of the terminal. */
export function columns(): number {
  return Math.max(MIN_COLUMNS, stdout.isTTY ? stdout.columns : ASSUMED_COLUMNS);
}

/** Colours, where the terminal has them and `NO_COLOR` isn't set. */
export function styled(style: Style, text: string): string {
  const isPlain = !stdout.isTTY || (process.env['NO_COLOR'] ?? '') !== '' || process.env['TERM'] === 'dumb';
  return isPlain ? text : styleText(style, text);
}

/** A text from elsewhere as it can be shown: nothing in it moves the cursor, and nothing in it ends the line. */
export function shown(text: string): string {
  // Control characters, and those that change the direction of what follows.
  return text.replaceAll(/[\p{Cc}\p{Cf}\p{Cs}\u2028\u2029]/gu, (character) =>
    inspect(character).slice(1, -1),
  );
}

export function printLine(text: string): void {
  stdout.write(`${text}\n`);
}

export function printJson(value: unknown): void {
  stdout.write(`${JSON.stringify(value)}\n`);
}

export function printError(text: string): void {
  stderr.write(`${text}\n`);
}
