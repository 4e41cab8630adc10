/**
 * The host of many servers that hold sessions: a process of its own, so that what asks for lists meanwhile doesn't share its
 * thread, and so that it can be killed. Then the system closes all its sockets at once.
 */
import { fork, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import { registerAnswer } from '../../src/protocol/protocol.ts';
import type { HttpTarget } from './http.ts';
import { mapAll } from './raw-sockets.ts';
import { entryAt } from './worker/contract.ts';

const PROGRAM = fileURLToPath(new URL('session-host-process.ts', import.meta.url));

/** What the process is told to do; it answers each with `done`, or with what went wrong. */
export type Order =
  | { readonly do: 'open'; readonly url: string; readonly tickets: readonly string[] }
  | { readonly do: 'ping'; readonly times: number };

export class SessionHost {
  readonly #target: HttpTarget;
  #child: ChildProcess | undefined;
  #ended: Promise<string> | undefined;

  constructor(target: HttpTarget) {
    this.#target = target;
  }

  /** Registers the servers 0 to `count - 1`, and resolves with a ticket for each. */
  register(count: number): Promise<readonly string[]> {
    return mapAll(count, async (index) => {
      const answer = await this.#target.post('/servers', entryAt(index));
      const { session } = registerAnswer.parse(JSON.parse(answer));
      if (session === undefined) throw new Error(`server ${index} was offered no session`);
      return session.ticket;
    });
  }

  /** Starts the process, so that starting it is no part of what is timed. */
  async start(): Promise<void> {
    if (this.#child !== undefined) return;
    const child = fork(PROGRAM, { execArgv: process.execArgv });
    this.#child = child;
    this.#ended = once(child, 'exit').then(() => 'the process ended');
    await once(child, 'message');
  }

  /** Opens a session by each ticket; resolves when the registry has said of all that they hold. */
  async open(tickets: readonly string[]): Promise<void> {
    await this.start();
    await this.#order({ do: 'open', url: this.#target.url.href, tickets });
  }

  /** Each pings so often, all together each time; resolves when all are answered. */
  ping(times = 1): Promise<void> {
    return this.#order({ do: 'ping', times });
  }

  /** Kills the process; resolves when it is gone. */
  async die(): Promise<void> {
    const child = this.#child;
    this.#child = undefined;
    if (child === undefined) return;
    const gone = once(child, 'exit');
    child.kill('SIGKILL');
    await gone;
  }

  async #order(order: Order): Promise<void> {
    const child = this.#child;
    if (child === undefined) throw new Error('the host of the sessions does not run');
    const answered = Promise.race([
      once(child, 'message').then(([answer]: unknown[]) => answer),
      this.#ended,
    ]);
    child.send(order);
    const answer = await answered;
    if (answer !== 'done') throw new Error(`the host of the sessions: ${String(answer)}`);
  }
}
