/** Which texts are names: nothing in one is invisible, and no two that pass look the same for it. */
import { expect, it } from 'vitest';
import { problemOfName } from '../../../src/protocol/names.ts';

it.each([
  'a',
  'eu-1',
  'US west',
  'ed25519:+/8Lj5P/89iXES9+vFgrIy29clF9CC/oPPsw3c5D0bs=',
  'Zürich',
  'Україна',
  '日本',
  'हिन्दी',
  '🎮',
  'a/b?c#d',
  '%2F',
])('%j is a name', (text) => {
  expect(problemOfName(text)).toBeUndefined();
});

const INVISIBLE = [
  0x00, 0x0a, 0x1b, 0x7f, 0x85, 0xa0, 0xad, 0x034f, 0x061c, 0x115f, 0x1160, 0x1680, 0x17b4, 0x180b, 0x180e,
  0x2000, 0x2003, 0x2007, 0x200b, 0x200c, 0x200d, 0x200e, 0x200f, 0x2028, 0x2029, 0x202e, 0x202f, 0x205f,
  0x2060, 0x2061, 0x2064, 0x2066, 0x206f, 0x2800, 0x3000, 0x3164, 0xe000, 0xfe0f, 0xfeff, 0xffa0, 0xfff9,
  0xfffe, 0x1d159, 0x1d173, 0xe0001, 0xe0041, 0xe0100, 0xf0000, 0x10ffff,
];

it.each(INVISIBLE.map((codePoint) => codePoint.toString(16)))('U+%s shows nothing', (hex) => {
  const invisible = String.fromCodePoint(Number.parseInt(hex, 16));
  const problem = `anything else that shows nothing: U+${hex.toUpperCase().padStart(4, '0')}`;
  for (const text of [invisible, `a${invisible}`, `${invisible}a`, `a${invisible}b`]) {
    expect(problemOfName(text)).toContain(problem);
  }
});

it.each(['\ud800', 'a\udfff', '\udc00\ud800'])('the lone surrogate in %j shows nothing', (text) => {
  expect(problemOfName(text)).toContain('lone surrogates');
});

it.each([' ', '   ', ' a', 'a ', 'a  b'])('%j has a blank that nobody sees', (text) => {
  expect(problemOfName(text)).toContain('blank');
});

it.each(['Zu\u0308rich', 'e\u0301', '\u212b', '\u2126', '\u1100\u1161'])(
  '%j is spelled as no other name that looks like it may be: in NFC',
  (text) => {
    expect(problemOfName(text)).toContain('Normalization Form C');
    expect(problemOfName(text.normalize('NFC'))).toBeUndefined();
  },
);
