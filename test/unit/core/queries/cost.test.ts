/**
 * What queries cost, in counted steps, so that no busy machine fails the test: hostile ones are looked for, and the
 * everyday ones must stay far from the limit.
 */
import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { Conditions } from '../../../../src/core/queries/conditions.ts';
import { tokensOf } from '../../../../src/core/queries/spelling.ts';
import { partOf, TextSearch } from '../../../../src/core/queries/text-search.ts';
import { MAX_STEPS, QueryRefused, Work } from '../../../../src/core/queries/work.ts';
import { METADATA_LIMITS } from '../../../../src/protocol/metadata.ts';
import { QUERY_LIMITS, type Condition } from '../../../../src/protocol/query.ts';

/** Of the largest registry by default. */
const ENTRIES = 10_000;

/** Steps over a full registry of such entries; Infinity where that is refused. */
function stepsOf(use: (work: Work) => void): number {
  const work = new Work();
  try {
    use(work);
  } catch (error) {
    if (!(error instanceof QueryRefused)) throw error;
    return Infinity;
  }
  return ENTRIES * work.steps;
}

const fill = (part: string) => part.repeat(2000).slice(0, 1900);
const words = Array.from({ length: 300 }, (_, at) => (at * 7919).toString(36))
  .join(' ')
  .slice(0, 1900);

const OF_2_KB: Readonly<Record<string, unknown>> = {
  'one letter': { motd: fill('a') },
  'two letters': { motd: fill('ab') },
  words: { motd: words, map: 'dust', players: 3, maxPlayers: 16 },
  'words before the members': { motd: words, tags: ['pvp', 'eu'], players: 3 },
  Cyrillic: { motd: 'сервер '.repeat(150), players: 3 },
  'many numbers': Object.fromEntries(Array.from({ length: 150 }, (_, at) => [`slot${at}`, at])),
  'an object before the members': {
    rules: Object.fromEntries(Array.from({ length: 80 }, (_, at) => [`rule${at}`, `value ${at}`])),
    players: 3,
    map: 'dust',
  },
  'many tags': { tags: Array.from({ length: 200 }, (_, at) => `tag${at}`), players: 3 },
  'lines of text': { motd: 'one line\nand one more\n'.repeat(80), players: 3 },
};

describe.each(Object.entries(OF_2_KB))(
  '10,000 entries of 2 KB with %s are within the limit, asked',
  (_, metadata) => {
    const json = JSON.stringify(metadata);

    test('(2 KB is the most there is)', () => {
      const bytes = new TextEncoder().encode(json).byteLength;
      expect(bytes).toBeGreaterThan(1000);
      expect(bytes).toBeLessThanOrEqual(METADATA_LIMITS.bytes);
    });

    test.each([
      'zz',
      'dust',
      'map',
      'server',
      'a',
      'one line',
      'сервер',
      'é',
      'welcome to the server',
      'aab',
      '27',
    ])('for the text %s', (text) => {
      expect(stepsOf((work) => new TextSearch(text, work).isInStringOf(json))).toBeLessThan(MAX_STEPS);
    });

    test.each<[string, Condition[]]>([
      ['a text', [{ kind: 'is', key: 'map', values: ['dust'], negated: false }]],
      ['no text', [{ kind: 'is', key: 'map', values: ['dust'], negated: true }]],
      ['a tag', [{ kind: 'is', key: 'tags', values: ['tag199'], negated: false }]],
      [
        'numbers between bounds and members',
        [
          { kind: 'compares', key: 'players', comparison: '>=', bound: 1 },
          {
            kind: 'compares',
            key: 'players',
            comparison: '<',
            bound: { member: 'maxPlayers', isBare: false },
          },
        ],
      ],
    ])('for %s', (_, conditions) => {
      expect(stepsOf((work) => new Conditions(conditions, work).hold(json))).toBeLessThan(MAX_STEPS);
    });
  },
);

describe('a hostile query over hostile entries', () => {
  /** Repeats itself, but for some slips. */
  const periodic = (length: number) =>
    fc
      .tuple(
        fc.array(fc.constantFrom('a', 'b', 'c'), { minLength: 1, maxLength: 6 }),
        fc.array(fc.tuple(fc.nat(length), fc.constantFrom('a', 'b', 'c')), { maxLength: 4 }),
      )
      .map(([period, slips]) => {
        const letters = Array.from({ length }, (_, at) => period[at % period.length] ?? 'a');
        for (const [at, letter] of slips) letters[at % length] = letter;
        return letters.join('');
      });

  test('is sought by a part that a naive search passes over in three comparisons a letter', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 1, max: QUERY_LIMITS.textCharacters }).chain(periodic),
        periodic(2000),
        (sought, text) => {
          const [start, end] = partOf(tokensOf(sought));
          const part = sought.slice(start, end);
          let comparisons = 0;
          for (let at = 0; at < text.length; at += 1) {
            let same = 0;
            while (same < part.length && text[at + same] === part[same]) same += 1;
            comparisons += same + 1;
          }
          expect(comparisons).toBeLessThan(text.length * 3.8);
        },
      ),
      { numRuns: 500 },
    );
  });

  test('is charged for every place that is looked at, and refused when it takes too long', () => {
    const json = JSON.stringify({ motd: fill('aaab') });
    const hostile = 'a'.repeat(QUERY_LIMITS.textCharacters);
    const work = new Work();
    const search = new TextSearch(hostile, work);
    let entries = 0;
    expect(() => {
      for (; entries < ENTRIES; entries += 1) search.isInStringOf(json);
    }).toThrow(QueryRefused);
    expect(entries).toBeLessThan(ENTRIES / 10);
  });
});
