/** A client of one of the registry's lists. */
import { expect, test } from 'vitest';
import { RegistryClient } from '../../../src/client/client.ts';
import { listUrl } from '../../../src/client/addresses.ts';

test('asks for it under its name, and for `default` under none', () => {
  expect(listUrl('https://r.example/base/', 'luanti')).toBe('https://r.example/base/lists/luanti');
  expect(listUrl('https://r.example/base/', 'default')).toBe('https://r.example/base');
});

test.each(['', '..', 'A', 'a/b', '-a', 'x'.repeat(64)])('%j is no name of a list', (list) => {
  expect(() => new RegistryClient('https://r.example', { list })).toThrow(TypeError);
});
