/** A list in three objects, of which one can't be loaded any more: who is told so, and who does not notice. */
import { readdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { shardOf } from '../../src/protocol/shards/shard.ts';
import { ran } from './support/command.ts';
import { newFolder, registrationOf, start, useStarted } from './support/started.ts';

useStarted();

const SHARDS = 3;
const OPTIONS = ['--var', `SHARDS:${SHARDS}`, '--var', 'WRITE_ACCESS:open', '--var', 'RATE_LIMIT:off'];
/** One of each object. */
const IDS = Array.from({ length: SHARDS }, (_, shard) => {
  for (let number = 0; ; number += 1) {
    if (shardOf(`server-${number}`, SHARDS) === shard) return `server-${number}`;
  }
});

function databasesIn(folder: string): string[] {
  return readdirSync(folder, { recursive: true, encoding: 'utf8' })
    .filter((name) => name.endsWith('.sqlite') && !name.endsWith('metadata.sqlite'))
    .map((name) => join(folder, name));
}

it('goes on with the others, and shows no part of the list as the whole', async () => {
  const folder = newFolder();
  const first = await start(folder, OPTIONS);
  const [inFirst = '', inSecond = '', inThird = ''] = IDS;
  await first.client.register(registrationOf(inFirst));
  const before = new Set(databasesIn(folder));
  await first.client.register(registrationOf(inSecond));
  const ofSecond = databasesIn(folder).find((path) => !before.has(path)) ?? '';
  await first.client.register(registrationOf(inThird));
  expect((await first.client.list()).servers).toHaveLength(SHARDS);
  first.running.signal('SIGTERM');
  await first.running.outcome();

  // The journal beside it would mend it.
  for (const journal of ['-wal', '-shm']) rmSync(ofSecond + journal, { force: true });
  writeFileSync(ofSecond, Buffer.alloc(10_000, 'no database'));
  const { url, client } = await start(folder, OPTIONS);
  const ask = (path: string, method = 'GET', body?: object) =>
    fetch(url + path, {
      method,
      headers: { 'Content-Type': 'application/json' },
      ...(body && { body: JSON.stringify(body) }),
    });

  for (const path of ['/servers', '/servers?limit=1', '/servers?since=0', `/servers/${inSecond}`]) {
    expect((await ask(path)).status, path).toBe(503);
  }
  for (const write of [
    ask('/servers/heartbeat', 'POST', { serverId: inSecond, peers: false }),
    ask('/servers', 'POST', registrationOf(inSecond)),
    ask(`/servers/${inSecond}`, 'DELETE'),
  ]) {
    const { status, headers } = await write;
    expect([status, Number(headers.get('Retry-After')) > 0]).toEqual([503, true]);
  }

  expect(await (await ask('/servers/heartbeat', 'POST', { serverId: inFirst })).json()).toMatchObject({
    success: true,
    peers: [{ serverId: inThird }],
    partial: true,
  });
  await client.register(registrationOf(inThird));
  expect(await client.get(inThird)).toMatchObject({ status: 'live' });
  const { stdout } = await ran(['stats', '--url', url]);
  expect(stdout).toMatch(/object 0 +live 1, stale 0/);
  expect(stdout).toMatch(/object 1 +does not answer/);
  const { live, perShard } = await client.stats();
  expect([live, perShard?.map((shard) => shard?.live)]).toEqual([2, [1, undefined, 1]]);
  expect(await (await ask('/metrics')).text()).toContain('rollcall_servers{shard="2",state="live"} 1');
  await expect(client.list()).rejects.toMatchObject({ fault: { status: 503 } });
});
