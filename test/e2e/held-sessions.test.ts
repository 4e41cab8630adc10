/** Bare sockets at a registry as it runs: pings and a close that come while it sleeps, and a crash. */
import { setTimeout as delay } from 'node:timers/promises';
import { WebSocket } from 'undici';
import { describe, expect, it } from 'vitest';
import { LocalRegistry } from '../../scripts/lib/registry/local-registry.ts';
import { RegistryClient } from '../../src/client/client.ts';

const SERVER = { serverId: 'a', endpoint: 'wss://a.example', publicKey: 'k' };

interface Session {
  readonly socket: WebSocket;
  readonly frames: string[];
  readonly closed: Promise<number>;
}

async function open(url: string, ticket: string): Promise<Session> {
  const socket = new WebSocket(`${url.replace('http', 'ws')}/servers/heartbeat`, [
    'rollcall.session.1',
    ticket,
  ]);
  const frames: string[] = [];
  const closed = new Promise<number>((resolve) => {
    socket.addEventListener('close', ({ code }) => resolve(code));
  });
  await new Promise<void>((resolve) => {
    socket.addEventListener('message', ({ data }) => {
      frames.push(String(data));
      resolve();
    });
    void closed.then(() => resolve());
  });
  return { socket, frames, closed };
}

async function register(url: string) {
  const { session, lease } = await new RegistryClient(url).register(SERVER);
  if (session === undefined) throw new Error('no session was offered');
  return { ...session, lease };
}

describe.concurrent('a session', () => {
  it('is pinged while the registry sleeps, and its close wakes it: the lease is suspect', async () => {
    const registry = await LocalRegistry.start({ vars: { SERVER_TTL_MS: 120_000 } });
    try {
      const client = new RegistryClient(registry.url);
      const { ticket, lease, pingEveryMs } = await register(registry.url);
      const { loads } = await client.stats();
      const session = await open(registry.url, ticket);
      expect(session.frames).toEqual([JSON.stringify({ type: 'held', pingEveryMs, lease })]);
      for (let second = 0; second < 13; second += 1) {
        session.socket.send('ping');
        await delay(1000);
      }
      expect(session.frames.slice(1)).toEqual(Array.from({ length: 13 }, () => 'pong'));
      // Nothing woke it since the frame `held`.
      session.socket.close();
      await session.closed;
      const { server, status } = await client.get('a');
      expect(status).toBe('suspect');
      expect(Date.now() - server.lastSeen).toBeLessThan(3000);
      expect((await client.list()).servers).toHaveLength(1);
      expect((await client.stats()).loads).toBe(loads + 1);
    } finally {
      await registry.end();
    }
  }, 90_000);

  it('holds a lease for three TTLs without readers, and for one more after a crash', async () => {
    const ttlMs = 6000;
    const registry = await LocalRegistry.start({ vars: { SERVER_TTL_MS: ttlMs } });
    try {
      const { ticket, pingEveryMs } = await register(registry.url);
      const session = await open(registry.url, ticket);
      for (let waitedMs = 0; waitedMs < 3 * ttlMs; waitedMs += pingEveryMs) {
        await delay(pingEveryMs);
        session.socket.send('ping');
      }
      await registry.kill();
      await session.closed;
      const client = new RegistryClient(registry.url);
      registry.spawn();
      const { servers } = await registry.up(() => client.list());
      expect(servers).toHaveLength(1);
      await delay(ttlMs + 500);
      expect((await client.list()).servers).toHaveLength(0);
    } finally {
      await registry.end();
    }
  }, 90_000);
});
