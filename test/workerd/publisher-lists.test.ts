/** Files of several lists, and of the parts of one, in the same bucket. */
import { env } from 'cloudflare:workers';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { listFile } from '../../src/protocol/list-file.ts';
import { shardOf, type Shard } from '../../src/protocol/shards/shard.ts';
import { holdTime, registration, releaseTime } from './support/fleet.ts';
import { bucket, fileOf, idsIn, publishing } from './support/publishing.ts';

beforeEach(() => {
  holdTime();
});
afterEach(() => {
  releaseTime();
});

const COUNT = 3;
/** An id that belongs into the object of this index, of three. */
const ID_OF = [0, 1, 2].map((index) => {
  for (let number = 0; ; number += 1) if (shardOf(`s${number}`, COUNT) === index) return `s${number}`;
});

/** Registers a server with an object, and lets its alarm write. */
const write = (name: string, serverId: string, shard?: Shard) =>
  publishing(env.SERVER_REGISTRY.getByName(name), async (registry) => {
    await registry.register(registration(serverId), null, shard);
    await registry.alarm();
  });

test('are written beside each other, each with its own servers', async () => {
  await Promise.all([
    write('list:luanti/0', 'of-luanti'),
    write('list:godot/0', 'of-godot'),
    ...ID_OF.map((id, index) => write(`list:big/${index}`, id, { count: COUNT, index })),
  ]);
  const found: unknown[] = [];
  const { objects } = await bucket.list();
  for (const { key } of objects.filter((object) => !object.key.endsWith('/manifest.json'))) {
    const file = listFile.parse(JSON.parse((await fileOf(key)) ?? ''));
    found.push([key, file.part, idsIn(file)]);
  }
  expect(found).toEqual([
    ...ID_OF.map((id, shard) => [`lists/big/${shard}.json`, { list: 'big', shard, shards: COUNT }, [id]]),
    ['lists/godot/0.json', { list: 'godot', shard: 0, shards: 1 }, ['of-godot']],
    ['lists/luanti/0.json', { list: 'luanti', shard: 0, shards: 1 }, ['of-luanti']],
  ]);
  const manifests = objects.map(({ key }) => key).filter((key) => key.endsWith('/manifest.json'));
  expect(manifests).toEqual(['big', 'godot', 'luanti'].map((list) => `lists/${list}/manifest.json`));
});
