/** Which endpoints are refused, in whatever spelling. */
import { describe, expect, it } from 'vitest';
import { parseConfig } from '../../../../src/config.ts';
import { checkEndpoint } from '../../../../src/http/parse/endpoint.ts';

function check(endpoint: string, allowPrivate: boolean, schemes?: string): string {
  const terms = parseConfig({
    ALLOW_PRIVATE_ENDPOINTS: String(allowPrivate),
    ...(schemes !== undefined && { ENDPOINT_SCHEMES: schemes }),
  });
  const checked = checkEndpoint(endpoint, terms);
  return checked.ok ? 'ok' : checked.refusal.kind;
}

const SCHEMES = ['wss', 'ws', 'https', 'http', 'tcp', 'udp', 'quic'];

describe.each(SCHEMES)('%s://', (scheme) => {
  const kindOf = (rest: string, allowPrivate = false) => check(`${scheme}://${rest}`, allowPrivate);

  it.each([
    'game.example:7777',
    'Game.Example:1',
    'game.example.:65535',
    'game.example:7777/path?query=a&b[]=%20',
    'game.example:1?q',
    `${'a'.repeat(63)}.example:1`,
    '8.8.8.8:1',
    '[2606:4700:4700::1111]:443',
    '[2001:4860:0:1::8888]:443',
    '[::ffff:8.8.8.8]:1',
    '[::ffff:808:808]:1',
    'bücher.example:1',
    'игра.example:1',
    'xn--bcher-kva.example:1',
    'localhost.example.org:1',
    'internal.example:1',
    '1.2.3.4.example:1',
    '0x7f.example:1',
    'ab--cd.example:1',
  ])('accepts %s', (rest) => {
    expect(kindOf(rest)).toBe('ok');
  });

  it.each([
    'localhost:1',
    'LOCALHOST:80',
    'localhost.:1',
    'a.localhost:1',
    'localhost.localdomain:1',
    'metadata.google.internal:80',
    'printer.local:1',
    'router.home.arpa:1',
    'nas.lan:1',
    'intranet:1',
    'metadata:1',
    'com.:1',
    '127.0.0.1:1',
    '0.0.0.0:1',
    '10.1.2.3:1',
    '172.16.0.1:1',
    '172.31.255.255:1',
    '192.168.1.1:7777/x',
    '169.254.169.254:1',
    '100.64.0.1:1',
    '192.0.0.1:1',
    '192.0.2.1:1',
    '198.18.0.1:1',
    '198.51.100.1:1',
    '203.0.113.1:1',
    '224.0.0.1:1',
    '240.0.0.1:1',
    '255.255.255.255:1',
    '[::]:1',
    '[::1]:1',
    '[::7f00:1]:1',
    '[::ffff:127.0.0.1]:1',
    '[::ffff:a00:1]:1',
    '[64:ff9b::a00:1]:1',
    '[2002:a00:1::]:1',
    '[fe80::1]:1',
    '[febf::1]:1',
    '[fc00::1]:1',
    '[fd12:3456::1]:1',
    '[fec0::1]:1',
    '[ff02::1]:1',
    '[2001:db8::1]:1',
    '[100::1]:1',
    '[4000::1]:1',
  ])('refuses %s, unless private endpoints are allowed', (rest) => {
    expect(kindOf(rest)).toBe('private-endpoint');
    expect(kindOf(rest, true)).toBe('ok');
  });

  it.each([
    '127.1:1',
    '0x7f000001:1',
    '0x7f.1:1',
    '2130706433:1',
    '017700000001:1',
    '0177.0.0.1:1',
    '127.0.0.1.:1',
    '%6cocalhost:1',
    '%31%32%37.0.0.1:1',
    '１２７.0.0.1:1',
    '127。0。0。1:1',
    '[::127.0.0.1]:1',
    '[0:0:0:0:0:0:0:1]:1',
    '[FE80::1]:1',
  ])('refuses the spelling %s of a private host, as private or as what it is', (rest) => {
    expect(kindOf(rest)).toBe('private-endpoint');
    expect(kindOf(rest, true)).toBe('invalid-field');
  });

  it.each([
    '0127.0.0.1:1',
    '010.0.0.1:1',
    '8.8.8.08:1',
    '8.8.8.8.:1',
    '8.8.2056:1',
    '8.526344:1',
    '134744072:1',
    '0x8.0x8.0x8.0x8:1',
    '0X08080808:1',
    '001.002.003.004:1',
    '８.8.8.8:1',
    '[2606:4700:4700:0:0:0:0:1111]:1',
    '[2606:4700:4700::0:1111]:1',
    '[2606:4700:4700::01111]:1',
    '[2606:4700:4700::ABCD]:1',
    '[2606:4700:4700::8.8.8.8]:1',
    '[::ffff:8.8.8.010]:1',
    '[::FFFF:8.8.8.8]:1',
    '[fe80::1%25eth0]:1',
    '[fe80::1%eth0]:1',
  ])('refuses the address %s, which is not in its canonical spelling', (rest) => {
    expect(kindOf(rest, true)).toBe('invalid-field');
  });

  it.each([
    '',
    '/path',
    ':443',
    '?query',
    '[::1',
    '[]:1',
    '[::1]x:1',
    '127.0.0.1..:1',
    'a..example:1',
    '.example:1',
    'a.example..:1',
    '*.example:1',
    `${'a'.repeat(64)}.example:1`,
    `${'a.'.repeat(127)}example:1`,
    '-oProxyCommand:1',
    '-a.example:1',
    'a-.example:1',
    'a_b.example:1',
    '$(id):1',
    '`id`.example:1',
    "a'.example:1",
    'a%2eexample.org:1',
    'a b.example:1',
    'a\u200b.example:1',
    'a\u00adb.example:1',
    'a\u2060.example:1',
    'a\u3164.example:1',
    'ａ.example:1',
    'a。example:1',
    'bu\u0308cher.example:1',
    'good.example\\@bad.example:1',
    'play.trusted.example@evil.example:1',
    'user:secret@game.example:1',
    '@game.example:1',
    'game.example:0',
    'game.example:',
    'game.example:080',
    'game.example:+80',
    'game.example:65536',
    'game.example:80:80',
    'game.example:1#fragment',
    'game.example:1/#',
    'game.example:1/a b',
    'game.example:1/a\u200bb',
    'game.example:1/<script>',
    'game.example:1/"',
    'game.example:1/a\\b',
    '256.256.256.256:1',
    '1.2.3.4.5:1',
    'game.123:1',
    'game.0x1:1',
  ])('refuses %j, allowed or not', (rest) => {
    expect(['invalid-field', 'private-endpoint']).toContain(kindOf(rest));
    expect(kindOf(rest, true)).toBe('invalid-field');
  });
});

