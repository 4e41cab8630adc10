/** A server that is started and watched over: `rollcall announce … -- COMMAND`. */
import { spawn, type ChildProcess } from 'node:child_process';
import { constants } from 'node:os';
import { CommandError, EXIT } from '../exit-codes.ts';

/** A command that doesn't end for so long after a signal is killed, in milliseconds. */
export const KILLED_AFTER_MS = 10_000;

export class Child {
  /** Resolves with the exit code, as a shell would give it, when it has ended. */
  readonly ended: Promise<number>;
  readonly #process: ChildProcess;
  #isOver = false;

  private constructor(process: ChildProcess) {
    this.#process = process;
    this.ended = new Promise((resolve) => {
      process.once('exit', (code, signal) => {
        this.#isOver = true;
        resolve(code ?? 128 + (signal === null ? 0 : constants.signals[signal]));
      });
    });
  }

  /** Starts it with this process's own input and output; rejects with a `CommandError` where it can't be started. */
  static async start([command = '', ...args]: readonly string[]): Promise<Child> {
    const process = spawn(command, args, { stdio: 'inherit' });
    const child = new Child(process);
    await new Promise<void>((resolve, reject) => {
      process.once('spawn', resolve);
      process.once('error', (error) => {
        reject(
          new CommandError(
            `${JSON.stringify(command)} can't be started: ${error.message}.`,
            EXIT.unusable,
            error,
          ),
        );
      });
    });
    return child;
  }

  get pid(): number | undefined {
    return this.#process.pid;
  }

  get isOver(): boolean {
    return this.#isOver;
  }

  /**
   * Passes a signal on, and kills the command where it doesn't end within `killAfterMs`. Resolves with its exit code.
   * Ctrl-C in a terminal has reached the command already: a second one would cut its orderly end short.
   */
  async end(signal: NodeJS.Signals, killAfterMs: number): Promise<number> {
    if (!this.#isOver && !(signal === 'SIGINT' && process.stdin.isTTY)) this.#process.kill(signal);
    const timer = setTimeout(() => {
      this.#process.kill('SIGKILL');
    }, killAfterMs);
    const code = await this.ended;
    clearTimeout(timer);
    return code;
  }
}
