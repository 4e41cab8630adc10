/** The list as a file: when it is written, what a reader finds in it, and whom it never keeps waiting. */
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { Directory } from '../../src/core/leases/directory.ts';
import { listFile, listManifest, type ListFile } from '../../src/protocol/list-file.ts';
import { Publisher } from '../../src/registry/publisher.ts';
import { Reads } from '../../src/registry/reads.ts';
import type { ServerRegistry } from '../../src/registry/registry.ts';
import { Store } from '../../src/registry/storage/store.ts';
import { countCalls } from './support/calls.ts';
import { holdTime, inside, passMs, registration, releaseTime, TTL_MS } from './support/fleet.ts';
import { bucket, fileOf, freshRegistry, idsIn, MANIFEST, PART, publishing } from './support/publishing.ts';

const INTERVAL_MS = 10_000;
const AGAIN_MS = 30_000;
/** Of RFC 8032, section 7.1, test 1. */
const SEED = '9d61b19deffd5a60ba844af492ec2cc44449c5697b326919703bac031cae7f60';
const PUBLIC_KEY = 'd75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a';

beforeEach(() => {
  holdTime();
});
afterEach(() => {
  vi.restoreAllMocks();
  releaseTime();
});

async function published(key = PART): Promise<ListFile> {
  return listFile.parse(JSON.parse((await fileOf(key)) ?? 'null'));
}

/** Registers a server and lets the alarm write the file. */
async function publishOne(registry: ServerRegistry): Promise<void> {
  await registry.register(registration('a'));
  await registry.alarm();
}

/** How often the bucket was written to since. */
function countPuts() {
  return vi.spyOn(bucket, 'put');
}

describe('the file', () => {
  test('is the list with a word on which part of which list it is', async () => {
    await publishing(freshRegistry(), async (registry) => {
      await registry.register(registration('a', { metadata: '{"players":3}' }));
      await registry.alarm();
    });
    const now = Date.now();
    const text = await fileOf();
    expect(JSON.parse(text ?? '')).toEqual({
      part: { list: 'default', shard: 0, shards: 1 },
      ttlMs: TTL_MS,
      servers: [
        {
          serverId: 'a',
          endpoint: 'wss://a.example',
          publicKey: 'key',
          region: 'eu',
          metadata: { players: 3 },
          registeredAt: now,
          lastSeen: now,
        },
      ],
      timestamp: now,
    });
    expect(text?.endsWith('}\n')).toBe(true);
  });

  test('tells caches how long they may keep it, what it is, and by which tag it is known', async () => {
    await publishing(freshRegistry(), publishOne);
    const object = await bucket.head(PART);
    expect(object?.httpMetadata).toMatchObject({
      contentType: 'application/json',
      cacheControl: 'public, max-age=10',
    });
    expect(object?.httpEtag).toMatch(/^"[0-9a-f]{32}"$/);
  });

  test('carries the signature as its last member, over everything else to the byte', async () => {
    await publishing(freshRegistry(), publishOne, { BOOTSTRAP_SIGNING_KEY: SEED });
    const text = (await fileOf()) ?? '';
    const end = text.lastIndexOf(',"signature":"');
    const { signature = '' } = listFile.parse(JSON.parse(text));
    const signed = new TextEncoder().encode(`${text.slice(0, end)}}\n`);
    const bytesOf = (hex: string) =>
      Uint8Array.from(hex.match(/../g) ?? [], (byte) => Number.parseInt(byte, 16));
    const key = await crypto.subtle.importKey('raw', bytesOf(PUBLIC_KEY), 'Ed25519', false, ['verify']);
    const made = Uint8Array.from(atob(signature), (character) => character.charCodeAt(0));
    expect(await crypto.subtle.verify('Ed25519', key, made, signed)).toBe(true);
    expect(text.length - end).toBe(',"signature":""}\n'.length + 88);
  });

  test('is named by a manifest, which is not written with each file', async () => {
    const stub = freshRegistry();
    const puts = countPuts();
    await publishing(stub, publishOne);
    expect(listManifest.parse(JSON.parse((await fileOf(MANIFEST)) ?? ''))).toEqual({
      list: 'default',
      shards: 1,
      parts: ['0.json'],
    });
    passMs(AGAIN_MS);
    await publishing(stub, (registry) => registry.alarm());
    expect(puts.mock.calls.map(([key]) => key)).toEqual([PART, MANIFEST, PART]);
  });

  test('finds its manifest in another bucket as well, ten minutes later at the most', async () => {
    const stub = freshRegistry();
    const long = { SERVER_TTL_MS: '3600000' };
    await publishing(stub, publishOne, long);
    await bucket.delete([PART, MANIFEST]);
    passMs(AGAIN_MS);
    await publishing(stub, (registry) => registry.alarm(), long);
    expect([await fileOf(PART), await fileOf(MANIFEST)]).toEqual([expect.any(String), undefined]);
    passMs(600_000 - AGAIN_MS);
    await publishing(stub, (registry) => registry.alarm(), long);
    expect(await fileOf(MANIFEST)).toContain('"parts":["0.json"]');
  });
});

