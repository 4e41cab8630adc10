/** What a command shows while it runs: drawn over itself in a terminal, and as lines that stay anywhere else. */
import { createLogUpdate } from 'log-update';
import { styleText } from 'node:util';

type Style = Parameters<typeof styleText>[0];

/** Puts a style on a text, or leaves it as it is where colour is not wanted. */
export type Paint = (style: Style, text: string) => string;

/** The lines shown where there is no terminal. */
export interface Lines {
  readonly line: () => string;
  readonly everyMs: number;
}

const DRAW_EVERY_MS = 100;

export class Screen {
  readonly isTerminal: boolean;
  /** hasColors knows NO_COLOR, FORCE_COLOR and what the terminal can do. */
  readonly paint: Paint;
  readonly #stream: NodeJS.WriteStream;
  readonly #drawOver: ReturnType<typeof createLogUpdate>;
  #timer: NodeJS.Timeout | undefined;

  constructor(stream: NodeJS.WriteStream) {
    this.#stream = stream;
    this.isTerminal = stream.isTTY;
    this.#drawOver = createLogUpdate(stream);
    const isColoured = this.isTerminal && stream.hasColors();
    this.paint = (style, text) => (isColoured ? styleText(style, text) : text);
  }

  /** Prints a line that stays. */
  say(text: string): void {
    if (this.isTerminal) this.#drawOver.clear();
    this.#stream.write(`${text}\n`);
  }

  /** Prints what the live picture shows by itself, where there is none. */
  note(text: string): void {
    if (!this.isTerminal) this.say(text);
  }

  /** Draws `picture` again and again until `rest`; without a terminal it says `lines`, if any. */
  follow(picture: () => string, lines?: Lines): void {
    this.rest();
    if (this.isTerminal) this.#timer = setInterval(() => this.#drawOver(picture()), DRAW_EVERY_MS);
    else if (lines !== undefined) this.#timer = setInterval(() => this.say(lines.line()), lines.everyMs);
  }

  /** Stops drawing, wipes the picture, and gives the cursor back. */
  rest(): void {
    clearInterval(this.#timer);
    if (!this.isTerminal) return;
    this.#drawOver.clear();
    this.#drawOver.done();
  }
}

/** A bar of `columns` characters. Anything above 0 is seen, and only a share of 1 fills it. */
export function bar(share: number, columns: number): { readonly full: string; readonly empty: string } {
  const full = share <= 0 ? 0 : Math.min(columns, Math.max(1, Math.floor(share * columns)));
  return { full: '█'.repeat(full), empty: '░'.repeat(columns - full) };
}
