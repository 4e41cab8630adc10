/**
 * Sessions against the registry as users run it: it sleeps, is killed, and meets peers that stand still. By the client,
 * by the command, and by bare sockets where what crosses the wire counts.
 */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { WebSocket } from 'ws';
import { RegistryClient, type Heartbeat, type HeartbeatDetails } from '../../src/client/client.ts';
import { realEnvironment } from '../../src/client/environment.ts';
import { textOf } from '../../src/client/socket.ts';
import { buildAll, eventually, rollcall, startRegistry, type Running } from './support/command.ts';
import { registrationOf } from './support/started.ts';

const scratch = mkdtempSync(join(tmpdir(), 'rollcall-sessions-'));
const running: Running[] = [];

afterAll(async () => {
  await Promise.all(running.map((one) => one.kill()));
  rmSync(scratch, { recursive: true, force: true, maxRetries: 5 });
});

const terms = (ttlMs: number) => ['--var', `SERVER_TTL_MS:${ttlMs}`, 'SWEEP_INTERVAL_MS:1000'];
/** A ping every 4 s, and a lease of 10 s from each. */
const SHORT = terms(12_000);
/** A ping every 16 s; what else is to be done leaves the object time to fall asleep. */
const SLEEPY = terms(48_000);
/** Longer than a ping, and than the runtime keeps an idle object. */
const QUIET_MS = 17_500;

/** For those that need no registry of their own. */
let short: Awaited<ReturnType<typeof start>>;

beforeAll(async () => {
  await buildAll();
  short = await start('short', SHORT);
});

async function start(name: string, args: readonly string[], port?: number) {
  const started = await startRegistry(join(scratch, name), args, port);
  running.push(started.running);
  return { ...started, client: new RegistryClient(started.url) };
}

function announce(url: string, id: string): Running {
  const one = rollcall(['announce', '--url', url, '--id', id, '--endpoint', `wss://${id}.example`, '--json']);
  running.push(one);
  return one;
}

interface Holding {
  readonly heartbeat: Heartbeat;
  readonly held: HeartbeatDetails['held'][];
  readonly losses: HeartbeatDetails['fellBack'][];
  readonly events: string[];
}

/** A server that holds a session. */
async function hold(url: string, serverId: string): Promise<Holding> {
  // Early in every range that chance decides over.
  const environment = { ...realEnvironment, random: () => 0.1 };
  const client = new RegistryClient(url, { WebSocket, environment });
  const heartbeat = client.startHeartbeat(registrationOf(serverId));
  const held: HeartbeatDetails['held'][] = [];
  const losses: HeartbeatDetails['fellBack'][] = [];
  const events: string[] = [];
  for (const name of ['registered', 'held', 'fellBack', 'failed', 'replaced'] as const) {
    heartbeat.addEventListener(name, () => events.push(name));
  }
  heartbeat.addEventListener('held', ({ detail }) => held.push(detail));
  heartbeat.addEventListener('fellBack', ({ detail }) => losses.push(detail));
  await eventually(async () => held.length > 0);
  return { heartbeat, held, losses, events };
}

/** A session of which every frame is kept, and nothing is sent by itself. */
interface Bare {
  readonly socket: WebSocket;
  readonly frames: string[];
  readonly closed: Promise<void>;
}

async function openBare(url: string, ticket: string): Promise<Bare> {
  const protocols = ['rollcall.session.1', ticket];
  const socket = new WebSocket(`${url.replace('http', 'ws')}/servers/heartbeat`, protocols);
  const frames: string[] = [];
  socket.addEventListener('message', (event) => frames.push(textOf(event) ?? ''));
  const closed = new Promise<void>((resolve) => {
    socket.addEventListener('close', () => {
      resolve();
    });
  });
  await eventually(async () => frames.length > 0);
  return { socket, frames, closed };
}

/** Registers a server, and gives the session that it is offered. */
async function offer(client: RegistryClient, serverId: string) {
  const { session, lease } = await client.register(registrationOf(serverId));
  if (session === undefined) throw new Error('no session was offered');
  return { ...session, lease };
}

async function isListed(client: RegistryClient, serverId: string): Promise<boolean> {
  return (await client.list()).servers.some((server) => server.serverId === serverId);
}