describe('it is written', () => {
  test('by the alarm that the first registration sets, at once', async () => {
    await publishing(freshRegistry(), async (registry, { storage }) => {
      await registry.register(registration('a'));
      expect(await storage.getAlarm()).toBe(Date.now() + 20);
      expect(await fileOf()).toBeUndefined();
      await registry.alarm();
      expect(idsIn(await published())).toEqual(['a']);
    });
  });

  test('an interval later where the list changed, by an alarm that the save pulls forward', async () => {
    await publishing(freshRegistry(), async (registry, { storage }) => {
      await publishOne(registry);
      const writtenAt = Date.now();
      expect(await storage.getAlarm()).toBe(writtenAt + AGAIN_MS);
      passMs(2000);
      await registry.heartbeat('a', false, '{"players":4}');
      expect(await storage.getAlarm()).toBe(writtenAt + AGAIN_MS);
      await registry.save();
      expect(await storage.getAlarm()).toBe(writtenAt + INTERVAL_MS);
      passMs(INTERVAL_MS - 2000);
      await registry.alarm();
      expect((await published()).servers[0]?.metadata).toEqual({ players: 4 });
    });
  });

  test('no sooner than an interval after the last time, whatever rings', async () => {
    await publishing(freshRegistry(), async (registry) => {
      await publishOne(registry);
      const puts = countPuts();
      await registry.register(registration('b'));
      passMs(INTERVAL_MS - 1);
      await registry.alarm();
      expect(puts).not.toHaveBeenCalled();
      passMs(1);
      await registry.alarm();
      expect(puts).toHaveBeenCalledTimes(1);
      expect(idsIn(await published())).toEqual(['a', 'b']);
    });
  });

  test('every 30 s while anybody is live, so that no lastSeen in it is older than a reader takes', async () => {
    await publishing(freshRegistry(), async (registry) => {
      await publishOne(registry);
      passMs(AGAIN_MS);
      await registry.heartbeat('a', false);
      await registry.alarm();
      expect((await published()).servers[0]?.lastSeen).toBe(Date.now());
    });
  });

  test('with an object that slept since: once, and not with each alarm', async () => {
    const stub = freshRegistry();
    await publishing(stub, async (registry) => {
      await publishOne(registry);
      await registry.save();
    });
    const puts = countPuts();
    passMs(INTERVAL_MS);
    await publishing(stub, (registry) => registry.alarm());
    expect(puts).not.toHaveBeenCalled();
    passMs(AGAIN_MS - INTERVAL_MS);
    await publishing(stub, (registry) => registry.alarm());
    expect(puts).toHaveBeenCalledTimes(1);
  });

  test('empty when the last server is gone, and then no alarm is set any more', async () => {
    await publishing(freshRegistry(), async (registry, { storage }) => {
      await publishOne(registry);
      passMs(INTERVAL_MS);
      await registry.deregister('a');
      await registry.alarm();
      const { servers, timestamp } = await published();
      expect({ servers, timestamp }).toEqual({ servers: [], timestamp: Date.now() });
      await storage.deleteAlarm();
      passMs(AGAIN_MS);
      await registry.alarm();
      expect(await storage.getAlarm()).toBeNull();
    });
  });

  test('empty when the last lease ran out, though its row waits for the sweep', async () => {
    await publishing(freshRegistry(), async (registry) => {
      await publishOne(registry);
      passMs(TTL_MS);
      await registry.alarm();
      expect((await published()).servers).toEqual([]);
    });
  });

  test('not for a list that nobody ever was on', async () => {
    await publishing(freshRegistry(), async (registry, { storage }) => {
      await registry.listServers(null);
      await registry.alarm();
      expect(await fileOf()).toBeUndefined();
      expect(await storage.getAlarm()).toBeNull();
    });
  });
});

describe('nobody waits for it', () => {
  test('heartbeats and lists make no storage call and set no alarm, the file being outdated or not', async () => {
    await publishing(freshRegistry(), async (registry, { storage }) => {
      await publishOne(registry);
      await registry.save();
      passMs(AGAIN_MS);
      const calls = countCalls(storage);
      expect(registry.heartbeat('a', false, '{"players":9}')).toBeNull();
      await registry.listServers(null);
      expect(calls.made()).toEqual([]);
    });
  });

  test('without a bucket there is no row, no alarm and no word of it', async () => {
    const stub = freshRegistry();
    await stub.register(registration('a'));
    await inside(stub, async (registry, { storage }) => {
      expect(await storage.getAlarm()).toBe(Date.now() + 60_000);
      const calls = countCalls(storage);
      await registry.save();
      await registry.alarm();
      expect(calls.methods()).not.toContain('get');
      expect(await storage.get('list-file')).toBeUndefined();
      expect(registry.stats()).not.toHaveProperty('listFile');
      expect(await storage.getAlarm()).toBe(Date.now() + 60_000);
    });
  });
});

test('the first of three parts makes the others, empty, where they are not there yet', async () => {
  await inside(freshRegistry(), async (_, { storage }) => {
    const directory = new Directory(
      { holdMs: 75_000, pingEveryMs: 30_000, ttlMs: TTL_MS, maxServers: 9, maxListBytes: 9999 },
      'life',
      1,
    );
    const publisher = new Publisher({
      bucket,
      directory,
      reads: new Reads(directory, 1000, null, () => undefined),
      store: new Store(storage, { list: 'luanti', shard: 0 }),
      signer: null,
      terms: { ttlMs: TTL_MS, publishIntervalMs: INTERVAL_MS },
      part: () => ({ list: 'luanti', shard: 0, shards: 3 }),
      log: () => undefined,
      now: Date.now,
    });
    directory.register(registration('a'), Date.now());
    await bucket.put('lists/luanti/2.json', 'written by the third');
    await publisher.publish(Date.now());
  });
  expect(idsIn(await published('lists/luanti/0.json'))).toEqual(['a']);
  expect(await published('lists/luanti/1.json')).toMatchObject({
    part: { list: 'luanti', shard: 1, shards: 3 },
    servers: [],
  });
  expect(await fileOf('lists/luanti/2.json')).toBe('written by the third');
  expect(listManifest.parse(JSON.parse((await fileOf('lists/luanti/manifest.json')) ?? '')).parts).toEqual([
    '0.json',
    '1.json',
    '2.json',
  ]);
});
