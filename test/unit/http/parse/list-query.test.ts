/** `GET /servers?…`: the forms of conditions, what is refused and how, and the one spelling of a query. */
import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { parseListRequest } from '../../../../src/http/parse/list-query.ts';
import { FIELDS, type Query } from '../../../../src/protocol/query.ts';
import { isAnswerTo, queryPath, type ListQuery } from '../../../../src/client/query.ts';

const ask = (search: string) => parseListRequest(`http://registry.test/servers?${search}`, () => null);

function parse(search: string): Query {
  const parsed = ask(search);
  if (!parsed.ok || parsed.value.kind !== 'page') throw new Error(JSON.stringify(parsed));
  return parsed.value.query;
}

function refusalOf(search: string) {
  const parsed = ask(search);
  return parsed.ok ? parsed.value : parsed.refusal;
}

const is = (key: string, values: string[], negated = false) => ({ kind: 'is', key, values, negated });
const compares = (key: string, comparison: string, bound: unknown) => ({
  kind: 'compares',
  key,
  comparison,
  bound,
});

describe('a condition on metadata', () => {
  test.each([
    ['metadata.map=dust', is('map', ['dust'])],
    ['metadata.map=a&metadata.map=b&metadata.map=a', is('map', ['a', 'b'])],
    ['metadata.map%3Ddust', is('map', ['dust'])],
    ['metadata.map!=dust', is('map', ['dust'], true)],
    ['metadata.map%21%3Ddust', is('map', ['dust'], true)],
    ['metadata.map!=a&metadata.map!=b', is('map', ['a', 'b'], true)],
    ['metadata.hey!you=x', is('hey!you', ['x'])],
    ['metadata.map=%3D%3D', is('map', ['=='])],
    ['metadata.players>=1', compares('players', '>=', 1)],
    ['metadata.players>1', compares('players', '>', 1)],
    ['metadata.players<16', compares('players', '<', 16)],
    ['metadata.players<=16', compares('players', '<=', 16)],
    ['metadata.players%3E%3D1', compares('players', '>=', 1)],
    ['metadata.players%3E=1', compares('players', '>=', 1)],
    ['metadata.players%3C16', compares('players', '<', 16)],
    ['metadata.players%3C16=', compares('players', '<', 16)],
    ['metadata.players+%3E%3D+1', compares('players', '>=', 1)],
    ['metadata.ratio<-0.5', compares('ratio', '<', -0.5)],
    ['metadata.ratio<1e3', compares('ratio', '<', 1000)],
    [
      'metadata.players<metadata.maxPlayers',
      compares('players', '<', { member: 'maxPlayers', isBare: false }),
    ],
    ['metadata.players<maxPlayers', compares('players', '<', { member: 'maxPlayers', isBare: true })],
    [
      'metadata.players<=metadata.maxPlayers',
      compares('players', '<=', { member: 'maxPlayers', isBare: false }),
    ],
    ['metadata."a<b"=1', is('a<b', ['1'])],
    ['metadata."a<b">=1', compares('a<b', '>=', 1)],
    ['metadata.%22say+%5C%22hi%5C%22%22!=x', is('say "hi"', ['x'], true)],
    ['metadata.a<metadata."b<c"', compares('a', '<', { member: 'b<c', isBare: false })],
  ])('%s', (search, condition) => {
    expect(parse(search).conditions).toEqual([condition]);
  });

  test.each([
    ['metadata.players>=', 'metadata.players must be compared with a number or with another member'],
    ['metadata.players<', 'metadata.players must be compared'],
    ['metadata.players>1,000', 'but is compared with "1,000"'],
    ['metadata.players<>3', 'for all but one value, write metadata.players!=<value>'],
    ['metadata.players>1e999', 'but is compared with "1e999"'],
    ['metadata.map==dust', 'metadata.map is followed by "=="'],
    ['metadata.a<b=c', 'a key with such a sign is written in quotes'],
    [
      'players>=1',
      "players can't be compared: conditions are on members of the metadata, as in metadata.players>=1",
    ],
    ['players<maxPlayers', "players can't be compared"],
    ['region!=eu', "region can't be compared"],
    [
      Array.from({ length: 17 }, (_, at) => `metadata.k${at}=1`).join('&'),
      'metadata can have 16 conditions in one query, but has 17',
    ],
  ])('%s is refused', (search, why) => {
    const refusal = refusalOf(search);
    if (refusal.kind !== 'invalid-field') throw new Error(JSON.stringify(refusal));
    expect(`${refusal.field} ${refusal.problem}`).toContain(why);
  });
});

