/** Which endpoints are refused, in whatever spelling. */
import { describe, expect, it } from 'vitest';
import { checkEndpoint } from '../../../src/http/endpoint.ts';

function kindOf(endpoint: string, allowPrivate = false): string {
  const checked = checkEndpoint(endpoint, allowPrivate);
  return checked.ok ? 'ok' : checked.refusal.kind;
}

const SCHEMES = ['wss', 'ws', 'https', 'http', 'tcp', 'udp', 'quic'];

describe.each(SCHEMES)('%s://', (scheme) => {
  it.each([
    'game.example',
    'game.example:7777/path?query#fragment',
    '8.8.8.8:1',
    '[2606:4700:4700::1111]:443',
    '[::ffff:8.8.8.8]',
    'bücher.example',
    'xn--bcher-kva.example',
    'localhost.example.org',
    '1.2.3.4.example',
  ])('accepts %s', (rest) => {
    expect(kindOf(`${scheme}://${rest}`)).toBe('ok');
  });

  it.each([
    'localhost',
    'LOCALHOST:80',
    'localhost.',
    'a.localhost',
    '%6cocalhost',
    '127.0.0.1',
    '127.0.0.1.',
    '127.1',
    '0x7f000001',
    '0x7f.1',
    '2130706433',
    '017700000001',
    '0177.0.0.1',
    '%31%32%37.0.0.1',
    '１２７.0.0.1',
    '0.0.0.0',
    '10.1.2.3',
    '172.16.0.1',
    '172.31.255.255',
    '192.168.1.1:7777/x',
    '169.254.169.254',
    '100.64.0.1',
    '192.0.0.1',
    '192.0.2.1',
    '198.18.0.1',
    '198.51.100.1',
    '203.0.113.1',
    '224.0.0.1',
    '240.0.0.1',
    '255.255.255.255',
    'user@127.0.0.1',
    '[::]',
    '[::1]',
    '[::127.0.0.1]',
    '[::ffff:127.0.0.1]',
    '[::ffff:a00:1]',
    '[64:ff9b::a00:1]',
    '[2002:a00:1::]',
    '[fe80::1]',
    '[febf::1]',
    '[fc00::1]',
    '[fd12:3456::1]',
    '[fec0::1]',
    '[ff02::1]',
    '[2001:db8::1]',
    '[100::1]',
    '[4000::1]',
  ])('refuses %s, unless private endpoints are allowed', (rest) => {
    expect(kindOf(`${scheme}://${rest}`)).toBe('private-endpoint');
    expect(kindOf(`${scheme}://${rest}`, true)).toBe('ok');
  });
});

describe('what is no endpoint', () => {
  it.each([
    '',
    'game.example',
    'game.example:7777',
    '//game.example',
    '/path',
    'wss:game.example',
    'wss:/game.example',
    'wss://',
    'tcp://',
    'tcp:///path',
    'https://:443',
    'https://[::1',
    'https://[fe80::1%25eth0]',
    'https://a b.example',
    'https://game.example/a b',
    ' https://game.example',
    'https://game.example ',
    'https://good.example\\@bad.example',
    'https://game.example:65536',
    'https://256.256.256.256',
    'https://1.2.3.4.5',
    'javascript://game.example/%0aalert(1)',
    'file:///etc/passwd',
    'data:text/plain,x',
    'ftp://game.example',
    'xhttps://game.example',
  ])('refuses %j, allowed or not', (endpoint) => {
    expect(kindOf(endpoint)).toBe('invalid-field');
    expect(kindOf(endpoint, true)).toBe('invalid-field');
  });
});
