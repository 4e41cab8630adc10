/** Conditions on metadata: what each operator means, and that the text of the metadata is read as it parses. */
import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { Conditions } from '../../../../src/core/queries/conditions.ts';
import { QueryRefused, Work } from '../../../../src/core/queries/work.ts';
import { answerQuery } from '../../../../src/core/queries/page.ts';
import { COMPARISONS, type Bound, type Comparison, type Condition } from '../../../../src/protocol/query.ts';
import { directory, registration } from '../support.ts';

const is = (key: string, ...values: string[]): Condition => ({ kind: 'is', key, values, negated: false });
const isNot = (key: string, ...values: string[]): Condition => ({ kind: 'is', key, values, negated: true });
const compares = (key: string, comparison: Comparison, bound: Bound): Condition => ({
  kind: 'compares',
  key,
  comparison,
  bound,
});
const member = (name: string, isBare = false) => ({ member: name, isBare });

const hold = (metadata: unknown, ...conditions: Condition[]) =>
  new Conditions(conditions, new Work()).hold(JSON.stringify(metadata));

const SERVER = {
  map: 'Dust',
  rules: { players: 99, map: 'nested' },
  players: 12,
  maxPlayers: 16,
  full: false,
  owner: null,
  ratio: -0.5,
  tags: ['pvp', 'eu', 3, ['in'], { of: 'it' }],
};

describe('of a server, it holds that', () => {
  test.each<[string, Condition]>([
    ['a text is', is('map', 'Dust')],
    ['a text is one of several', is('map', 'Aztec', 'Dust')],
    ['a number behind an object within is', is('players', '12')],
    ['a boolean is', is('full', 'false')],
    ['null is', is('owner', 'null')],
    ['a tag is in an array', is('tags', 'pvp')],
    ['a number is in an array', is('tags', '3')],
    ['a text is not', isNot('map', 'Aztec')],
    ['a text is none of several', isNot('map', 'Aztec', 'Inferno')],
    ['a tag is in no array', isNot('tags', 'pve')],
    ['a member that is not there is not', isNot('mode', 'x')],
    ['a number is at least', compares('players', '>=', 12)],
    ['a number is at most', compares('players', '<=', 12)],
    ['a number is above', compares('players', '>', 11.5)],
    ['a number is below', compares('players', '<', 13)],
    ['a negative number is above', compares('ratio', '>', -1)],
    ['a number is below another', compares('players', '<', member('maxPlayers'))],
  ])('%s', (_, condition) => {
    expect(hold(SERVER, condition)).toBe(true);
  });

  test.each<[string, Condition]>([
    ['a text is in another case', is('map', 'dust')],
    ['a text is in part', is('map', 'Dus')],
    ['a number is in part', is('players', '1')],
    ['a member within is one of its own', is('of', 'it')],
    ['an item of an array within is one of its own', is('tags', 'in')],
    ['a member of an item is an item', is('tags', 'it')],
    ['a tag that is there is in no array', isNot('tags', 'pvp')],
    ['one of several is none', isNot('map', 'Dust', 'Aztec')],
    ['a member of all objects is there', is('constructor', 'x')],
    ['a text compares with a number', compares('map', '<', 5)],
    ['a boolean compares with a number', compares('full', '<', 5)],
    ['a member that is not there compares', compares('mode', '<', 5)],
    ['a number compares with a text', compares('players', '<', member('map'))],
    ['a number compares with a member within', compares('players', '<', member('of'))],
    ['a number is above itself', compares('players', '>', member('players'))],
  ])('not: %s', (_, condition) => {
    expect(hold(SERVER, condition)).toBe(false);
  });
});

test('a server without metadata is nothing, and so it is not', () => {
  const of = (condition: Condition) => new Conditions([condition], new Work()).hold(null);
  expect(of(is('map', 'x'))).toBe(false);
  expect(of(compares('players', '<', 1))).toBe(false);
  expect(of(isNot('map', 'x'))).toBe(true);
});

