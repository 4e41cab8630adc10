/** Which spellings of its URL a request may be signed under. */
import { expect, it } from 'vitest';
import { signableTargets } from '../../../../src/http/auth/signature/targets.ts';

function targets(url: string, host: string | null = null, publicOrigin: string | null = null): string[] {
  return signableTargets({ url, headers: new Headers(host === null ? {} : { Host: host }) }, publicOrigin);
}

it('the URL as it was asked for comes first, without a fragment', () => {
  expect(targets('http://registry.example/servers?a#b')[0]).toBe('http://registry.example/servers?a');
});

it.each([
  ['http://registry.example/servers', 'REGISTRY.example', 'http://REGISTRY.example/servers'],
  ['http://registry.example/servers', 'registry.example:80', 'http://registry.example:80/servers'],
  ['https://registry.example/servers', 'Registry.Example:443', 'https://Registry.Example:443/servers'],
  ['http://registry.example/servers', 'registry.example', 'http://registry.example:80/servers'],
  ['https://registry.example/servers', null, 'https://registry.example:443/servers'],
  ['http://LOCALHOST:8787/servers', null, 'http://localhost:8787/servers'],
  ['http://registry.example:80/servers', null, 'http://registry.example/servers'],
  ['http://registry.example/servers/a%3ab', null, 'http://registry.example/servers/a%3ab'],
  ['http://registry.example/servers/é', null, 'http://registry.example/servers/%C3%A9'],
])('%s with the Host %s may be signed as %s', (url, host, signed) => {
  expect(targets(url, host)).toContain(signed);
});

it.each([
  ['http://registry.example/servers', 'other.example'],
  ['http://registry.example/servers', 'registry.example:8080'],
  ['http://registry.example:8080/servers', 'registry.example'],
  ['http://registry.example/servers', 'registry.example/servers/x?'],
  ['http://registry.example/servers', 'user@registry.example'],
])('%s with the Host %s means no other host, port or path for it', (url, host) => {
  for (const target of targets(url, host)) {
    const { hostname, port, pathname, username } = new URL(target);
    const asked = new URL(url);
    expect({ hostname, port, pathname, username }).toEqual({
      hostname: asked.hostname,
      port: asked.port,
      pathname: asked.pathname,
      username: '',
    });
  }
});

it('never another scheme, unless it is that of the public origin', () => {
  const url = 'http://inner:8787/servers?a=b';
  expect(targets(url).every((target) => target.startsWith('http://inner:8787/'))).toBe(true);
  const known = targets(url, 'inner:8787', 'https://registry.example');
  expect(known).toContain('https://registry.example/servers?a=b');
  expect(known).toContain('https://registry.example:443/servers?a=b');
  expect(known).toContain(url);
});

it('a URL that is none is signed as it is', () => {
  expect(targets('http://[/servers', '[')).toEqual(['http://[/servers']);
  expect(targets('http://[/servers', '[', 'https://registry.example')).toContain(
    'https://registry.example/servers',
  );
});
