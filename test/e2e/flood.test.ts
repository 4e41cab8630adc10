/**
 * A flood of writers without the token, beside servers and readers that mind their own business. Bounded, and on the
 * loopback: what the machine can't send in time is left out, and never more than a few requests are under way.
 */
import { setTimeout as delay } from 'node:timers/promises';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { startTarget, type Target } from '../../scripts/fuzz/target.ts';
import { listAnswer } from '../../src/protocol/protocol.ts';

const SERVERS = 100;
const READERS = 5;
const FLOOD_MS = 10_000;
const WRITERS_PER_SECOND = 2_000;
const MOST_UNDER_WAY = 64;
const TICK_MS = 10;
const TTL_MS = 8_000;
const HEARTBEAT_MS = 2_000;
const READ_MS = 500;
/** Below this, it was no flood. A machine of two cores sends ten times as many, unless it is busy with other things. */
const LEAST_SENT = 500;

const TOKEN = 'the-token-of-the-legitimate';
let target: Target;

beforeAll(async () => {
  target = await startTarget({
    WRITE_ACCESS: 'token',
    REGISTRY_TOKEN: TOKEN,
    RATE_LIMIT: 'on',
    SERVER_TTL_MS: String(TTL_MS),
    SWEEP_INTERVAL_MS: '1000',
  });
});
afterAll(() => target.stop());

async function write(path: string, body: object, token: string, address: string): Promise<number> {
  const headers = {
    'Content-Type': 'application/json',
    Authorization: `Bearer ${token}`,
    'CF-Connecting-IP': address,
  };
  const bytes = new Uint8Array(new TextEncoder().encode(JSON.stringify(body)));
  return (await target.send({ method: 'POST', path, headers, body: bytes })).status;
}

async function listedIds(): Promise<string[]> {
  const { status, text } = await target.send({ method: 'GET', path: '/servers', headers: {}, body: null });
  expect(status).toBe(200);
  return listAnswer.parse(JSON.parse(text)).servers.map(({ serverId }) => serverId);
}

function registration(serverId: string) {
  return { serverId, endpoint: 'wss://game.example', publicKey: 'key' };
}

test(`none of ${SERVERS} servers is refused or expires while ${WRITERS_PER_SECOND} others a second try to write`, async () => {
  const addressOf = (index: number) => `198.51.100.${index}`;
  for (let index = 0; index < SERVERS; index += 1) {
    expect(await write('/servers', registration(`legitimate-${index}`), TOKEN, addressOf(index))).toBe(200);
  }
  const endsAtMs = performance.now() + FLOOD_MS;
  const isOver = () => performance.now() >= endsAtMs;

  const heartbeats: number[] = [];
  async function beat(index: number): Promise<void> {
    await delay((HEARTBEAT_MS * index) / SERVERS);
    while (!isOver()) {
      const body = { serverId: `legitimate-${index}`, peers: false };
      heartbeats.push(await write('/servers/heartbeat', body, TOKEN, addressOf(index)));
      await delay(HEARTBEAT_MS);
    }
  }

  const listed: number[] = [];
  async function read(): Promise<void> {
    while (!isOver()) {
      listed.push((await listedIds()).length);
      await delay(READ_MS);
    }
  }

  const refusals = new Map<number, number>();
  const underWay = new Set<Promise<void>>();
  async function intrude(index: number): Promise<void> {
    const address = `10.${(index >> 16) & 255}.${(index >> 8) & 255}.${index & 255}`;
    const victim = `legitimate-${index % SERVERS}`;
    const status =
      index % 2 === 0
        ? await write(
            '/servers',
            registration(index % 4 === 0 ? victim : `junk-${index}`),
            `guess-${index}`,
            address,
          )
        : await write(
            '/servers/heartbeat',
            { serverId: victim, metadata: { x: 1 } },
            `guess-${index}`,
            address,
          );
    refusals.set(status, (refusals.get(status) ?? 0) + 1);
  }
  async function flood(): Promise<void> {
    let sent = 0;
    const startedAtMs = performance.now();
    while (!isOver()) {
      const due = ((performance.now() - startedAtMs) / 1000) * WRITERS_PER_SECOND;
      for (; sent < due && underWay.size < MOST_UNDER_WAY; sent += 1) {
        const attempt = intrude(sent).finally(() => underWay.delete(attempt));
        underWay.add(attempt);
      }
      await delay(TICK_MS);
    }
    await Promise.all(underWay);
  }

  await Promise.all([
    flood(),
    ...Array.from({ length: SERVERS }, (_, index) => beat(index)),
    ...Array.from({ length: READERS }, read),
  ]);

  expect([...refusals.keys()]).toEqual([401]);
  expect(refusals.get(401)).toBeGreaterThan(LEAST_SENT);
  expect(heartbeats.length).toBeGreaterThanOrEqual(SERVERS * 2);
  expect(new Set(heartbeats)).toEqual(new Set([200]));
  expect(new Set(listed)).toEqual(new Set([SERVERS]));
  const left = await listedIds();
  expect(left.filter((id) => !id.startsWith('legitimate-'))).toEqual([]);
  expect(target.logged()).toEqual([]);
  console.log(`flood: ${refusals.get(401)} refused, ${heartbeats.length} heartbeats, ${listed.length} lists`);
});
