/** A wait that can be ended early. */
import type { Environment } from './environment.ts';

export class Pause {
  readonly #environment: Environment;
  readonly #keepAlive: boolean | undefined;
  #wake: (() => void) | undefined;

  /** With `keepAlive` the wait keeps a Node process alive. */
  constructor(environment: Environment, keepAlive: boolean | undefined) {
    this.#environment = environment;
    this.#keepAlive = keepAlive;
  }

  /** Resolves after `delayMs`, or when it is ended. */
  for(delayMs: number): Promise<void> {
    return new Promise((resolve) => {
      const cancel = this.#environment.after(delayMs, resolve, this.#keepAlive);
      this.#wake = () => {
        cancel();
        resolve();
      };
    });
  }

  /** Ends the wait, if there is one. */
  end(): void {
    this.#wake?.();
  }
}
