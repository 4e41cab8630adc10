/** What `q` finds, by example and beside a naive search of folded and normalised copies. */
import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { TextSearch } from '../../../../src/core/queries/text-search.ts';
import { Work } from '../../../../src/core/queries/work.ts';

const isIn = (sought: string, text: string) => new TextSearch(sought, new Work()).isIn(text);
const isInStringOf = (sought: string, value: unknown) =>
  new TextSearch(sought, new Work()).isInStringOf(JSON.stringify(value));

describe('a text', () => {
  test.each([
    ['in another case', 'dUsT', 'de_Dust2'],
    ['with a final sigma, at the end of a longer word', 'ΟΔΟΣ', 'ΟΔΟΣΑ'],
    ['with a final sigma, in lower case', 'ΟΔΟΣ', 'οδος'],
    ['with a sigma within, by a final one', 'οδος', 'ΟΔΟΣΑ'],
    ['composed, by its parts', 'Cafe\u0301', 'café'],
    ['in parts, by the composed', 'café', 'cafe\u0301 noir'],
    ['with two marks, composed halfway', '\u1ec7', 'vie\u0323\u0302t'],
    ['with two marks in the other order', 'vi\u1ec7t', 'VIE\u0302\u0323T'],
    ['in Hangul, by its parts', '한국', '한국'.normalize('NFD')],
    ['in Hangul parts, by its syllables', '한국'.normalize('NFD'), '한국 서버'],
    ['in the signs of units', 'Ω Å K', '\u2126 \u212b \u212a'],
    ['with ß, by ss', 'STRASSE', 'Hauptstraße 1'],
    ['with ss, by ß', 'straße', 'HAUPTSTRASSE'],
    ['with a capital ß', 'fuß', 'FUẞBALL'],
    ['with three s, by ß and s', 'flußschiff', 'Flussschiff'],
    ['with a dotted capital I', 'istanbul', 'İSTANBUL'],
    ['with a dotless i', 'ısparta', 'ISPARTA'],
    ['by a dotted capital I in two characters', 'I\u0307zmir', 'izmir'],
    ['of Cherokee', 'ᏣᎳᎩ', 'ꮳꮃꭹ'],
    ['beyond the first plane', '𐐀𐐁', 'x𐐨𐐩'],
    ['of signs that patterns know', '[a+b].*(c|d)?^$\\{2}/-', 'x [A+B].*(C|D)?^$\\{2}/- y'],
    ['of an emoji', '🎮', 'a 🎮 b'],
    ['of one letter', 'x', 'xyz'],
    ['that repeats itself', 'abababababababababab', `${'ab'.repeat(9)}xABABABABABABABABABAB`],
    ['of one letter, many times', 'a'.repeat(64), `${'a'.repeat(63)}b${'A'.repeat(64)}`],
    [
      'of 64 letters',
      'the quick brown fox jumps over the lazy dog and runs away at one',
      `x${'the quick brown fox jumps over the lazy dog and runs away at one'.toUpperCase()}`,
    ],
    ['with a seldom used letter far behind', 'quiz', `${'q'.repeat(80)}uiz`],
  ])('%s is found', (_, sought, text) => {
    expect(isIn(sought, text)).toBe(true);
  });

  test.each([
    ['within another letter', 'e', 'caf\u00e9'],
    ['within another letter, in parts', 'cafe', 'cafe\u0301'],
    ['within a syllable of Hangul', '하', '한국'.normalize('NFD')],
    ['with other marks', 'é', 'è'],
    ['almost', 'a'.repeat(64), `${'a'.repeat(63)}b`.repeat(30)],
    ['but for its beginning', `x${'ab'.repeat(20)}`, 'ab'.repeat(100)],
    ['but for its end', `${'ab'.repeat(20)}x`, 'ab'.repeat(100)],
  ])('that is there %s is not found', (_, sought, text) => {
    expect(isIn(sought, text)).toBe(false);
  });
});

