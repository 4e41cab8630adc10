/**
 * A small registry as most people run it: a few servers at the pace they are told, hardly a reader. Between the beats
 * the object falls asleep, for real: the runtime drops it ten seconds after the last call.
 */
import { setTimeout as delay } from 'node:timers/promises';
import { describe, expect, it } from 'vitest';
import { LocalRegistry } from '../../../scripts/lib/registry/local-registry.ts';
import { RegistryClient } from '../../../src/client/client.ts';

const TTL_MS = 60_000;
/** What a registry with that TTL tells its servers. */
const BEAT_EVERY_MS = 20_000;
/** A list may show a `lastSeen` of so long ago, and the answers of a busy machine take their time. */
const SNAPSHOT_MAX_AGE_MS = 1000;
const SLACK_MS = 2000;
/** Between two beats there are 20 s, so the object falls asleep in each pause. */
const BEATS = 5;

const FLEETS = [
  { servers: 1, readAfterBeat: [] },
  { servers: 1, readAfterBeat: [2] },
  { servers: 3, readAfterBeat: [2] },
  { servers: 12, readAfterBeat: [] },
];

describe.concurrent('a registry that sleeps between the heartbeats of its servers', () => {
  it.each(FLEETS)(
    'keeps $servers of $servers, with readers after the beats $readAfterBeat',
    async ({ servers, readAfterBeat }) => {
      const registry = await LocalRegistry.start({ vars: { SERVER_TTL_MS: TTL_MS } });
      try {
        const client = new RegistryClient(registry.url);
        const ids = Array.from({ length: servers }, (_, index) => `server-${index}`);
        for (const serverId of ids) {
          const { lease } = await client.register({ serverId, endpoint: 'wss://a.example', publicKey: 'k' });
          expect(lease).toEqual({ ttlMs: TTL_MS, heartbeatEveryMs: BEAT_EVERY_MS });
        }
        const { loads: loadsBefore } = await client.stats();
        let heardAt = Date.now();
        for (let beat = 0; beat < BEATS; beat += 1) {
          await delay(heardAt + BEAT_EVERY_MS - Date.now());
          heardAt = Date.now();
          // A 404 rejects: that is the fault this test is about.
          for (const serverId of ids) await client.heartbeat(serverId, { metadata: { beat } });
          if (!readAfterBeat.includes(beat)) continue;
          await delay(BEAT_EVERY_MS - 4000);
          await expectAllListed(client, ids, heardAt, beat);
        }
        await delay(BEAT_EVERY_MS - 4000);
        await expectAllListed(client, ids, heardAt, BEATS - 1);
        const { live, swept, heartbeats, loads } = await client.stats();
        expect({ live, swept, heartbeats }).toEqual({
          live: servers,
          swept: 0,
          heartbeats: servers * BEATS,
        });
        expect(loads - loadsBefore, 'loads after real sleeps').toBeGreaterThanOrEqual(3);
      } finally {
        await registry.end();
      }
    },
    200_000,
  );
});

/** Everybody, as of its last heartbeat, with the metadata of it. */
async function expectAllListed(
  client: RegistryClient,
  ids: readonly string[],
  heardAt: number,
  beat: number,
): Promise<void> {
  const { servers } = await client.list();
  expect(servers.map(({ serverId }) => serverId).toSorted()).toEqual([...ids].toSorted());
  for (const { lastSeen, metadata } of servers) {
    expect(lastSeen).toBeGreaterThan(heardAt - SNAPSHOT_MAX_AGE_MS);
    expect(lastSeen).toBeLessThan(heardAt + SLACK_MS + 500 * ids.length);
    expect(metadata).toEqual({ beat });
  }
}
