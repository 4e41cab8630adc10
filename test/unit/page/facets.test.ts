import { expect, test } from 'vitest';
import { facetsOf } from '../../../src/page/model/facets.ts';
import { entry } from './support.ts';

test('regions are offered with their counts, the largest first', () => {
  const { region } = facetsOf([entry('a'), entry('b', { region: 'us' }), entry('c', { region: 'us' })]);
  expect(region).toEqual({
    parameter: 'region',
    values: [
      { value: 'us', count: 2 },
      { value: 'eu', count: 1 },
    ],
  });
});

test('keys of metadata are offered that group servers, the well-known ones first', () => {
  const metadata = {
    zeta: 'x',
    map: 'canyon',
    password: true,
    players: 3,
    tags: ['a'],
    long: 'x'.repeat(61),
  };
  const { metadata: facets } = facetsOf([
    entry('a', { metadata }),
    entry('b', { metadata: { ...metadata, one: 'only' } }),
  ]);
  expect(facets.map(({ parameter }) => parameter)).toEqual([
    'metadata.map',
    'metadata.password',
    'metadata.zeta',
  ]);
  expect(facets[1]?.values).toEqual([{ value: 'true', count: 2 }]);
});

test('a thousand keys and values are no menu', () => {
  const metadata = Object.fromEntries(Array.from({ length: 1000 }, (_, index) => [`k${index}`, 'same']));
  const entries = Array.from({ length: 200 }, (_, index) =>
    entry(`s${index}`, { metadata: { ...metadata, map: `map ${index % 100}` } }),
  );
  const { metadata: facets } = facetsOf(entries);
  expect(facets.length).toBe(12);
  expect(facets[0]?.values.length).toBe(40);
});
