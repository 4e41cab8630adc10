/** What the Worker signs of a list in several objects has to lie in its memory: up to 32 MB, and no more. */
import { afterEach, describe, expect, test, vi } from 'vitest';
import { ListKey } from '../../src/client/list-key.ts';
import { ENTRIES_URL, LENGTH_HEADER, REVISION_HEADER, TAKEN_AT_HEADER } from '../../src/rpc/contract.ts';
import { readChanges, readWhole } from '../../src/rpc/list-reads.ts';
import { inside, registration } from './support/fleet.ts';
import { TestList } from './support/split.ts';

/** Of RFC 8032, section 7.1, test 1. */
const SEED = '9d61b19deffd5a60ba844af492ec2cc44449c5697b326919703bac031cae7f60';
const PUBLIC_KEY = 'd75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a';
const SHARDS = 3;
const TOO_LARGE = { kind: 'too-large-to-sign', maxBytes: 32_000_000 };

afterEach(() => {
  vi.restoreAllMocks();
});

/** A list of which each object says that it has entries of so many bytes, and sends them. */
async function listOf(bytesEach: number): Promise<TestList> {
  const list = new TestList(SHARDS, undefined, SEED);
  await list.register(registration('a'));
  const entry = JSON.stringify({ serverId: 'x'.repeat(bytesEach - 15) });
  expect(entry).toHaveLength(bytesEach);
  const headers = {
    ETag: 'W/"tag"',
    [LENGTH_HEADER]: String(bytesEach),
    [REVISION_HEADER]: 'life.1',
    [TAKEN_AT_HEADER]: String(Date.now()),
  };
  for (let shard = 0; shard < SHARDS; shard += 1) {
    await inside(list.stub(shard), (object) => {
      vi.spyOn(object, 'fetch').mockImplementation(async ({ url, method }) => {
        expect(url).toBe(ENTRIES_URL);
        return Promise.resolve(new Response(method === 'HEAD' ? null : entry, { headers }));
      });
    });
  }
  return list;
}

describe('a signed list of several objects', () => {
  test('is put together and signed', async () => {
    const reply = await readWhole((await listOf(10_600_000)).objects, null);
    if ('kind' in reply || !(reply.body instanceof Uint8Array)) throw new Error('expected the list');
    const bytes = new Uint8Array(reply.body);
    expect(bytes.byteLength).toBeGreaterThan(3 * 10_600_000);
    expect(await new ListKey(PUBLIC_KEY).verify(bytes, reply.signature, Date.now())).toBeUndefined();
  });

  test('is refused past 32 MB, as is all of it in place of what changed', async () => {
    const { objects } = await listOf(10_700_000);
    expect(await readWhole(objects, null)).toEqual(TOO_LARGE);
    expect(await readChanges(objects, '0')).toEqual(TOO_LARGE);
  });
});
