/** What `rollcall start` keeps: over kills, a disk that is full, and an orderly stop. */
import { rmSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { describe, expect, it } from 'vitest';
import type { RegistryClient } from '../../src/client/client.ts';
import { eventually } from './support/command.ts';
import { mounted, newFolder, registrationOf, start, useStarted } from './support/started.ts';

useStarted();

describe('what it keeps', () => {
  it('after SIGKILL of everything it starts again at once, with what was acknowledged', async () => {
    const folder = newFolder();
    const first = await start(folder);
    await first.client.register(registrationOf('kept'));
    first.running.signalGroup('SIGKILL');
    await first.running.isGone(5000);
    const { client } = await start(folder, [], first.port);
    expect((await client.list()).servers).toMatchObject([{ serverId: 'kept' }]);
  });

  it('after SIGKILL of its own process alone the runtime takes no more writes, and the next start ends it', async () => {
    const folder = newFolder();
    const first = await start(folder);
    await first.client.register(registrationOf('kept'));
    first.running.signal('SIGKILL');
    await eventually(async () => {
      const answer = await fetch(`${first.url}/servers`, { method: 'POST', body: '{}' });
      return answer.status === 503;
    });
    const { client } = await start(folder, [], first.port);
    expect((await client.list()).servers).toMatchObject([{ serverId: 'kept' }]);
    await client.register(registrationOf('new'));
  });

  it("on a full disk it refuses what it can't keep, says why, and goes on when there is room", async () => {
    const path = mounted('size=1m');
    const { client, running: registry } = await start(path, ['--var', 'SWEEP_INTERVAL_MS:3600000']);
    await client.register(registrationOf('kept'));
    const filler = join(path, 'filler');
    fill(filler);
    const refused = await registerUntilRefused(client);
    expect(refused).toBeGreaterThan(0);
    rmSync(filler);
    await eventually(async () => {
      await client.register(registrationOf('after'));
      return true;
    });
    const ids = (await client.list()).servers.map(({ serverId }) => serverId);
    expect(ids).toEqual(expect.arrayContaining(['kept', 'after']));
    expect(registry.output).toMatch(/The disk is full/);
  });

  it('an orderly stop loses no heartbeat', async () => {
    const folder = newFolder();
    const first = await start(folder);
    await first.client.register(registrationOf('a'));
    await delay(50);
    await first.client.heartbeat('a', { metadata: { players: 7 } });
    const { server } = await first.client.get('a');
    first.running.signalGroup('SIGTERM');
    await first.running.outcome();
    const { client } = await start(folder);
    expect((await client.get('a')).server).toMatchObject({
      lastSeen: server.lastSeen,
      metadata: { players: 7 },
    });
  });
});

/** Takes all room there is. */
function fill(path: string): void {
  for (let bytes = 1 << 20; bytes >= 512; bytes /= 2) {
    try {
      for (;;) writeFileSync(path, Buffer.alloc(bytes), { flag: 'a' });
    } catch {
      // No more room for so much; for less, perhaps.
    }
  }
  expect(statSync(path).size).toBeGreaterThan(0);
}

/** How many tries it took; 0 where none was refused. */
async function registerUntilRefused(client: RegistryClient): Promise<number> {
  for (let tries = 1; tries <= 200; tries += 1) {
    try {
      await client.register({ ...registrationOf(`filling-${tries}`), metadata: { text: 'x'.repeat(1500) } });
    } catch {
      return tries;
    }
  }
  return 0;
}
