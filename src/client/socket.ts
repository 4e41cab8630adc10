/** What a session is held by: the ticket that opens it, the WebSocket, which class of them there is, where it connects to. */
import { isRecord } from './answers.ts';
import { unref, unreferencedSocket } from './unreferenced-socket.ts';

/** The part of a WebSocket that the client uses: browsers, Node 22, Workers and the package `ws` have it. */
export interface ClientSocket {
  send(text: string): void;
  close(code?: number, reason?: string): void;
  addEventListener(
    type: 'open' | 'message' | 'close' | 'error',
    listener: (event: { data?: unknown }) => void,
  ): void;
}

/** A class of WebSockets: the global one of browsers, Workers and Node 22, or that of the package `ws`. */
export type WebSocketClass = new (url: string, protocols: string[]) => ClientSocket;

/** Opens a socket. Throws where that can't even be tried, as from a page that came by https to a registry by http. */
export type OpenSocket = (url: string, protocols: string[], keepsAlive: boolean) => ClientSocket;

/** What a message says; undefined where it is none of text. */
export function textOf(event: object): string | undefined {
  return 'data' in event && typeof event.data === 'string' ? event.data : undefined;
}

/** The code and the reason of a close: 1006 where there is none, as where the connection broke. */
export function closeOf(event: object): { code: number; reason: string } {
  const { code, reason }: { code?: unknown; reason?: unknown } = event;
  return {
    code: typeof code === 'number' ? code : 1006,
    reason: typeof reason === 'string' ? reason : '',
  };
}

/** Where a session is held: the path of a heartbeat, under the base URL, by ws or wss. */
export function sessionUrl(baseUrl: string): string {
  return `${baseUrl.replace(/^http/, 'ws')}/servers/heartbeat`;
}

/** Opens sockets of a class that was handed in. */
export function openWith(socketClass: WebSocketClass): OpenSocket {
  return (url, protocols, keepsAlive) => {
    const socket = new socketClass(url, protocols);
    // The package `ws` keeps its connection there, once it has one.
    if (!keepsAlive)
      socket.addEventListener('message', () => {
        unref(Reflect.get(socket, '_socket'));
      });
    return socket;
  };
}

/** Opens sockets of the runtime's own class; undefined where there is none, as in Node 20. */
export function openGlobal(): OpenSocket | undefined {
  const socketClass = globalWebSocket();
  if (socketClass === undefined) return undefined;
  return (url, protocols, keepsAlive) => {
    const socket = keepsAlive ? undefined : unreferencedSocket(socketClass, url, protocols);
    return isSocket(socket) ? socket : new socketClass(url, protocols);
  };
}

/** The runtime's own class; undefined where there is none, as in Node 20. */
export function globalWebSocket(): WebSocketClass | undefined {
  // The types of some runtimes don't have it.
  const found: unknown = Reflect.get(globalThis, 'WebSocket');
  return isSocketClass(found) ? found : undefined;
}

function isSocketClass(value: unknown): value is WebSocketClass {
  return typeof value === 'function';
}

function isSocket(value: unknown): value is ClientSocket {
  return typeof value === 'object' && value !== null && 'addEventListener' in value;
}

const PROTOCOL = 'rollcall.session.1';

/** What a registry hands out so that a session can be opened: good once, for 30 s. */
export interface SessionOffer {
  readonly ticket: string;
  readonly protocol: typeof PROTOCOL;
}

/** What sessions are opened with, where they can be. */
export interface SessionAccess {
  readonly url: string;
  readonly open: OpenSocket;
  /** Requests are signed, which takes time that a page that closes does not have. */
  readonly isSigned: boolean;
}

/** The session that an answer offers; undefined where it offers none, or one of a protocol yet to come. */
export function offerIn(answer: object): SessionOffer | undefined {
  const offer: unknown = Reflect.get(answer, 'session');
  if (!isRecord(offer)) return undefined;
  const { ticket, protocol } = offer;
  if (protocol !== PROTOCOL || typeof ticket !== 'string') return undefined;
  return /^[\w.~-]{1,1024}$/.test(ticket) ? { ticket, protocol } : undefined;
}
