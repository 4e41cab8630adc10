import stringWidth from 'string-width';
import { expect, it } from 'vitest';
import { nearest } from '../../../src/cli/nearest.ts';
import { table } from '../../../src/cli/table.ts';

const rows = [
  ['a', 'x'.repeat(50)],
  ['日本語の名前', 'short'],
];

it('a table without bounds has all that is in it', () => {
  expect(table(['ID', 'NAME'], rows, null)).toEqual([
    'ID            NAME',
    `a             ${'x'.repeat(50)}`,
    '日本語の名前  short',
  ]);
});

it.each([10, 17, 30, 60])(
  'a table of %i columns is no wider, and its columns stay under each other',
  (columns) => {
    const lines = table(['ID', 'NAME'], rows, columns);
    for (const line of lines) expect(stringWidth(line)).toBeLessThanOrEqual(columns);
    const starts = lines.map((line) => stringWidth(/^.*? {2,}/.exec(line)?.[0] ?? ''));
    expect(new Set(starts).size).toBe(1);
  },
);

it.each([
  ['SERVER_TTL', 'SERVER_TTL_MS'],
  ['server_ttl_ms', 'SERVER_TTL_MS'],
  ['MAX_SERVER', 'MAX_SERVERS'],
  ['NOTHING_LIKE_IT', undefined],
])('the name nearest to %s is %s', (name, expected) => {
  expect(nearest(name, ['SERVER_TTL_MS', 'MAX_SERVERS', 'WRITE_ACCESS'])).toBe(expected);
});
