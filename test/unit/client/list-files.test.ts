/** A client that reads the list from files, as a registry writes them: what it takes, what it leaves out, what it refuses. */
import { describe, expect, test } from 'vitest';
import { RegistryClient, type RegistryError } from '../../../src/client/client.ts';
import { join } from '../../../src/protocol/bytes.ts';
import { manifest, partHead, putSignature, withRoom } from '../../../src/core/encoding/list-file.ts';
import type { ListPart } from '../../../src/protocol/list-file.ts';
import { ENTRY, FakeRegistry, hang, ManualTime } from './fakes.ts';

const MANIFEST_URL = 'http://files.test/lists/default/manifest.json';
const FOLDER = 'GET http://files.test/lists/default/';
const ONE_PART: ListPart = { list: 'default', shard: 0, shards: 1 };
const TTL_MS = 300_000;

const pair = await crypto.subtle.generateKey('Ed25519', true, ['sign', 'verify']);
const base64 = (bytes: ArrayBuffer) => Buffer.from(bytes).toString('base64');
const verifyKey = base64(await crypto.subtle.exportKey('raw', pair.publicKey));

interface Shown {
  part?: ListPart;
  servers?: readonly object[];
  timestamp: number;
}

/** The bytes of one part, as a registry makes them. */
async function fileOf({ part = ONE_PART, servers = [ENTRY], timestamp }: Shown, isSigned: boolean) {
  const rest = `"servers":${JSON.stringify(servers)},"timestamp":${timestamp}}\n`;
  const text = [new TextEncoder().encode(partHead(part, TTL_MS) + rest)];
  if (!isSigned) return new Uint8Array(join(text));
  const { signed, file } = withRoom(text);
  putSignature(file, base64(await crypto.subtle.sign('Ed25519', pair.privateKey, new Uint8Array(signed))));
  return new Uint8Array(file);
}

/** A client, a clock at 1,000,000, and a host of files: those that a test puts there. */
async function setUp(options: { verifyKey?: string; maxListBytes?: number } = {}) {
  const time = new ManualTime();
  await time.advance(1_000_000);
  const host = new FakeRegistry(time);
  const files = new Map<string, BodyInit>([['manifest.json', new Uint8Array(manifest('default', 1))]]);
  host.answer = ({ request }) => {
    const body = files.get(request.slice(FOLDER.length));
    return body === undefined ? new Response('no', { status: 404 }) : new Response(body);
  };
  const client = new RegistryClient('http://registry.test', {
    fetch: host.fetch,
    environment: time,
    listFile: MANIFEST_URL,
    token: 'for the registry alone',
    headers: { 'X-Own': 'for the registry alone' },
    ...options,
  });
  const put = async (shown: Shown, isSigned = false) => {
    files.set(`${shown.part?.shard ?? 0}.json`, await fileOf(shown, isSigned));
  };
  return { time, host, files, client, put, now: time.nowMs() };
}

const refusal = (call: Promise<unknown>) =>
  call.then(
    () => undefined,
    (error: RegistryError) => error,
  );

