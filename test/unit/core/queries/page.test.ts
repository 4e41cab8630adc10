import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { distanceKm } from '../../../../src/core/queries/distance.ts';
import { Pages } from '../../../../src/core/queries/kept-pages.ts';
import { answerQuery } from '../../../../src/core/queries/page.ts';
import { encodeUtf8 } from '../../../../src/core/utf8.ts';
import { pageAnswer } from '../../../../src/protocol/protocol.ts';
import { QUERY_LIMITS, SORTS, type Cursor, type Query } from '../../../../src/protocol/query.ts';
import { ALL, beat, directory, registration } from '../support.ts';

const is = (key: string, ...values: string[]) => ({ kind: 'is' as const, key, values, negated: false });
const BERLIN = { latitude: 52.5, longitude: 13.4 };

function ask(from: ReturnType<typeof directory>, more: Partial<Query>) {
  const bytes = answerQuery(from, { ...ALL, ...more }, 500);
  const page = pageAnswer.parse(JSON.parse(new TextDecoder().decode(bytes)));
  return { ...page, ids: page.servers.map((server) => server.serverId) };
}

function decodeCursor(hex: string): Cursor {
  const [sort, rank, serverId] = JSON.parse(Buffer.from(hex, 'hex').toString());
  return { sort, rank, serverId };
}

function world() {
  const servers = directory();
  const place = (latitude: number, longitude: number) => ({ location: { latitude, longitude } });
  servers.register(
    registration('paris', { region: 'eu', metadata: '{"map":"Dust","players":3}', ...place(48.9, 2.4) }),
    1,
  );
  servers.register(
    registration('sydney', { region: 'ap', metadata: '{"map":"Aztec","full":true}', ...place(-33.9, 151.2) }),
    2,
  );
  servers.register(registration('nowhere', { region: 'eu', metadata: '{"map":"Dust","tags":["x"]}' }), 3);
  servers.register(registration('york', { region: 'us', ...place(40.7, -74) }), 4);
  servers.heartbeat('paris', 10);
  return servers;
}

describe('a filter', () => {
  test.each<[string, Partial<Query>, string[]]>([
    ['none', {}, ['paris', 'sydney', 'nowhere', 'york']],
    ['region', { regions: ['eu'] }, ['paris', 'nowhere']],
    ['several regions', { regions: ['ap', 'us'] }, ['sydney', 'york']],
    ['a text of the metadata', { conditions: [is('map', 'Dust')] }, ['paris', 'nowhere']],
    ['a number of the metadata', { conditions: [is('players', '3')] }, ['paris']],
    ['a boolean of the metadata', { conditions: [is('full', 'true')] }, ['sydney']],
    ['one of several values', { conditions: [is('map', 'Aztec', 'Dust')] }, ['paris', 'sydney', 'nowhere']],
    ['several keys', { conditions: [is('map', 'Dust'), is('players', '3')] }, ['paris']],
    ['a key that nobody has', { conditions: [is('mode', 'x')] }, []],
    ['a key that objects have by nature', { conditions: [is('constructor', 'x')] }, []],
    ['text in the id', { text: 'ork' }, ['york']],
    ['text in the metadata, whatever its case', { text: 'aztec' }, ['sydney']],
    ['text in the region', { text: 'ap' }, ['sydney']],
  ])('%s', (_, more, ids) => {
    expect(ask(world(), more).ids).toEqual(ids);
    expect(ask(world(), more).total).toBe(ids.length);
  });

  test('sees metadata that a heartbeat changed', () => {
    const servers = world();
    expect(ask(servers, { conditions: [is('players', '3')] }).ids).toEqual(['paris']);
    beat(servers, 'paris', 20, '{"players":4}');
    expect(ask(servers, { conditions: [is('players', '3')] }).ids).toEqual([]);
    expect(ask(servers, { conditions: [is('players', '4')] }).ids).toEqual(['paris']);
  });
});

describe('the order', () => {
  test('by lastSeen begins with the last heard', () => {
    expect(ask(world(), { sort: 'lastSeen' }).ids).toEqual(['paris', 'york', 'nowhere', 'sydney']);
  });

  test('by distance begins with the nearest and ends with those without a place', () => {
    const { servers } = ask(world(), { sort: 'distance', near: BERLIN });
    expect(servers.map((server) => [server.serverId, server.distanceKm])).toEqual([
      ['paris', expect.closeTo(878, -2)],
      ['york', expect.closeTo(6385, -2)],
      ['sydney', expect.closeTo(16090, -2)],
      ['nowhere', undefined],
    ]);
  });
});