describe('in metadata, a text', () => {
  test.each<[string, string, unknown]>([
    ['of a member', 'dust', { map: 'Dust' }],
    ['of an item', 'pvp', { tags: ['eu', 'PvP'] }],
    ['of an object within', 'deep', { a: { b: [{ c: 'so deep' }] } }],
    ['behind a key that has it', 'map', { map: 1, maps: 2, name: 'map of all' }],
    [
      'behind many keys that have it',
      'k',
      { ...Object.fromEntries(Array.from({ length: 40 }, (_, at) => [`k${at}`, at])), z: 'ok' },
    ],
    ['with quotes', 'say "hi"', { motd: 'Say "Hi"!' }],
    ['with a backslash', 'c:\\dir', { path: 'C:\\DIR' }],
    ['with a line break', 'one\ntwo', { motd: 'One\nTwo' }],
    ['behind a line break', 'two', { motd: 'one\ntwo' }],
    ['that could be a number', '27', { port: 1, note: 'port 27015' }],
    ['that could be a word of JSON', 'true', { on: false, note: 'so TRUE' }],
    ['in parts', 'é', { motd: 'cafe\u0301' }],
  ])('%s is found', (_, sought, metadata) => {
    expect(isInStringOf(sought, metadata)).toBe(true);
  });

  test.each<[string, string, unknown]>([
    ['a key', 'map', { map: 'dust', maps: ['x'] }],
    ['many keys', 'k', Object.fromEntries(Array.from({ length: 40 }, (_, at) => [`k${at}`, at]))],
    ['a number', '27', { port: 27015, list: [27] }],
    ['true', 'tru', { on: true, key: 'x' }],
    ['null between commas', 'null,', { a: null, b: 1 }],
    ['what separates members', '":', { a: 'b', c: 'd' }],
    ['what separates strings', ',', { a: 'b', c: ['d', 'e'] }],
    ['the escape of a line break', 'n', { a: '\n' }],
    ['the escape of a control', 'u00', { a: '\u0001' }],
    ['the end of an escaped backslash and a letter', '\n', { a: '\\n' }],
    ['a key with an escape', 'two', { 'one\ntwo': 1 }],
  ])('%s is no text of it', (_, sought, metadata) => {
    expect(isInStringOf(sought, metadata)).toBe(false);
  });
});

/** Folds as the search does, but for `ß`, which is no single letter. */
function folded(text: string): string {
  const letters = Array.from(text.normalize('NFC'), (letter) => {
    const lower = letter.toLowerCase();
    return Array.from(lower).length === 1 ? lower : letter;
  });
  return letters
    .join('')
    .replaceAll('ς', 'σ')
    .replaceAll(/[ıİ]|i\u0307/g, 'i');
}

function stringsOf(value: unknown): string[] {
  if (typeof value === 'string') return [value];
  return typeof value === 'object' && value !== null ? Object.values(value).flatMap(stringsOf) : [];
}

const letter = fc.oneof(
  fc.constantFrom(
    'a',
    'A',
    'b',
    'e',
    'i',
    'I',
    'ı',
    'İ',
    'é',
    'e\u0301',
    'É',
    'σ',
    'ς',
    'Σ',
    'ж',
    'Ж',
    'k',
    '\u212a',
  ),
  fc.constantFrom('한', '\u1112\u1161\u11ab', '\u1ec7', '\u1eb9\u0302', 'e\u0323\u0302', '🎮', '.'),
  fc.constantFrom('"', '\\', '\n', '\u0001', 'n', 'u', 't', 'r', '0', '1', ',', ':', '[', '{', '}', ']'),
);
const text = fc.array(letter, { maxLength: 30 }).map((parts) => parts.join(''));
const sought = fc.array(letter, { minLength: 1, maxLength: 6 }).map((parts) => parts.join(''));
/** A text, and some letters out of it. */
const partAndWhole = fc
  .tuple(fc.array(letter, { minLength: 1, maxLength: 30 }), fc.nat(), fc.integer({ min: 1, max: 8 }))
  .map(([parts, from, length]) => {
    const start = from % parts.length;
    return [parts.slice(start, start + length).join(''), parts.join('')] as const;
  });
/** Longer than what is searched at once, and of few letters. */
const long = fc
  .tuple(fc.array(fc.constantFrom('a', 'b', 'ab', 'aab'), { maxLength: 20 }), fc.nat({ max: 60 }))
  .map(([parts, times]) => parts.join('') + (parts[0] ?? '').repeat(times));
const longSought = fc
  .array(fc.constantFrom('a', 'b', 'ab', 'aab'), { minLength: 1, maxLength: 20 })
  .map((parts) => parts.join(''));

test('the search finds what a search of folded copies finds', () => {
  fc.assert(
    fc.property(
      fc.oneof(fc.tuple(sought, text), partAndWhole, fc.tuple(longSought, long)),
      ([of, within]) => {
        expect(isIn(of, within)).toBe(folded(within).includes(folded(of)));
      },
    ),
    { numRuns: 3000 },
  );
});

test('the search of metadata finds what a search of all strings of the parsed object finds', () => {
  const value = fc.letrec<{ value: unknown }>((tie) => ({
    value: fc.oneof(
      { maxDepth: 3 },
      text,
      fc.constantFrom(0, 1, 10.1, -1, true, false, null),
      fc.array(tie('value'), { maxLength: 3 }),
      fc.dictionary(text, tie('value'), { maxKeys: 3 }),
    ),
  })).value;
  fc.assert(
    fc.property(sought, fc.dictionary(text, value, { maxKeys: 5 }), (of, metadata) => {
      const isThere = stringsOf(metadata).some((string) => folded(string).includes(folded(of)));
      expect(isInStringOf(of, metadata)).toBe(isThere);
    }),
    { numRuns: 3000 },
  );
});