it.each([
  '',
  'game.example',
  'game.example:7777',
  '//game.example:1',
  '/path',
  'wss:game.example',
  'wss:/game.example',
  'http:///x',
  ' https://game.example',
  'https://game.example ',
  'javascript://game.example:1/%0aalert(1)',
  'file:///etc/passwd',
  'data:text/plain,x',
  'ftp://game.example:1',
  'xhttps://game.example:1',
  'minecraft://game.example:1',
])('%j is no endpoint', (endpoint) => {
  expect(check(endpoint, true)).toBe('invalid-field');
});

describe('a port', () => {
  it.each(['wss', 'ws', 'https', 'http'])('may be left out with %s', (scheme) => {
    expect(check(`${scheme}://game.example`, false)).toBe('ok');
    expect(check(`${scheme.toUpperCase()}://game.example/`, false)).toBe('ok');
  });

  it.each(['tcp', 'udp', 'quic'])('must be there with %s, which has none by itself', (scheme) => {
    expect(check(`${scheme}://game.example`, false)).toBe('invalid-field');
    expect(check(`${scheme}://[2606:4700::1]`, false)).toBe('invalid-field');
  });
});

describe('ENDPOINT_SCHEMES', () => {
  const schemes = 'minecraft,ss14s,tw-0.6+udp,grpc';

  it.each([
    'minecraft://play.example:25565',
    'MineCraft://play.example',
    'ss14s://game.example/server',
    'tw-0.6+udp://8.8.8.8:8303',
    'grpc://[2606:4700::1]:443',
  ])('lets %s in', (endpoint) => {
    expect(check(endpoint, false, schemes)).toBe('ok');
    expect(check(endpoint, false)).toBe('invalid-field');
  });

  it.each([
    'wss://game.example',
    'minecraft://127.0.0.1:25565',
    'minecraft://0177.0.0.1:25565',
    'ss14s://user@game.example',
    'tw-0.6+udp://game.example',
    'tw-0x6+udp://game.example:1',
    'grpc://game.example:0',
  ])('does not let %s in', (endpoint) => {
    expect(check(endpoint, false, schemes)).not.toBe('ok');
  });
});
