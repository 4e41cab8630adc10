/** Where the demo draws: over itself in a terminal, line by line anywhere else. */
import { createLogUpdate } from 'log-update';
import type { Plan } from './plan.ts';
import { coloured, heading, line, LINE_LEGEND, picture, plain, summary, type Paint } from './picture.ts';
import type { Finding } from './verdict.ts';
import type { Watch } from './watch.ts';

const DRAW_EVERY_MS = 100;
const LINE_EVERY_MS = 1000;

/** The output of one run. */
export class Screen {
  readonly #plan: Plan;
  readonly #isTerminal = process.stdout.isTTY;
  readonly #paint: Paint;
  readonly #drawOver = createLogUpdate(process.stdout);
  #timer: NodeJS.Timeout | undefined;

  constructor(plan: Plan) {
    this.#plan = plan;
    // hasColors knows NO_COLOR, FORCE_COLOR and what the terminal can do.
    this.#paint = this.#isTerminal && process.stdout.hasColors() ? coloured : plain;
  }

  /** Prints what stays. */
  say(text: string): void {
    process.stdout.write(`${text}\n`);
  }

  /** Prints what is about to happen. */
  announce(): void {
    this.say(heading(this.#plan, this.#paint));
    this.note(LINE_LEGEND);
  }

  /** Prints what the live picture shows by itself, where there is none. */
  note(text: string): void {
    if (!this.#isTerminal) this.say(text);
  }

  /** Shows what `watch` sees, from now until `rest`. */
  follow(watch: Watch): void {
    const startedAtMs = performance.now();
    const elapsedMs = () => performance.now() - startedAtMs;
    this.#timer = this.#isTerminal
      ? setInterval(() => {
          this.#drawOver(picture(this.#plan, watch, elapsedMs(), this.#paint));
        }, DRAW_EVERY_MS)
      : setInterval(() => {
          this.say(line(watch, elapsedMs()));
        }, LINE_EVERY_MS);
  }

  /** Stops showing; what was last drawn is wiped, and the cursor given back. */
  rest(): void {
    clearInterval(this.#timer);
    if (!this.#isTerminal) return;
    this.#drawOver.clear();
    this.#drawOver.done();
  }

  /** Prints what came out. */
  conclude(watch: Watch, findings: readonly Finding[]): void {
    this.say(summary(this.#plan, watch, findings, this.#paint));
  }
}
