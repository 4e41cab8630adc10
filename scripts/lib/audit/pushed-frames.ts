/** Every frame that the registry pushes to a client, by either way, as it crosses the wire: none skips or repeats a change. */
import { WebSocket } from 'ws';
import { isRecord } from '../../../src/client/answers.ts';
import type { WebSocketClass } from '../../../src/client/client.ts';
import { textOf } from '../../../src/client/socket.ts';

export class PushedFrames {
  /** Frames that told a change. */
  changes = 0;
  readonly #wrong: (what: string) => void;

  /** `wrong` is told of each frame that does not begin where the one before it ended. */
  constructor(wrong: (what: string) => void) {
    this.#wrong = wrong;
  }

  /** A class of sockets that are listened to. */
  get socketClass(): WebSocketClass {
    const opened = (url: string) => this.#connection(url);
    return class extends WebSocket {
      constructor(url: string, protocols: string[]) {
        super(url, protocols);
        const frame = opened(url);
        this.addEventListener('message', (event) => {
          frame(textOf(event) ?? '');
        });
      }
    };
  }

  /** A `fetch` whose event streams are listened to. A client that is given one, and no WebSocket, takes those. */
  readonly fetch = async (url: string, init: RequestInit): Promise<Response> => {
    const response = await fetch(url, init);
    if (response.body === null || response.headers.get('Content-Type') !== 'text/event-stream')
      return response;
    const frame = this.#connection(url);
    const decoder = new TextDecoder();
    let rest = '';
    const listened = new TransformStream<Uint8Array, Uint8Array>({
      transform(chunk, controller) {
        const lines = (rest + decoder.decode(chunk, { stream: true })).split('\n');
        rest = lines.pop() ?? '';
        for (const line of lines) if (line.startsWith('data: ')) frame(line.slice('data: '.length));
        controller.enqueue(chunk);
      },
    });
    return new Response(response.body.pipeThrough(listened), response);
  };

  /** Gives what takes the frames of one connection, which begins at the `since` of its address. */
  #connection(url: string): (text: string) => void {
    let at = new URL(url).searchParams.get('since');
    return (text) => {
      if (text === 'pong') return;
      const frame: unknown = JSON.parse(text);
      // A `resync` says to ask anew, and a `check` whether who follows reads: neither tells a change.
      if (!isRecord(frame) || frame['type'] === 'resync' || frame['type'] === 'check') return;
      this.changes += 1;
      const { since, revision, full } = frame;
      if (full !== true && since !== at) {
        this.#wrong(
          `a frame goes from ${String(since)} to ${String(revision)}, but the one before ended at ${at}`,
        );
      }
      at = String(revision);
    };
  }
}
