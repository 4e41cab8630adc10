import { describe, expect, test } from 'vitest';
import { line, webLink } from '../../../src/page/model/text.ts';

describe('a line', () => {
  test.each([
    ['a plain text as it is', 'Old Harbour 7', 'Old Harbour 7'],
    ['markup as it is: it is text', '<b>x</b>', '<b>x</b>'],
    ['other scripts as they are', '夜の港 Ночь ليل 🏴‍☠️', '夜の港 Ночь ليل 🏴‍☠️'],
    ['line breaks and tabs as one blank', 'a\n\n\tb', 'a b'],
    ['no blanks at its ends', '  a  ', 'a'],
    ['no direction marks', 'gpj.\u202Eexe\u200F\u2066', 'gpj.exe'],
    ['nothing that is invisible', 'a\u200B\u2060\uFEFF\u00AD\u3164\u{E0041}b', 'ab'],
    ['no control characters', 'a\u0000\u001Bb', 'ab'],
    ['four marks on a letter at most', `e${'\u0301'.repeat(9)}`, `e${'\u0301'.repeat(4)}`],
    ['nothing where nothing can be seen', '\u200B \u3164', ''],
  ])('has %s', (_, text, shown) => {
    expect(line(text)).toBe(shown);
  });

  test('is cut between characters, and says so', () => {
    expect(line('abcdef', 3)).toBe('abc…');
    expect(line('🏳🏳🏳🏳', 3)).toBe('🏳🏳🏳…');
    expect(Array.from(line('W'.repeat(1_000_000)))).toHaveLength(121);
  });
});

describe('a website is a link', () => {
  test.each(['https://play.example/rules', 'http://play.example', 'HTTPS://PLAY.EXAMPLE/'])(
    'where it is %s',
    (url) => {
      expect(webLink(url)?.href).toBe(new URL(url).href);
    },
  );

  test.each([
    'javascript:alert(1)',
    ' javascript:alert(1)',
    'java\nscript:alert(1)',
    'data:text/html,<script>alert(1)</script>',
    'vbscript:x',
    'file:///etc/passwd',
    '//evil.example',
    'https://bank.example@evil.example/',
    'https://user:pass@evil.example/',
    'https://',
    'play.example',
    '',
    42,
    null,
    { href: 'https://play.example' },
  ])('but not where it is %j', (value) => {
    expect(webLink(value)).toBeUndefined();
  });
});