describe('the query string', () => {
  test.each([
    ['of unknown parameters too', 'utm=1&region=eu&x=%FF&_=3', 'region=eu'],
    ['with regions twice, in any order', 'region=us&region=eu&region=us', 'region=eu&region=us'],
    ['with fields twice, in any order', 'fields=region,endpoint,region,region', 'fields=endpoint%2Cregion'],
    ['with what goes without saying', 'sort=registeredAt&limit=1000&region=eu', 'region=eu'],
    ['with nothing else', 'limit=1000', 'sort=registeredAt'],
    ['with an order that near brings', 'near=52.50,13&sort=distance', 'near=52.5%2C13'],
    ['with numbers in other spellings', 'limit=010&near=auto', 'near=auto&limit=10'],
    ['with an empty text', 'q=&region=eu', 'region=eu'],
    ['with a text in parts', 'q=e%CC%81', 'q=%C3%A9'],
    [
      'with conditions in any order',
      'metadata.players%3C16&metadata.a!=x&metadata.players>=1.0&metadata.b=2&metadata.b=1',
      'metadata.a%21=x&metadata.b=1&metadata.b=2&metadata.players%3C16=&metadata.players%3E=1',
    ],
  ])('%s has one spelling', (_, search, asked) => {
    expect(parse(search).asked).toBe(asked);
  });

  test('in its one spelling is the same query', () => {
    const text = fc.string({ unit: 'grapheme', maxLength: 12 });
    const key = fc.oneof(text, fc.constantFrom('players', 'a<b', 'x!', 'a=b', '"', ' ', 'metadata.x'));
    const named = (name: string) => `metadata.${JSON.stringify(name)}`;
    const number = fc.double({ noNaN: true, noDefaultInfinity: true }).map(String);
    const pair: fc.Arbitrary<[string, string]> = fc.oneof(
      fc.tuple(fc.constantFrom('region', 'q', 'utm'), text),
      fc.constantFrom<[string, string]>(['sort', 'lastSeen'], ['sort', 'registeredAt'], ['limit', '7']),
      fc.constant<[string, string]>(['fields', 'region,serverId']),
      fc.tuple(key.map(named), text),
      fc.tuple(
        key.map((name) => `${named(name)}!`),
        text,
      ),
      fc.tuple(
        key.map((name) => `${named(name)}<`),
        number,
      ),
      fc.tuple(
        fc.tuple(key, key).map(([name, other]) => `${named(name)}>${named(other)}`),
        fc.constant(''),
      ),
    );
    fc.assert(
      fc.property(fc.array(pair, { minLength: 1, maxLength: 6 }), (pairs) => {
        const parsed = ask(new URLSearchParams(pairs).toString());
        fc.pre(parsed.ok && parsed.value.kind === 'page');
        if (!parsed.ok || parsed.value.kind !== 'page') return;
        expect(parse(parsed.value.query.asked)).toEqual(parsed.value.query);
      }),
      { numRuns: 1000 },
    );
  });
});

test('a query of the client is repeated in a spelling by which the client knows it', () => {
  const text = fc.string({ unit: 'grapheme', maxLength: 12 });
  const value = fc.oneof(text, fc.integer(), fc.boolean(), fc.constant(null));
  const bound = fc.oneof(
    fc.double({ noNaN: true, noDefaultInfinity: true }),
    fc.record({ member: fc.oneof(text, fc.constantFrom('maxPlayers', 'a<b', '1', 'metadata.x', 'x=')) }),
  );
  const values = fc.oneof(value, fc.array(value, { maxLength: 3 }));
  const condition = fc.record(
    { not: values, above: bound, atLeast: bound, below: bound, atMost: bound },
    { requiredKeys: [] },
  );
  const key = fc.oneof(text, fc.constantFrom('players', 'a<b', 'x!', 'a=b', '"', ' ', '__proto__'));
  const query: fc.Arbitrary<ListQuery> = fc.record(
    {
      regions: fc.array(text, { maxLength: 3 }),
      metadata: fc.dictionary(key, fc.oneof(values, condition), { maxKeys: 3 }),
      text,
      near: fc.constantFrom(
        'auto' as const,
        { latitude: 52.5, longitude: -13 },
        { latitude: -0, longitude: 1e-7 },
      ),
      sort: fc.constantFrom('registeredAt' as const, 'lastSeen' as const),
      limit: fc.constantFrom(1, 50, 1000),
      fields: fc.array(fc.constantFrom(...FIELDS), { minLength: 1 }),
    },
    { requiredKeys: [] },
  );
  fc.assert(
    fc.property(query, (asks) => {
      const path = queryPath(asks);
      expect(isAnswerTo(path, parse(path.slice('/servers?'.length)).asked)).toBe(true);
    }),
    { numRuns: 1000 },
  );
});

describe('what is too much is refused', () => {
  test('a query string of more than 4,096 bytes, whatever is in it', () => {
    expect(refusalOf(`x=${'y'.repeat(4095)}`)).toEqual({ kind: 'query-too-long', maxBytes: 4096 });
    expect(refusalOf(`x=${'y'.repeat(4094)}`)).toEqual({ kind: 'all' });
  });

  test('a text of more than 64 characters, counted as code points', () => {
    expect(parse(`q=${encodeURIComponent('🎮'.repeat(64))}`).text).toBe('🎮'.repeat(64));
    expect(refusalOf(`q=${encodeURIComponent('🎮'.repeat(65))}`)).toEqual({
      kind: 'invalid-field',
      field: 'q',
      problem: 'must have at most 64 characters, but has 65',
    });
  });
});