describe('a page', () => {
  const many = (count: number, metadata: (index: number) => string | null) => {
    const servers = directory();
    for (let index = 0; index < count; index += 1) {
      servers.register(
        registration(`s${String(index).padStart(5, '0')}`, { metadata: metadata(index) }),
        index,
      );
    }
    return servers;
  };

  test('has 1,000 entries at most, whatever was asked for, and the next one goes on', () => {
    const servers = many(QUERY_LIMITS.pageEntries + 5, () => null);
    for (const limit of [null, 1_000_000]) {
      const { ids, total, nextCursor = '' } = ask(servers, { limit });
      expect([ids.length, total]).toEqual([QUERY_LIMITS.pageEntries, QUERY_LIMITS.pageEntries + 5]);
      const next = ask(servers, { limit, after: decodeCursor(nextCursor) });
      expect(next.ids).toEqual(['s01000', 's01001', 's01002', 's01003', 's01004']);
      expect(next.nextCursor).toBeUndefined();
    }
  });

  test('ends before its entries take more than 4 MB, and the next one goes on', () => {
    const key = '€'.repeat(1024);
    const servers = directory();
    for (let index = 0; index < 900; index += 1) {
      const long = {
        publicKey: key,
        endpoint: `wss://x.example/${key}`,
        metadata: `{"x":"${'y'.repeat(2000)}"}`,
      };
      servers.register(registration(`s${String(index).padStart(5, '0')}`, long), index);
    }
    const seen: (string | undefined)[] = [];
    let after: Cursor | null = null;
    for (let pages = 0; pages < 9; pages += 1) {
      const bytes = answerQuery(servers, { ...ALL, after }, 500);
      expect(bytes.byteLength).toBeLessThan(QUERY_LIMITS.pageBytes + 1000);
      const page = pageAnswer.parse(JSON.parse(new TextDecoder().decode(bytes)));
      seen.push(...page.servers.map((server) => server.serverId));
      if (page.nextCursor === undefined) break;
      after = decodeCursor(page.nextCursor);
    }
    expect(seen).toEqual(Array.from({ length: 900 }, (_, index) => `s${String(index).padStart(5, '0')}`));
  });

  test('chosen among many is what sorting them all would give', () => {
    fc.assert(
      fc.property(
        fc.uniqueArray(fc.tuple(fc.string(), fc.nat({ max: 5 })), { selector: ([id]) => id, maxLength: 60 }),
        fc.integer({ min: 1, max: 70 }),
        (servers, limit) => {
          const held = directory();
          for (const [id, at] of servers) held.register(registration(id), at);
          const sorted = servers
            .toSorted(([one, at], [other, then]) => at - then || (one < other ? -1 : 1))
            .map(([id]) => id);
          expect(ask(held, { limit }).ids).toEqual(sorted.slice(0, limit));
        },
      ),
    );
  });
});

test('fields leaves out what is not named', () => {
  const { servers } = ask(world(), { fields: ['serverId', 'metadata'], regions: ['us', 'ap'] });
  expect(servers).toEqual([
    { serverId: 'sydney', metadata: { map: 'Aztec', full: true } },
    { serverId: 'york' },
  ]);
});

test('pages joined are the whole in its order, whoever comes and goes between them, for those who stay', () => {
  fc.assert(
    fc.property(
      fc.uniqueArray(fc.string({ unit: 'grapheme', minLength: 1 }), { minLength: 1, maxLength: 40 }),
      fc.integer({ min: 1, max: 12 }),
      fc.constantFrom(...SORTS),
      fc.nat({ max: 39 }),
      (ids, limit, sort, goes) => {
        const servers = directory();
        for (const [index, id] of ids.entries()) {
          const location = index % 3 === 0 ? {} : { location: { latitude: index % 7, longitude: 1 } };
          servers.register(registration(id, location), index % 5);
        }
        const near = { latitude: 0, longitude: 0 };
        const expected = ask(servers, { sort, near }).ids;
        const leaver = ids[goes % ids.length] ?? '';
        const seen: (string | undefined)[] = [];
        let after: Cursor | null = null;
        for (let page = 0; ; page += 1) {
          const answer = ask(servers, { sort, near, limit, after });
          seen.push(...answer.ids);
          if (answer.nextCursor === undefined) break;
          after = decodeCursor(answer.nextCursor);
          if (page === 0) servers.remove(leaver);
          servers.register(registration(`newcomer-${page}-${ids.length}-${Math.random()}`), 1);
        }
        const stayed = expected.filter((id) => id !== leaver);
        expect(seen.filter((id) => id !== leaver && ids.includes(id ?? ''))).toEqual(stayed);
      },
    ),
    { numRuns: 60 },
  );
});

describe('distances', () => {
  test.each([
    ['Berlin to Paris', BERLIN, { latitude: 48.9, longitude: 2.4 }, 878],
    ['across the date line', { latitude: 0, longitude: 179 }, { latitude: 0, longitude: -179 }, 222],
    ['pole to pole', { latitude: 90, longitude: 0 }, { latitude: -90, longitude: 77 }, 20015],
    ['nowhere at all', BERLIN, BERLIN, 0],
  ])('%s', (_, from, to, km) => {
    expect(Math.abs(distanceKm(from, to) - km)).toBeLessThan(10);
    expect(distanceKm(to, from)).toBeCloseTo(distanceKm(from, to), 6);
  });
});

describe('an answer is kept', () => {
  const build = (text: string) => () => encodeUtf8(text);

  test('for its revision and its time, under its query', () => {
    const pages = new Pages(100, 1000);
    const first = pages.answer('q', 1, 0, build('a'));
    expect(pages.answer('q', 1, 99, build('b'))).toBe(first);
    expect(pages.answer('other', 1, 99, build('b'))).not.toBe(first);
    expect(pages.answer('q', 2, 99, build('c'))).toEqual(encodeUtf8('c'));
    expect(pages.answer('q', 2, 199, build('d'))).toEqual(encodeUtf8('d'));
  });

  test('until the bytes of all would pass their bound: the oldest goes first', () => {
    const pages = new Pages(100, 14);
    const first = pages.answer('a', 1, 0, build('12345'));
    const second = pages.answer('b', 1, 0, build('12345'));
    expect(pages.answer('a', 1, 0, build('x'))).toBe(first);
    pages.answer('c', 1, 0, build('12345'));
    expect(pages.answer('b', 1, 0, build('y'))).toBe(second);
    expect(pages.answer('a', 1, 0, build('z'))).toEqual(encodeUtf8('z'));
    const long = pages.answer('long question', 1, 0, build('1'));
    expect(pages.answer('long question', 1, 0, build('1'))).not.toBe(long);
  });
});
