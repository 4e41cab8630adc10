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

test('a page signed for another question does not pass for this one, nor for the whole list', async () => {
  const page = { servers: [], timestamp: 1, asked: 'region=nowhere', total: 0 };
  const registry = new FakeRegistry(new ManualTime(), () => Response.json(page));
  const client = new RegistryClient('http://registry.test', { fetch: registry.fetch });
  await expect(client.query({ regions: ['eu'] })).rejects.toThrow('not with what was asked for');
  await expect(client.list()).rejects.toThrow('not with what was asked for');
});
