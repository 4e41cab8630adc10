/** Sessions against the registry as users run it: it sleeps, is killed, and meets peers that stand still. */
import { setTimeout as delay } from 'node:timers/promises';
import { describe, expect, it } from 'vitest';
import { WebSocket } from 'ws';
import { RegistryClient, type Heartbeat, type HeartbeatDetails } from '../../src/client/client.ts';
import { eventually, rollcall, startRegistry } from './support/command.ts';
import { newFolder, registrationOf, running, start, useStarted } from './support/started.ts';

useStarted();

/** A ping every 4 s at most, and a lease of 10 s from each. */
const TERMS = ['--var', 'SERVER_TTL_MS:12000', 'HEARTBEAT_INTERVAL_MS:4000', 'SWEEP_INTERVAL_MS:1000'];
/** The runtime drops the object 10 s after its last call. */
const ASLEEP_AFTER_MS = 11_500;

interface Holding {
  readonly heartbeat: Heartbeat;
  readonly held: HeartbeatDetails['held'][];
  readonly losses: HeartbeatDetails['fellBack'][];
  readonly events: string[];
}

/** A server that holds a session. */
async function hold(url: string, serverId: string): Promise<Holding> {
  const heartbeat = new RegistryClient(url, { WebSocket }).startHeartbeat(registrationOf(serverId));
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

async function isListed(client: RegistryClient, serverId: string): Promise<boolean> {
  return (await client.list()).servers.some((server) => server.serverId === serverId);
}

describe('a session', () => {
  it('holds the lease while the object sleeps, and over a SIGKILL of the registry, which is followed by another', async () => {
    const folder = newFolder();
    const first = await start(folder, TERMS);
    const { heartbeat, held, losses, events } = await hold(first.url, 'a');
    expect(held[0]?.pingEveryMs).toBeLessThanOrEqual(4000);
    const { loads, heartbeats } = await first.client.stats();
    await delay(ASLEEP_AFTER_MS + 1000);
    expect(await isListed(first.client, 'a')).toBe(true);
    const after = await first.client.stats();
    expect(after.heartbeats).toBe(heartbeats);
    expect(after.loads).toBe(loads + 1);
    expect(losses).toEqual([]);

    await first.running.kill();
    const again = await startRegistry(folder, TERMS, first.port);
    running.push(again.running);
    expect(await isListed(first.client, 'a')).toBe(true);
    await eventually(async () => held.length === 2, 40_000);
    expect(await isListed(first.client, 'a')).toBe(true);
    expect(events.filter((name) => name === 'registered')).toHaveLength(1);
    await heartbeat.stop({ deregister: true });
    expect(await isListed(first.client, 'a')).toBe(false);
  });

  it('whose process is killed leaves the list long before a lease would end', async () => {
    const long = ['--var', 'SERVER_TTL_MS:300000', 'HEARTBEAT_INTERVAL_MS:60000'];
    const { url, client } = await start(newFolder(), long);
    const one = rollcall(['announce', '--url', url, '--id', 'b', '--endpoint', 'wss://b.example', '--json']);
    running.push(one);
    await one.printed(/"event":"held"/);
    await one.kill();
    await delay(1000);
    expect(await isListed(client, 'b')).toBe(true);
    expect(await client.get('b')).toMatchObject({ status: 'suspect' });
    await eventually(async () => !(await isListed(client, 'b')), 16_000);
  });

  it('whose process stands still is over after its pings, and comes back when it goes on', async () => {
    const { url, client } = await start(newFolder(), TERMS);
    const one = rollcall(['announce', '--url', url, '--id', 'c', '--endpoint', 'wss://c.example', '--json']);
    running.push(one);
    await one.printed(/"event":"held"/);
    one.signal('SIGSTOP');
    await eventually(async () => !(await isListed(client, 'c')), 20_000);
    one.signal('SIGCONT');
    await eventually(() => isListed(client, 'c'), 10_000);
  });

  it('is lost to the host that came last, and not opened again', async () => {
    const { url, client } = await start(newFolder(), TERMS);
    const first = await hold(url, 'd');
    const second = await hold(url, 'd');
    await eventually(async () => first.events.includes('replaced'));
    expect(second.events).toEqual(['registered', 'held']);
    await second.heartbeat.stop({ deregister: true });
    expect(await isListed(client, 'd')).toBe(false);
  });

  it('brings metadata, and outlives what the registry refuses of it', async () => {
    const { url, client } = await start(newFolder(), TERMS);
    const { heartbeat, losses, events } = await hold(url, 'e');
    heartbeat.setMetadata({ text: 'x'.repeat(3000) });
    await eventually(async () => events.includes('failed'));
    heartbeat.setMetadata({ players: 7 });
    await eventually(async () => (await client.get('e')).server.metadata?.['players'] === 7, 15_000);
    expect(losses).toEqual([]);
    await heartbeat.stop();
  });
});
