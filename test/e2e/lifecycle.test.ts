/** A fleet that falls silent, over real HTTP and a real alarm: off the list at once, swept in time, gone for good. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { afterAll, expect, test } from 'vitest';
import { LocalRegistry } from '../../scripts/lib/registry/local-registry.ts';
import { RegistryClient } from '../../src/client/client.ts';

const SERVERS = 5000;
const AT_ONCE = 50;
const TTL_MS = 2000;
const SWEEP_MS = 6000;
const folder = mkdtempSync(join(tmpdir(), 'rollcall-lifecycle-'));
const settings = { persistTo: folder, vars: { SERVER_TTL_MS: TTL_MS, SWEEP_INTERVAL_MS: SWEEP_MS } };

afterAll(() => {
  rmSync(folder, { recursive: true, force: true, maxRetries: 5 });
});

test('5,000 servers that fall silent leave the list after their TTL, are swept, and stay gone', async () => {
  let registry = await LocalRegistry.start(settings);
  try {
    let client = new RegistryClient(registry.url, { timeoutMs: 60_000 });
    const ids = Array.from({ length: SERVERS }, (_, index) => `server-${index}`);
    const register = async () => {
      for (let id = ids.pop(); id !== undefined; id = ids.pop()) {
        await client.register({ serverId: id, endpoint: `wss://${id}.example`, publicKey: 'key' });
      }
    };
    await Promise.all(Array.from({ length: AT_ONCE }, register));

    await delay(TTL_MS);
    expect((await client.list()).servers).toEqual([]);
    const silent = await client.stats();
    expect(silent.live).toBe(0);
    expect(silent.stale + silent.swept).toBe(SERVERS);

    const sweptBy = Date.now() + 2 * SWEEP_MS + 10_000;
    let stats = silent;
    while (stats.swept < SERVERS && Date.now() < sweptBy) {
      await delay(100);
      stats = await client.stats();
      expect(stats.live).toBe(0);
      expect(stats.stale + stats.swept).toBe(SERVERS);
    }
    expect(stats).toMatchObject({ live: 0, stale: 0, swept: SERVERS, nextAlarmAt: null });

    await registry.stop();
    registry = await LocalRegistry.start(settings);
    client = new RegistryClient(registry.url, { timeoutMs: 60_000 });
    expect((await client.list()).servers).toEqual([]);
    expect(await client.stats()).toMatchObject({ live: 0, stale: 0, swept: SERVERS });
  } finally {
    await registry.stop();
  }
});
