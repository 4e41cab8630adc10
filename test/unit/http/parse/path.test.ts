/** One reading of a path for routes and ids. */
import { expect, it } from 'vitest';
import { pathOf } from '../../../../src/http/parse/path.ts';

it.each([
  ['http://registry.example', '/'],
  ['http://registry.example/servers', '/servers'],
  ['http://registry.example/servers?a=/b', '/servers'],
  ['http://registry.example/servers/ed25519%3AAA%2F%2B%3D', '/servers/ed25519%3AAA%2F%2B%3D'],
  ['http://registry.example/servers/a/b', '/servers/a/b'],
  ['http://registry.example/%73ervers/abc', '/%73ervers/abc'],
  ['http://registry.example/servers/%2e%2e/abc', '/abc'],
  ['http://registry.example/servers/../abc', '/abc'],
  ['http://registry.example/servers/.%2E/abc', '/abc'],
  ['http://registry.example/servers/./abc', '/servers/abc'],
  ['http://registry.example/a/..', '/'],
  ['http://registry.example\\servers', '/'],
  ['http://registry.example/servers\\..\\abc', '/abc'],
  ['http://registry.example//evil.example/servers', '//evil.example/servers'],
  ['http://registry.example/servers/%0a', '/servers/%0a'],
  ['http://[/servers', '/servers'],
  ['http://[/servers/%2e%2e/a', '/a'],
  ['http://a:b:c/servers/é', '/servers/%C3%A9'],
])('%s has the path %s', (url, path) => {
  expect(pathOf({ url })).toBe(path);
});
