/** The page's open ways to the registry, so that a tab in the background keeps none: it costs the registry a place. */
import type { WebSocketClass } from '../../client/client.ts';

/** WebSockets, and event streams where those are not to be had. */
export class PageSockets {
  readonly #sockets = new Set<WebSocket>();
  #streams = new AbortController();
  /** Made in place of the browser's own. */
  readonly WebSocket: WebSocketClass;

  /** Calls `heard` with everything that comes over a socket. */
  constructor(heard: () => void) {
    const sockets = this.#sockets;
    this.WebSocket = class extends WebSocket {
      constructor(url: string) {
        super(url);
        sockets.add(this);
        this.addEventListener('message', heard);
        this.addEventListener('close', () => {
          sockets.delete(this);
        });
      }
    };
  }

  /** What ends a request: for an event stream, `closeAll` as well. Undefined where it is what it was. */
  signalFor({ headers, signal }: RequestInit): AbortSignal | undefined {
    if (new Headers(headers).get('Accept') !== 'text/event-stream') return undefined;
    return signal ? AbortSignal.any([signal, this.#streams.signal]) : this.#streams.signal;
  }

  /** Ends all that is open. */
  closeAll(): void {
    for (const socket of this.#sockets) socket.close(1000);
    this.#streams.abort();
    this.#streams = new AbortController();
  }
}
