/** Timers by name: one that is set anew takes the place of the last of its name. */
import type { Environment } from './environment.ts';

export class Timers<Name extends string> {
  readonly #environment: Environment;
  readonly #keepAlive: boolean | undefined;
  readonly #cancels = new Map<Name, () => void>();

  /** With `keepAlive` a pending one keeps a Node process alive. */
  constructor(environment: Environment, keepAlive: boolean | undefined) {
    this.#environment = environment;
    this.#keepAlive = keepAlive;
  }

  set(name: Name, delayMs: number, run: () => void): void {
    this.cancel(name);
    const fire = () => {
      this.#cancels.delete(name);
      run();
    };
    this.#cancels.set(name, this.#environment.after(delayMs, fire, this.#keepAlive));
  }

  has(name: Name): boolean {
    return this.#cancels.has(name);
  }

  cancel(name: Name): void {
    this.#cancels.get(name)?.();
    this.#cancels.delete(name);
  }

  cancelAll(): void {
    for (const cancel of this.#cancels.values()) cancel();
    this.#cancels.clear();
  }
}
