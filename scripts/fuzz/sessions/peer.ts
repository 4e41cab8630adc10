/** One end of a session that says whatever it is told to, and remembers all that it hears. */
import { setTimeout as delay } from 'node:timers/promises';
import { WebSocket } from 'ws';
import { closeOf, textOf } from '../../../src/client/socket.ts';
import { FuzzFailure } from '../failure.ts';

/** How an upgrade, or what came of it, ended. */
export interface End {
  /** The close code; 0 where the upgrade was refused by HTTP. */
  readonly code: number;
  readonly reason: string;
  /** The status of the refusal, where it was one. */
  readonly status: number | undefined;
}

const WITHIN_MS = 5000;
const POLL_EVERY_MS = 2;
const CLOSING = 2;

export class Peer {
  readonly heard: string[] = [];
  end: End | undefined;
  readonly #socket: WebSocket;

  /** Asks for an upgrade with these subprotocols, the ticket among them. */
  constructor(url: URL, protocols: readonly string[]) {
    const socket = new WebSocket(
      `${url.origin.replace(/^http/, 'ws')}/servers/heartbeat`,
      protocols.length === 0 ? [] : protocols,
    );
    this.#socket = socket;
    socket.addEventListener('message', (event) => {
      this.heard.push(textOf(event) ?? '(binary)');
    });
    socket.addEventListener('close', (event) => {
      this.end ??= { ...closeOf(event), status: undefined };
    });
    socket.addEventListener('error', () => undefined);
    socket.on('unexpected-response', (_request, response) => {
      response.resume();
      this.end ??= { code: 0, reason: '', status: response.statusCode };
      socket.terminate();
    });
  }

  send(data: string | Uint8Array): void {
    // What is over when it is to be said is not said: the registry was quicker.
    if (this.#socket.readyState === 1) this.#socket.send(data);
  }

  close(code?: number): void {
    this.#socket.close(code);
  }

  /** Dies without a word. */
  die(): void {
    this.#socket.terminate();
  }

  /** Resolves when something was heard that matches, the `count`th of its kind; rejects where it was not in time. */
  async hears(pattern: RegExp, what: string, count = 1): Promise<void> {
    const isHeard = () => this.heard.filter((text) => pattern.test(text)).length >= count;
    await this.#until(isHeard, () => `${what}: ${String(pattern)} was never heard`);
  }

  /** Resolves when it is over, with how; rejects where it is not in time, or ended otherwise. */
  async ends(codes: readonly number[], what: string): Promise<End> {
    const isOver = () => {
      // The close frame is here at once, but a runtime that closes a session for the sake of another one ends the
      // connection, and with it the event comes, only when the object sleeps.
      const code: unknown = Reflect.get(this.#socket, '_closeCode');
      if (this.#socket.readyState === CLOSING && typeof code === 'number') {
        this.end ??= { code, reason: '', status: undefined };
      }
      return this.end !== undefined;
    };
    await this.#until(isOver, () => `${what}: it was never closed`);
    const end = this.end ?? { code: 0, reason: '', status: undefined };
    if (!codes.includes(end.code)) {
      throw new FuzzFailure(`${what}: closed with ${JSON.stringify(end)}, not with ${codes.join(' or ')}`);
    }
    return end;
  }

  async #until(isTrue: () => boolean, failed: () => string): Promise<void> {
    const untilMs = performance.now() + WITHIN_MS;
    while (!isTrue()) {
      if (performance.now() > untilMs) {
        const heard = this.heard.map((text) => text.slice(0, 120));
        throw new FuzzFailure(
          `${failed()}; heard ${JSON.stringify(heard)}, ended ${JSON.stringify(this.end)}`,
        );
      }
      await delay(POLL_EVERY_MS);
    }
  }
}
