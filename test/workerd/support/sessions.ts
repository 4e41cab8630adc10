/** Sessions as a server holds them through the Worker: tickets, upgrades, and what a socket was told. */
import { expect, vi } from 'vitest';
import { SESSION_PROTOCOL } from '../../../src/protocol/session.ts';
import { registerAnswer } from '../../../src/protocol/protocol.ts';
import { ask, environment } from './worker.ts';

/** The Worker that the helpers ask where no other is named. */
export const OPEN = environment({ WRITE_ACCESS: 'open', RATE_LIMIT: 'off' });
const ORIGIN = 'https://registry.example';
export const SERVER = { serverId: 'a', endpoint: 'wss://a.example', publicKey: 'key' };

export async function post(path: string, body: object, under = OPEN) {
  const answer = await ask(
    new Request(ORIGIN + path, {
      method: 'POST',
      headers: { 'Content-Type': 'application/json' },
      body: JSON.stringify(body),
    }),
    under,
  );
  return registerAnswer.partial().parse(await answer.json());
}

export async function ticketOf(more: object = {}, under = OPEN): Promise<string> {
  const { session } = await post('/servers', { ...SERVER, ...more }, under);
  if (session === undefined) throw new Error('no session was offered');
  return session.ticket;
}

/** What a session was told until now; `closed` is its close code. */
export class Session {
  readonly frames: unknown[] = [];
  closed: number | null = null;
  readonly socket: WebSocket;

  constructor(socket: WebSocket) {
    this.socket = socket;
    socket.addEventListener('message', ({ data }) => {
      const text = String(data);
      this.frames.push(text.startsWith('{') ? JSON.parse(text) : text);
    });
    socket.addEventListener('close', ({ code }) => {
      this.closed = code;
    });
    socket.accept();
  }

  async until(isTrue: () => boolean): Promise<void> {
    await vi.waitFor(() => expect(isTrue()).toBe(true), { interval: 5 });
  }

  async closeCode(): Promise<number | null> {
    await this.until(() => this.closed !== null);
    return this.closed;
  }
}

/** `more`: further headers. */
export async function upgrade(
  protocols: string,
  under = OPEN,
  more: Record<string, string> = {},
): Promise<Response> {
  const headers = { Upgrade: 'websocket', 'Sec-WebSocket-Protocol': protocols, ...more };
  return ask(new Request(`${ORIGIN}/servers/heartbeat`, { headers }), under);
}

export async function open(ticket: string, under = OPEN): Promise<Session> {
  const { webSocket } = await upgrade(`${SESSION_PROTOCOL}, ${ticket}`, under);
  if (webSocket === null) throw new Error('not upgraded');
  return new Session(webSocket);
}

export async function held(ticket: string, under = OPEN): Promise<Session> {
  const session = await open(ticket, under);
  await session.until(() => session.frames.length > 0);
  expect(session.frames).toEqual([
    { type: 'held', pingEveryMs: 30_000, lease: { ttlMs: 300_000, heartbeatEveryMs: 60_000 } },
  ]);
  return session;
}

export async function statusOf(serverId: string): Promise<unknown> {
  const answer = await ask(new Request(`${ORIGIN}/servers/${serverId}`), OPEN);
  return (await answer.json<{ status?: unknown }>()).status;
}
