/** What is used of the package `ws`, which comes without types. */
declare module 'ws' {
  export class WebSocket {
    readonly readyState: number;
    constructor(url: string, protocols: readonly string[]);
    send(data: string | Uint8Array): void;
    close(code?: number, reason?: string): void;
    /** The upgrade was answered with something else. */
    on(
      type: 'unexpected-response',
      listener: (request: unknown, response: { readonly statusCode?: number; resume(): unknown }) => void,
    ): this;
    /** Ends the connection as the death of its process does. */
    terminate(): void;
    addEventListener(type: 'open' | 'message' | 'close' | 'error', listener: (event: object) => void): void;
  }

  export class WebSocketServer {
    constructor(options: {
      readonly server: object;
      handleProtocols?(protocols: ReadonlySet<string>): string | false;
    });
    on(type: 'connection', listener: (socket: WebSocket) => void): this;
    close(): void;
  }
}