/** The conditions as they are meant, on the parsed object. */
function naively(metadata: Readonly<Record<string, unknown>>, condition: Condition): boolean {
  const valueOf = (key: string) => (Object.hasOwn(metadata, key) ? metadata[key] : undefined);
  const value = valueOf(condition.key);
  if (condition.kind === 'is') {
    const scalars: unknown[] = Array.isArray(value) ? value : [value];
    const texts = scalars
      .filter((scalar) => scalar !== undefined && (typeof scalar !== 'object' || scalar === null))
      .map(String);
    return texts.some((text) => condition.values.includes(text)) !== condition.negated;
  }
  const { bound, comparison } = condition;
  const other = typeof bound === 'number' ? bound : valueOf(bound.member);
  if (typeof value !== 'number' || typeof other !== 'number') return false;
  const results = { '<': value < other, '<=': value <= other, '>': value > other, '>=': value >= other };
  return results[comparison];
}

test('the text of the metadata is read as it parses', () => {
  const key = fc.constantFrom(
    'a',
    'b',
    'map',
    '',
    ',',
    ':',
    ',"a":1',
    '}',
    '"',
    '\\',
    'ü',
    '\n',
    ']',
    '{"a":',
    '0',
  );
  const word = fc.constantFrom(
    'a',
    'x',
    '',
    ',',
    '"',
    '","',
    '\\',
    '\\"',
    ']',
    '[',
    '{',
    '}',
    ':',
    '1',
    'true',
    'null',
    '-0.5',
  );
  const number = fc.constantFrom(0, 1, -1, -0.5, 2, 1e21, 1e-7, 12345);
  const scalar = fc.oneof(word, number, fc.boolean(), fc.constant(null));
  const value = fc.letrec<{ value: unknown }>((tie) => ({
    value: fc.oneof(
      { maxDepth: 3 },
      scalar,
      fc.array(tie('value'), { maxLength: 4 }),
      fc.dictionary(key, tie('value'), { maxKeys: 3 }),
    ),
  })).value;
  const bound = fc.oneof(
    number,
    key.map((name) => member(name)),
  );
  const condition = fc.oneof(
    fc
      .tuple(key, fc.array(scalar.map(String), { minLength: 1, maxLength: 3 }), fc.boolean())
      .map(([of, values, negated]): Condition => ({ kind: 'is', key: of, values, negated })),
    fc
      .tuple(key, fc.constantFrom(...COMPARISONS), bound)
      .map(([of, comparison, to]): Condition => compares(of, comparison, to)),
  );
  fc.assert(
    fc.property(
      fc.dictionary(key, value, { maxKeys: 6 }),
      fc.array(condition, { minLength: 1, maxLength: 3 }),
      (metadata, conditions) => {
        // As it comes: JSON.parse gives members, not a prototype.
        const parsed: Readonly<Record<string, unknown>> = JSON.parse(JSON.stringify(metadata));
        expect(hold(parsed, ...conditions)).toBe(conditions.every((each) => naively(parsed, each)));
      },
    ),
    { numRuns: 5000 },
  );
});

describe('a bare name to compare with', () => {
  const query = (condition: Condition) => ({
    asked: '',
    schemes: [],
    regions: [],
    conditions: [condition],
    text: null,
    sort: 'registeredAt' as const,
    near: null,
    limit: null,
    after: null,
    fields: null,
  });
  const servers = directory();
  servers.register(registration('a', { metadata: '{"players":16,"maxPlayers":16}' }), 1);
  const ask = (condition: Condition) => answerQuery(servers, query(condition), 1);

  test('is a member, where any server has it', () => {
    expect(new TextDecoder().decode(ask(compares('players', '<', member('maxPlayers', true))))).toContain(
      '"total":0',
    );
  });

  test('is refused where none has it, since it was hardly meant', () => {
    expect(() => ask(compares('players', '<', member('maxPlayer', true)))).toThrow(QueryRefused);
    expect(() => ask(compares('players', '<', member('maxPlayer', true)))).toThrow('invalid-field');
  });

  test('is never refused where it is spelled out', () => {
    expect(() => ask(compares('players', '<', member('maxPlayer')))).not.toThrow();
  });
});