describe.concurrent('a session', () => {
  it('holds the lease while the object sleeps, and over a SIGKILL of the registry, which is followed by another', async () => {
    const first = await start('a', SLEEPY);
    const { heartbeat, held, losses, events } = await hold(first.url, 'a');
    expect(held[0]?.pingEveryMs).toBe(16_000);
    const { loads, heartbeats } = await first.client.stats();
    await delay(QUIET_MS);
    expect(await isListed(first.client, 'a')).toBe(true);
    const after = await first.client.stats();
    expect(after.heartbeats).toBe(heartbeats);
    expect(after.loads).toBeGreaterThan(loads);
    expect(losses).toEqual([]);

    await first.running.kill();
    await start('a', SLEEPY, first.port);
    expect(await isListed(first.client, 'a')).toBe(true);
    await eventually(async () => held.length === 2, 30_000);
    expect(await isListed(first.client, 'a')).toBe(true);
    expect(events.filter((name) => name === 'registered')).toHaveLength(1);
    await heartbeat.stop({ deregister: true });
    expect(await isListed(first.client, 'a')).toBe(false);
  });

  it('whose process is killed leaves the list long before a lease would end', async () => {
    const { url, client } = await start('b', terms(300_000));
    const one = announce(url, 'b');
    await one.printed(/"event":"held"/);
    await one.kill();
    await delay(1000);
    expect(await isListed(client, 'b')).toBe(true);
    expect(await client.get('b')).toMatchObject({ status: 'suspect' });
    await eventually(async () => !(await isListed(client, 'b')), 16_000);
  });

  it('whose process stands still is over after its pings, and comes back when it goes on', async () => {
    const { url, client } = short;
    const one = announce(url, 'c');
    await one.printed(/"event":"held"/);
    one.signal('SIGSTOP');
    await eventually(async () => !(await isListed(client, 'c')), 20_000);
    one.signal('SIGCONT');
    await eventually(() => isListed(client, 'c'), 10_000);
  });

  it('is lost to the host that came last, and not opened again', async () => {
    const { url, client } = short;
    const first = await hold(url, 'd');
    const second = await hold(url, 'd');
    await eventually(async () => first.events.includes('replaced'));
    expect(second.events).toEqual(['registered', 'held']);
    await second.heartbeat.stop({ deregister: true });
    expect(await isListed(client, 'd')).toBe(false);
  });

  it('brings metadata, and outlives what the registry refuses of it', async () => {
    const { url, client } = short;
    const { heartbeat, losses, events } = await hold(url, 'e');
    heartbeat.setMetadata({ text: 'x'.repeat(3000) });
    await eventually(async () => events.includes('failed'));
    heartbeat.setMetadata({ players: 7 });
    await eventually(async () => (await client.get('e')).server.metadata?.['players'] === 7, 15_000);
    expect(losses).toEqual([]);
    await heartbeat.stop();
  });

  it('is pinged while the registry sleeps, and its close wakes it: the lease is suspect', async () => {
    const { url, client } = await start('f', terms(120_000));
    const { ticket, lease, pingEveryMs } = await offer(client, 'f');
    const { loads } = await client.stats();
    const { socket, frames, closed } = await openBare(url, ticket);
    expect(frames).toEqual([JSON.stringify({ type: 'held', pingEveryMs, lease })]);
    for (let second = 0; second < 13; second += 1) {
      socket.send('ping');
      await delay(1000);
    }
    expect(frames.slice(1)).toEqual(Array.from({ length: 13 }, () => 'pong'));
    // Nothing woke it since the frame `held`.
    socket.close();
    await closed;
    const { server, status } = await client.get('f');
    expect(status).toBe('suspect');
    expect(Date.now() - server.lastSeen).toBeLessThan(3000);
    expect(await isListed(client, 'f')).toBe(true);
    expect((await client.stats()).loads).toBe(loads + 1);
  });

  it('holds a lease for three TTLs without readers, and for one more after a crash', async () => {
    const ttlMs = 4500;
    const first = await start('g', terms(ttlMs));
    const { ticket, pingEveryMs } = await offer(first.client, 'g');
    const { socket, closed } = await openBare(first.url, ticket);
    for (let waitedMs = 0; waitedMs < 3 * ttlMs; waitedMs += pingEveryMs) {
      await delay(pingEveryMs);
      socket.send('ping');
    }
    await first.running.kill();
    await closed;
    await start('g', terms(ttlMs), first.port);
    expect(await isListed(first.client, 'g')).toBe(true);
    await delay(ttlMs + 500);
    expect(await isListed(first.client, 'g')).toBe(false);
  });
});
