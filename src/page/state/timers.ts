/** The page's timers, which stand still while nobody looks: a tab in the background asks the registry nothing. */
import type { Environment } from '../../client/client.ts';

interface Wait {
  readonly dueAt: number;
  readonly run: () => void;
  /** Whether it is the pause between two questions, which a reader may cut short; else it is a time-out. */
  readonly isPause: boolean;
  timer: ReturnType<typeof setTimeout> | undefined;
}

const LONGEST_MS = 2 ** 31 - 1;

/** Takes the place of the client's own clock and timers. */
export class PageTimers implements Environment {
  readonly #waits = new Set<Wait>();
  #isPaused = false;
  #stopped: () => void = () => undefined;

  nowMs(): number {
    return Date.now();
  }

  random(): number {
    return Math.random();
  }

  /** The client says by `keepsAlive` that it waits between two questions. */
  after(delayMs: number, run: () => void, keepsAlive = false): () => void {
    const wait: Wait = { dueAt: this.nowMs() + delayMs, run, isPause: keepsAlive, timer: undefined };
    this.#waits.add(wait);
    if (!this.#isPaused) this.#start(wait);
    return () => {
      this.#forget(wait);
    };
  }

  /** Resolves after `delayMs` of the time that the page is looked at. */
  async pause(delayMs: number): Promise<void> {
    await new Promise<void>((resolve) => this.after(delayMs, resolve, true));
  }

  /** Calls `stopped` whenever the timers stop. */
  onStop(stopped: () => void): void {
    this.#stopped = stopped;
  }

  /** Nothing is due any more, until `resume`. */
  stop(): void {
    if (this.#isPaused) return;
    this.#isPaused = true;
    for (const wait of this.#waits) clearTimeout(wait.timer);
    this.#stopped();
  }

  /** What fell due meanwhile happens now. */
  resume(): void {
    if (!this.#isPaused) return;
    this.#isPaused = false;
    for (const wait of this.#waits) this.#start(wait);
  }

  /** Ends every pause between two questions at once. */
  hurry(): void {
    for (const wait of this.#waits) if (wait.isPause) this.#ring(wait);
  }

  #start(wait: Wait): void {
    const delayMs = Math.min(LONGEST_MS, Math.max(0, wait.dueAt - this.nowMs()));
    wait.timer = setTimeout(() => {
      this.#ring(wait);
    }, delayMs);
  }

  #ring(wait: Wait): void {
    this.#forget(wait);
    wait.run();
  }

  #forget(wait: Wait): void {
    clearTimeout(wait.timer);
    this.#waits.delete(wait);
  }
}

/** Stops the timers while the tab is hidden, and hurries them when the browser is online again. */
export function followVisibility(timers: PageTimers): void {
  const look = () => {
    if (document.visibilityState === 'hidden') timers.stop();
    else timers.resume();
  };
  document.addEventListener('visibilitychange', look);
  addEventListener('online', () => {
    timers.hurry();
  });
  look();
}
