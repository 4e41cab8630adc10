/** Changes over a WebSocket: the registry's own, which costs it least. */
import type { Line, Listener, Transport } from './push.ts';
import type { ClientSocket, WebSocketClass } from './socket.ts';

/** `baseUrl` is that of the registry, http or https. */
export function socketTransport(baseUrl: string, WebSocket: WebSocketClass): Transport {
  return {
    open(since, listener) {
      try {
        return opened(new WebSocket(urlOf(baseUrl, since), []), listener);
      } catch {
        // A policy of the page may forbid it: that is the end of this way, behind the turn that opened it.
        void Promise.resolve().then(listener.onEnd);
        return { close: () => undefined };
      }
    },
  };
}

function opened(socket: ClientSocket, listener: Listener): Line {
  let isOpen = false;
  socket.addEventListener('open', () => {
    isOpen = true;
    listener.onOpen();
  });
  socket.addEventListener('message', ({ data }) => {
    if (data === 'pong') listener.onAlive();
    else if (typeof data === 'string') listener.onFrame(data);
    else listener.onEnd();
  });
  socket.addEventListener('close', () => {
    isOpen = false;
    listener.onEnd();
  });
  socket.addEventListener('error', listener.onEnd);
  return {
    send(text) {
      if (isOpen) socket.send(text);
    },
    close() {
      socket.close(1000);
    },
  };
}

function urlOf(baseUrl: string, since: string): string {
  return `${baseUrl.replace(/^http/, 'ws')}/servers?since=${encodeURIComponent(since)}`;
}
