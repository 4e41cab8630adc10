/** The clock, the timers and the randomness the client runs on, replaceable as one record. */
import { LONGEST_DELAY_MS } from './pacing.ts';

/** Everything the client takes from its surroundings beside `fetch`. Tests hand in their own. */
export interface Environment {
  /** Epoch milliseconds. */
  nowMs(): number;
  /**
   * Runs `run` once, `delayMs` from now, unless the function it returns is called first. Where the runtime knows such
   * a thing, only a wait that `keepsAlive` keeps the process alive.
   */
  after(delayMs: number, run: () => void, keepsAlive?: boolean): () => void;
  /** A number from 0 up to but not including 1. */
  random(): number;
}

function isNodeTimer(timer: unknown): timer is { unref(): void } {
  return typeof timer === 'object' && timer !== null && 'unref' in timer && typeof timer.unref === 'function';
}

/**
 * The real surroundings. In Node the timers of a heartbeat do not keep the process alive, unless its owner asks for
 * that: it says that its server runs, and must never be the only reason that it still does. A request in flight does
 * keep it alive.
 */
export const realEnvironment: Environment = {
  nowMs: () => Date.now(),
  after(delayMs, run, keepsAlive = false) {
    const timer = setTimeout(run, Math.min(delayMs, LONGEST_DELAY_MS));
    if (!keepsAlive && isNodeTimer(timer)) timer.unref();
    return () => {
      clearTimeout(timer);
    };
  },
  random: () => Math.random(),
};
