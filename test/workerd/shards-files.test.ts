/** The list as files where it has several objects: each writes its part, the first one says which there are. */
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { RegistryClient } from '../../src/client/client.ts';
import { listFile, listManifest } from '../../src/protocol/list-file.ts';
import { shardOf } from '../../src/protocol/shards/shard.ts';
import { holdTime, passMs, registration, releaseTime } from './support/fleet.ts';
import { bucket, fileOf, idsIn, publishing } from './support/publishing.ts';
import { TestList } from './support/split.ts';

/** Of RFC 8032, section 7.1, test 1. */
const SEED = '9d61b19deffd5a60ba844af492ec2cc44449c5697b326919703bac031cae7f60';
const PUBLIC_KEY = 'd75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a';
const SIGNED = { BOOTSTRAP_SIGNING_KEY: SEED };
const SHARDS = 3;
const IDS = Array.from({ length: 9 }, (_, number) => `server-${number}`);
const idsOf = (shard: number) => IDS.filter((serverId) => shardOf(serverId, SHARDS) === shard);

beforeEach(() => holdTime());
afterEach(() => {
  vi.restoreAllMocks();
  releaseTime();
});

/** The object of a shard registers its servers, and its alarm writes what is due. */
function publishPart(list: TestList, shard: number): Promise<void> {
  return publishing(
    list.stub(shard),
    async (registry) => {
      if (shard === 0) await registry.shardCount(SHARDS);
      const place = { count: SHARDS, index: shard };
      for (const serverId of idsOf(shard)) await registry.register(registration(serverId), null, place);
      await registry.alarm();
    },
    SIGNED,
  );
}

function readerOf({ name }: TestList): RegistryClient {
  return new RegistryClient('https://registry.example', {
    list: name,
    listFile: `https://files.example/lists/${name}/manifest.json`,
    verifyKey: PUBLIC_KEY,
    fetch: async (input) => {
      const { pathname } = new URL(input);
      const text = await fileOf(pathname.slice(1));
      return text === undefined ? new Response(null, { status: 404 }) : new Response(text);
    },
  });
}

test('all parts together are the list, each signed by its object, and the manifest names them', async () => {
  const list = new TestList(SHARDS);
  for (let shard = 0; shard < SHARDS; shard += 1) await publishPart(list, shard);
  const manifest = listManifest.parse(
    JSON.parse((await fileOf(`lists/${list.name}/manifest.json`)) ?? 'null'),
  );
  expect(manifest).toEqual({ list: list.name, shards: 3, parts: ['0.json', '1.json', '2.json'] });
  for (let shard = 0; shard < SHARDS; shard += 1) {
    const part = listFile.parse(JSON.parse((await fileOf(`lists/${list.name}/${shard}.json`)) ?? 'null'));
    expect(part.part).toEqual({ list: list.name, shard, shards: SHARDS });
    expect(idsIn(part)).toEqual(idsOf(shard));
  }
  const { servers } = await readerOf(list).list();
  expect(servers.map(({ serverId }) => serverId).toSorted()).toEqual(IDS.toSorted());
});

test('an object that nobody registered in yet has an empty part, which its own replaces', async () => {
  const list = new TestList(SHARDS);
  await publishPart(list, 0);
  const reader = readerOf(list);
  expect((await reader.list()).servers.map(({ serverId }) => serverId)).toEqual(idsOf(0));
  await publishPart(list, 2);
  const { servers } = await reader.list();
  expect(servers.map(({ serverId }) => serverId)).toEqual([...idsOf(0), ...idsOf(2)]);
});

test('a part that is another object’s, or missing, is no part of the list: the reader is told', async () => {
  const list = new TestList(SHARDS);
  for (let shard = 0; shard < SHARDS; shard += 1) await publishPart(list, shard);
  const path = (shard: number) => `lists/${list.name}/${shard}.json`;
  await bucket.put(path(1), (await fileOf(path(2))) ?? '');
  await expect(readerOf(list).list()).rejects.toThrow('1.json');
  await bucket.delete(path(1));
  await expect(readerOf(list).list()).rejects.toThrow('1.json');
});

test('a part that its object stopped to write is no part of the list either, however new the others are', async () => {
  const list = new TestList(SHARDS);
  for (let shard = 0; shard < SHARDS; shard += 1) await publishPart(list, shard);
  passMs(400_000);
  for (const shard of [0, 2]) await publishPart(list, shard);
  await expect(readerOf(list).list()).rejects.toThrow('1.json');
});
