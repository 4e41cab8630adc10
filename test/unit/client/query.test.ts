import { expect, test } from 'vitest';
import { RegistryClient, type ListQuery } from '../../../src/client/client.ts';
import { FakeRegistry, ManualTime } from './fakes.ts';

test.each<[string, ListQuery, string]>([
  ['nothing', {}, '?sort=registeredAt'],
  ['regions', { regions: ['eu', 'us west'] }, '?region=eu&region=us+west'],
  [
    'metadata, one value or several',
    { metadata: { map: 'Dust & Sand', players: [3, 4], full: false } },
    '?metadata.map=Dust+%26+Sand&metadata.players=3&metadata.players=4&metadata.full=false',
  ],
  [
    'metadata with conditions',
    {
      metadata: {
        players: { atLeast: 1, below: { member: 'maxPlayers' } },
        load: { above: -0.5, atMost: 1e21 },
        map: { not: ['dust', 'sand'] },
        tags: 'pvp',
        'a<b': { not: null, below: { member: ' x' } },
      },
    },
    '?metadata.players%3E=1&metadata.players%3Cmetadata.maxPlayers=&metadata.load%3E-0.5=&metadata.load%3C=1e%2B21&metadata.map%21=dust&metadata.map%21=sand&metadata.tags=pvp&metadata.%22a%3Cb%22%21=null&metadata.%22a%3Cb%22%3Cmetadata.%22+x%22=',
  ],
  ['schemes', { schemes: ['UDP', 'tcp'] }, '?scheme=udp&scheme=tcp'],
  ['the nearest', { near: 'auto', limit: 10 }, '?near=auto&limit=10'],
  ['the nearest to a place', { near: { latitude: 52.5, longitude: -13.4 } }, '?near=52.5%2C-13.4'],
  [
    'a page of some members',
    { text: 'ü', sort: 'lastSeen', cursor: 'ab', fields: ['serverId', 'endpoint'] },
    '?q=%C3%BC&sort=lastSeen&cursor=ab&fields=serverId%2Cendpoint',
  ],
])('a query of %s is asked as %j', async (_, query, search) => {
  const registry = new FakeRegistry(new ManualTime(), () =>
    Response.json({ servers: [{ serverId: 'a' }], timestamp: 1, asked: search.slice(1), total: 1 }),
  );
  const client = new RegistryClient('http://registry.test', { fetch: registry.fetch });
  expect((await client.query(query)).servers).toEqual([{ serverId: 'a' }]);
  expect(registry.sent.map(({ request }) => request)).toEqual([`GET /servers${search}`]);
});

test('a page signed for another query does not pass for this one, nor for the whole list', async () => {
  const page = { servers: [], timestamp: 1, asked: 'region=nowhere', total: 0 };
  const registry = new FakeRegistry(new ManualTime(), () => Response.json(page));
  const client = new RegistryClient('http://registry.test', { fetch: registry.fetch });
  await expect(client.query({ regions: ['eu'] })).rejects.toThrow('not with what was asked for');
  await expect(client.list()).rejects.toThrow('not with what was asked for');
});

test.each([
  ['in another order', { regions: ['us', 'eu'], text: 'x' }, 'q=x&region=eu&region=us'],
  [
    'without what stands twice',
    { regions: ['eu', 'eu'], fields: ['region', 'serverId', 'region'] },
    'region=eu&fields=serverId%2Cregion',
  ],
  ['without what goes without saying', { regions: ['eu'], sort: 'registeredAt', limit: 1000 }, 'region=eu'],
  ['without the order that near brings', { near: 'auto', sort: 'distance' }, 'near=auto'],
  ['with the text composed', { text: 'e\u0301' }, 'q=%C3%A9'],
] satisfies [string, ListQuery, string][])('the answer may spell the query %s', async (_, query, asked) => {
  const page = { servers: [], timestamp: 1, asked, total: 0 };
  const registry = new FakeRegistry(new ManualTime(), () => Response.json(page));
  const client = new RegistryClient('http://registry.test', { fetch: registry.fetch });
  expect(await client.query(query)).toEqual(page);
});

test.each<[string, ListQuery, string]>([
  ['a region more', { regions: ['eu'] }, 'region=eu&region=us'],
  ['a region less', { regions: ['eu', 'us'] }, 'region=eu'],
  ['another order', { regions: ['eu'] }, 'region=eu&sort=lastSeen'],
  ['another page', { cursor: 'ab' }, 'cursor=cd'],
  ['the first page', { cursor: 'ab', limit: 5 }, 'limit=5'],
  ['the other side of a number', { metadata: { n: { above: 1 } } }, 'metadata.n%3C1='],
  ['the number itself as well', { metadata: { n: { above: 1 } } }, 'metadata.n%3E=1'],
  ['what was negated', { metadata: { n: { not: 1 } } }, 'metadata.n=1'],
  ['fewer fields', { fields: ['serverId', 'region'] }, 'fields=serverId'],
])('an answer to a query with %s is none to this one', async (_, query, asked) => {
  const page = { servers: [], timestamp: 1, asked, total: 0 };
  const registry = new FakeRegistry(new ManualTime(), () => Response.json(page));
  const client = new RegistryClient('http://registry.test', { fetch: registry.fetch });
  await expect(client.query(query)).rejects.toThrow('not with what was asked for');
});

test('a number to compare with must be finite', async () => {
  const client = new RegistryClient('http://registry.test');
  await expect(client.query({ metadata: { players: { atLeast: Number.NaN } } })).rejects.toThrow(RangeError);
});
