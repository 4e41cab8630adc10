/** Sessions that enter every ping and every word of theirs in the ledger, and that can be cut as a crash does it. */
import { WebSocket } from 'ws';
import type { WebSocketClass } from '../../../src/client/client.ts';
import { textOf } from '../../../src/client/socket.ts';
import type { Sent } from './history.ts';
import type { Ledger } from './ledger.ts';

/** Whose ticket a session is opened with. */
export class RecordedSessions {
  readonly #ledger: Ledger;
  readonly #holders = new Map<string, string>();
  readonly #open = new Set<WebSocket>();

  constructor(ledger: Ledger) {
    this.#ledger = ledger;
  }

  /** The class of sockets for a client. */
  get socketClass(): WebSocketClass {
    const opened = (socket: WebSocket, ticket: string) => {
      this.#record(socket, ticket);
    };
    return class extends WebSocket {
      constructor(url: string, protocols: string[]) {
        super(url, protocols);
        opened(this, protocols[1] ?? '');
      }
    };
  }

  /** An answer for this server was taken; it may have a ticket. */
  answered(serverId: string, answer: object): void {
    const offer: unknown = Reflect.get(answer, 'session');
    if (typeof offer !== 'object' || offer === null || !('ticket' in offer)) return;
    if (typeof offer.ticket === 'string') this.#holders.set(offer.ticket, serverId);
  }

  /** Ends every session as the death of the process does: no word, no close frame. */
  cut(): void {
    for (const socket of this.#open) socket.terminate();
  }

  #record(socket: WebSocket, ticket: string): void {
    const ledger = this.#ledger;
    const serverId = this.#holders.get(ticket);
    this.#holders.delete(ticket);
    if (serverId === undefined) return;
    this.#open.add(socket);
    const session = ledger.sessions.opening(serverId, Date.now());
    /** What has yet to be answered, in the order of its sending. */
    const pending: Record<'open' | 'ping' | 'metadata', Sent[]> = {
      open: [ledger.sent(serverId, { kind: 'heartbeat', metadata: undefined }, Date.now())],
      ping: [],
      metadata: [],
    };
    const answered = (kind: keyof typeof pending) => {
      const sent = pending[kind].shift();
      if (sent !== undefined) ledger.acknowledge(sent, Date.now());
    };
    const send = socket.send.bind(socket);
    socket.send = (data) => {
      const metadata = metadataIn(data);
      const kind = data === 'ping' ? 'ping' : 'metadata';
      if (data === 'ping' || metadata !== undefined) {
        pending[kind].push(ledger.sent(serverId, { kind: 'heartbeat', metadata }, Date.now()));
      }
      send(data);
    };
    socket.addEventListener('message', (event) => {
      if (!this.#open.has(socket)) return;
      const text = textOf(event) ?? '';
      if (text === 'pong') answered('ping');
      else if (text.includes('"type":"held"')) {
        answered('open');
        session.held(pingEveryMs(text), Date.now());
      } else if (text.includes('"of":"metadata"')) answered('metadata');
    });
    const ended = () => {
      if (!this.#open.delete(socket)) return;
      for (const sent of Object.values(pending).flat()) ledger.fail(sent, Date.now());
      session.ended(Date.now());
    };
    // The registry may know of an end before the event of it comes here: on a busy machine 20 ms were seen.
    const close = socket.close.bind(socket);
    socket.close = (code, reason) => {
      ended();
      close(code, reason);
    };
    const terminate = socket.terminate.bind(socket);
    socket.terminate = () => {
      ended();
      terminate();
    };
    socket.addEventListener('error', ended);
    socket.addEventListener('close', ended);
  }
}

function pingEveryMs(text: string): number {
  const frame: unknown = JSON.parse(text);
  if (typeof frame !== 'object' || frame === null || !('pingEveryMs' in frame)) return Number.NaN;
  return Number(frame.pingEveryMs);
}

/** The metadata that a frame brings, as JSON text. */
function metadataIn(data: string | Uint8Array): string | undefined {
  if (typeof data !== 'string' || !data.startsWith('{"type":"metadata"')) return undefined;
  const frame: unknown = JSON.parse(data);
  return typeof frame === 'object' && frame !== null && 'metadata' in frame
    ? JSON.stringify(frame.metadata)
    : undefined;
}
