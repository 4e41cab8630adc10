/** Queries through the Worker: conditions on metadata, texts in every spelling, and what is too much. */
import { describe, expect, test } from 'vitest';
import { pageAnswer } from '../../src/protocol/protocol.ts';
import { freshRegistry, inside, parseBody, passMs, registration } from './support/fleet.ts';
import { expectProblem, register, send, useEmptyRegistry } from './support/http.ts';

useEmptyRegistry();

const page = async (query: string) => {
  const response = await send('GET', `/servers?${query}`);
  expect(response.status).toBe(200);
  return pageAnswer.parse(await response.json());
};
const ids = async (query: string) => (await page(query)).servers.map((server) => server.serverId);

describe('conditions on metadata', () => {
  const fill = async () => {
    await register({
      serverId: 'full',
      metadata: { map: 'dust', players: 16, maxPlayers: 16, tags: ['pvp'] },
    });
    await register({
      serverId: 'open',
      metadata: { map: 'sand', players: 3, maxPlayers: 16, tags: ['pve', 'eu'] },
    });
    await register({ serverId: 'empty', metadata: { map: 'dust', players: 0, maxPlayers: 8 } });
    await register({ serverId: 'bare' });
  };

  test.each([
    ['metadata.players>=1', ['full', 'open']],
    ['metadata.players%3E%3D1', ['full', 'open']],
    ['metadata.players<16', ['empty', 'open']],
    ['metadata.players>0&metadata.players<=3', ['open']],
    ['metadata.players<metadata.maxPlayers', ['empty', 'open']],
    ['metadata.players<maxPlayers', ['empty', 'open']],
    ['metadata.tags=pvp', ['full']],
    ['metadata.tags=pvp&metadata.tags=eu', ['full', 'open']],
    ['metadata.tags!=pvp', ['bare', 'empty', 'open']],
    ['metadata.map!=dust', ['bare', 'open']],
    ['metadata.map=dust&metadata.players<metadata.maxPlayers', ['empty']],
  ])('%s', async (query, expected) => {
    await fill();
    expect(await ids(query)).toEqual(expected.toSorted());
    expect((await page(`${query}&limit=1`)).total).toBe(expected.length);
  });

  test.each([
    ['metadata.players>abc', 'metadata.players is compared with "abc"'],
    ['metadata.players>=', 'metadata.players must be compared with a number or with another member'],
    ['metadata.map==dust', 'write metadata.map=<value>'],
    ['players>=1', 'as in metadata.players>=1'],
  ])('%s is refused with what to write', async (query, why) => {
    await fill();
    await expectProblem(await send('GET', `/servers?${query}`), 400, why);
  });
});

describe('a text', () => {
  test.each([
    ['ΟΔΟΣ', 'ΟΔΟΣΑ'],
    ['cafe\u0301', 'Café'],
    ['CAFÉ', 'cafe\u0301'],
    ['STRASSE', 'Straße'],
    ['istanbul', 'İSTANBUL'],
    ['дом', 'ДОМ'],
  ])('%s is found in %s', async (sought, name) => {
    await register({ metadata: { name } });
    expect(await ids(`q=${encodeURIComponent(sought)}`)).toEqual(['a']);
  });

  test('of more than 64 characters is refused', async () => {
    expect((await page(`q=${'a'.repeat(64)}`)).total).toBe(0);
    await expectProblem(
      await send('GET', `/servers?q=${'a'.repeat(65)}`),
      400,
      'q must have at most 64 characters',
    );
  });
});

describe('a query', () => {
  test('is the same with whatever else is in its query string', async () => {
    await register();
    const first = await page('region=eu&limit=5');
    passMs(10);
    const again = await page('utm=1&limit=005&region=eu&x=2&region=eu&sort=registeredAt');
    expect(again).toEqual(first);
    expect(again.asked).toBe('region=eu&limit=5');
  });

  test('of more than 4,096 bytes is refused', async () => {
    await expectProblem(await send('GET', `/servers?x=${'y'.repeat(4095)}`), 414, 'at most 4096 bytes');
  });

  test('has 1,000 servers on a page where no limit is given', async () => {
    const stub = freshRegistry();
    const answer = await inside(stub, async (registry) => {
      const all = Array.from({ length: 1003 }, (_, at) => registry.register(registration(`s${at}`)));
      await Promise.all(all);
      const query = { asked: 'region=eu', regions: ['eu'], conditions: [], text: null, sort: 'registeredAt' };
      const rest = { near: null, limit: null, after: null, fields: ['serverId'] };
      return parseBody(await registry.queryServers(JSON.stringify({ ...query, ...rest }), null));
    });
    const { servers, total, nextCursor } = pageAnswer.parse(answer);
    expect([servers.length, total, typeof nextCursor]).toEqual([1000, 1003, 'string']);
  });

  test('that would take too long is refused, and others are answered', async () => {
    const stub = freshRegistry();
    await inside(stub, async (registry) => {
      const metadata = JSON.stringify({ motd: 'aaab'.repeat(500) });
      const all = Array.from({ length: 1000 }, (_, at) =>
        registry.register(registration(`s${at}`, { metadata })),
      );
      await Promise.all(all);
      const ask = (text: string) =>
        registry.queryServers(
          JSON.stringify({
            asked: 'q',
            regions: [],
            text,
            sort: 'registeredAt',
            near: null,
            limit: 1,
            after: null,
            fields: null,
          }),
          null,
        );
      expect(await ask('a'.repeat(64))).toEqual({ kind: 'query-too-costly' });
      expect(pageAnswer.parse(await parseBody(await ask('aaab'))).total).toBe(1000);
    });
  });
});
