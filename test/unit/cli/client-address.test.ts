import { describe, expect, it } from 'vitest';
import { TrustedProxies } from '../../../src/cli/front/client-address.ts';

describe('the client of a request', () => {
  it.each([
    ['without proxies is the peer', '', '192.0.2.1:4000', '203.0.113.9', '192.0.2.1'],
    [
      'from a stranger is the peer, whatever it claims',
      'loopback',
      '192.0.2.1:4000',
      '203.0.113.9',
      '192.0.2.1',
    ],
    ['from a proxy is whom it names', 'loopback', '127.0.0.1:4000', '203.0.113.9', '203.0.113.9'],
    [
      'is the last that is no proxy, not what the client wrote',
      '127.0.0.1',
      '127.0.0.1:1',
      '6.6.6.6, 203.0.113.9',
      '203.0.113.9',
    ],
    [
      'is found behind two proxies',
      'loopback, 10.0.0.0/8',
      '127.0.0.1:1',
      '6.6.6.6, 203.0.113.9, 10.1.2.3',
      '203.0.113.9',
    ],
    ['is the first proxy where all are proxies', 'private', '10.0.0.1:1', '10.0.0.3, 10.0.0.2', '10.0.0.3'],
    [
      'is the last readable one where the chain is not',
      'loopback',
      '127.0.0.1:1',
      '203.0.113.9, unknown',
      '127.0.0.1',
    ],
    ['is the proxy where it names nobody', 'loopback', '127.0.0.1:1', null, '127.0.0.1'],
    ['may have a port', 'loopback', '127.0.0.1:1', '203.0.113.9:555', '203.0.113.9'],
    ['may be IPv6', 'loopback', '[::1]:1', '[2001:db8::7]:555', '2001:db8::7'],
    ['is IPv4 also inside IPv6', 'loopback', '[::ffff:127.0.0.1]:1', '203.0.113.9', '203.0.113.9'],
  ])('%s', (_, list, peer, forwardedFor, client) => {
    expect(new TrustedProxies(list).clientOf(peer, forwardedFor)).toBe(client);
  });
});

describe('a list of proxies', () => {
  it.each(['nginx', '10.0.0.0/33', '1.2.3', 'loopback;private'])('with %s is refused by name', (member) => {
    expect(() => new TrustedProxies(`127.0.0.1,${member}`)).toThrow(`TRUSTED_PROXY has "${member}"`);
  });
});
