/** What of an address is kept. */
import { expect, it } from 'vitest';
import { limitedAddress, shortenedAddress } from '../../../../src/http/parse/address.ts';

it.each([
  ['203.0.113.77', '203.0.113.0/24'],
  ['2001:db8:1234:5678:9abc::1', '2001:db8:1234::/48'],
  ['::ffff:203.0.113.77', '203.0.113.0/24'],
  ['nonsense', 'unreadable'],
  [undefined, 'unknown'],
])('the log has %s as %s', (address, shortened) => {
  expect(shortenedAddress(address)).toBe(shortened);
});

it.each([
  ['203.0.113.77', '203.0.113.77'],
  ['2001:db8:1234:5678:9abc::1', '2001:db8:1234:5678::/64'],
  ['2001:db8:1234:5678::2', '2001:db8:1234:5678::/64'],
])('the budget of %s is that of %s', (address, limited) => {
  expect(limitedAddress(address)).toBe(limited);
});