describe('a client with a listFile', () => {
  test('reads the manifest once and its part each time, and asks the registry for everything else', async () => {
    const { client, host, put, now } = await setUp();
    await put({ timestamp: now });
    expect(await client.list()).toEqual({ servers: [ENTRY], timestamp: now });
    await client.list();
    await client.query({ limit: 1 }).catch(() => undefined);
    expect(host.requests).toEqual([
      `${FOLDER}manifest.json`,
      `${FOLDER}0.json`,
      `${FOLDER}0.json`,
      'GET /servers?limit=1',
    ]);
  });

  test('tells the host of the files no token and no header that is for the registry', async () => {
    const { client, host, put, now } = await setUp();
    await put({ timestamp: now });
    await client.list();
    for (const { headers } of host.sent) expect([...headers.keys()]).toEqual(['accept']);
  });

  test('puts the parts of a list together, with the time of the oldest that shows anybody', async () => {
    const { client, files, put, now } = await setUp();
    files.set('manifest.json', new Uint8Array(manifest('default', 3)));
    const part = (shard: number): ListPart => ({ list: 'default', shard, shards: 3 });
    await put({ part: part(0), servers: [{ ...ENTRY, serverId: 'a' }], timestamp: now - 1000 });
    await put({ part: part(1), servers: [], timestamp: 1 });
    await put({ part: part(2), servers: [{ ...ENTRY, serverId: 'c' }], timestamp: now - 2000 });
    const { servers, timestamp } = await client.list();
    expect(servers.map(({ serverId }) => serverId)).toEqual(['a', 'c']);
    expect(timestamp).toBe(now - 2000);
  });

  test('leaves out who has been silent for a lease, but for the first minute of a file', async () => {
    const { client, time, put, now } = await setUp();
    const servers = [
      { ...ENTRY, serverId: 'extended', lastSeen: 1 },
      { ...ENTRY, serverId: 'live', lastSeen: now - 1000 },
    ];
    await put({ servers, timestamp: now });
    const ids = async () => (await client.list()).servers.map(({ serverId }) => serverId);
    await time.advance(59_999);
    expect(await ids()).toEqual(['extended', 'live']);
    await time.advance(1);
    expect(await ids()).toEqual(['live']);
    await time.advance(TTL_MS - 61_000);
    expect(await ids()).toEqual([]);
  });

  test('takes a file that shows nobody, however old', async () => {
    const { client, put } = await setUp();
    await put({ servers: [], timestamp: 1 });
    expect(await client.list()).toEqual({ servers: [], timestamp: 1 });
  });

  test.each([
    [
      'older than five minutes, for it is not written any more',
      -300_001,
      '300 s ago, and a registry that runs',
    ],
    ['of a clock that is ahead', 300_001, '300 s ahead of this clock'],
  ])('refuses one that shows somebody and is %s', async (_, offsetMs, reason) => {
    const { client, put, now } = await setUp();
    await put({ timestamp: now + offsetMs });
    const error = await refusal(client.list());
    expect(error).toMatchObject({ kind: 'untrusted', request: `${FOLDER}0.json` });
    expect(error?.message).toContain(reason);
  });

  test('takes no more of all parts together than a list may have', async () => {
    const { client, files, put, now } = await setUp({ maxListBytes: 1000 });
    files.set('manifest.json', new Uint8Array(manifest('default', 3)));
    for (const shard of [0, 1, 2]) {
      await put({ part: { list: 'default', shard, shards: 3 }, servers: [ENTRY, ENTRY], timestamp: now });
    }
    expect(await refusal(client.list())).toMatchObject({ kind: 'tooMuch' });
  });

  test('gives all of it the time of one call', async () => {
    const { client, time, host, put, now } = await setUp();
    await put({ timestamp: now });
    await client.list();
    host.answer = hang;
    const listing = refusal(client.list({ timeoutMs: 500 }));
    await time.advance(500);
    expect(await listing).toMatchObject({ kind: 'timeout' });
    expect(await refusal(client.list({ timeoutMs: 0 }))).toBeInstanceOf(RangeError);
  });

  test('says where there is no file that a registry would write it', async () => {
    const { client } = await setUp();
    const error = await refusal(client.list());
    expect(error?.fault).toMatchObject({ kind: 'refused', status: 404, problem: 'no-list-file' });
    expect(error?.message).toContain('check listFile');
  });

  test.each<[string, ListPart]>([
    ['another part', { list: 'default', shard: 1, shards: 1 }],
    ['a part of more', { list: 'default', shard: 0, shards: 2 }],
    ['a part of another list', { list: 'other', shard: 0, shards: 1 }],
  ])('refuses %s in the place of the one that was named', async (_, part) => {
    const { client, files, now } = await setUp();
    files.set('0.json', await fileOf({ part, timestamp: now }, false));
    expect(await refusal(client.list())).toMatchObject({ kind: 'untrusted' });
  });

  test('refuses the manifest of another list', async () => {
    const { client, files } = await setUp();
    files.set('manifest.json', new Uint8Array(manifest('other', 1)));
    expect((await refusal(client.list()))?.message).toContain('of the list "other", not of "default"');
  });

  test.each(['../secret.json', 'a/b.json', 'https://b.test/a.json', '//b.test/a.json', '0.txt'])(
    'refuses a manifest that leads to %s',
    async (name) => {
      const { client, files, host } = await setUp();
      files.set('manifest.json', JSON.stringify({ list: 'default', shards: 1, parts: [name] }));
      expect(await refusal(client.list())).toMatchObject({ kind: 'badAnswer' });
      expect(host.requests).toHaveLength(1);
    },
  );

  test.each([
    'http://files.test/lists/',
    'http://files.test/manifest.json?a',
    'nowhere',
    'ftp://a.test/a.json',
  ])('can not be made with %s', (listFile) => {
    expect(() => new RegistryClient('http://registry.test', { listFile })).toThrow(TypeError);
  });
});

describe('with a verifyKey', () => {
  test('it takes what the registry signed', async () => {
    const { client, put, now } = await setUp({ verifyKey });
    await put({ timestamp: now }, true);
    expect((await client.list()).servers).toEqual([ENTRY]);
  });

  test('it refuses a file without a signature', async () => {
    const { client, put, now } = await setUp({ verifyKey });
    await put({ timestamp: now });
    expect((await refusal(client.list()))?.message).toContain('the list is not signed');
  });

  test('it refuses a file of which any byte is another', async () => {
    const { client, files, now } = await setUp({ verifyKey });
    const text = new TextDecoder().decode(await fileOf({ timestamp: now }, true));
    for (const forged of [
      text.replace('wss://one.test', 'wss://two.test'),
      text.replace('"shard":0', '"shard":1'),
      text.replace(`"timestamp":${now}`, `"timestamp":${now + 1}`),
      text.replace(',"signature"', ',"servers":[],"signature"'),
      text.replace('}\n', '} \n'),
    ]) {
      files.set('0.json', forged);
      expect(await refusal(client.list())).toMatchObject({ kind: 'untrusted' });
    }
  });

  test('it does not take a part of a list for the whole from a registry', async () => {
    const { host, now } = await setUp();
    const file = await fileOf({ timestamp: now, part: { list: 'default', shard: 1, shards: 3 } }, false);
    host.answer = () => new Response(file);
    const client = new RegistryClient('http://registry.test', { fetch: host.fetch });
    expect(await refusal(client.list())).toMatchObject({ kind: 'badAnswer' });
  });
});
