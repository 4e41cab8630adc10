/** The host of an endpoint: an IP address in its one canonical spelling, or a DNS name by the letter of the RFCs. */
import ipaddr from 'ipaddr.js';

/** The first three bits of every IPv6 address that is routed publicly (RFC 4291, section 2.4). */
const GLOBAL_UNICAST = 0x2000;

/** A label: letters, digits and hyphens, none of these at an end (RFC 1123, section 2.1). */
const LABEL = /^[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?$/;
/** Behind all labels: 255 octets on the wire (RFC 1035, section 2.3.4) are so many characters. */
const NAME_CHARACTERS = 253;

/** What a label in another script may be made of before it is encoded. */
const NAME = /^[\p{L}\p{M}\p{N}.-]+$/u;
const IGNORED = /\p{Default_Ignorable_Code_Point}/u;

/**
 * Names that mean another host to each who asks: those of RFC 6761 and RFC 8375, the top-level names that RFC 6762,
 * appendix G, found in use on private networks, and what Linux calls the machine itself.
 */
const PRIVATE_SUFFIXES = [
  'localhost',
  'localdomain',
  'local',
  'home.arpa',
  'internal',
  'intranet',
  'private',
  'corp',
  'home',
  'lan',
] as const;

/**
 * How URL spells every IPv4 address. Asked before `ipaddr.js`, which tells what is no address by an error that it throws
 * and catches: without that, a registration takes 0.79 of its processor time (run: 11 rounds in turns, quartiles 0.72 to 0.85).
 */
const FOUR_NUMBERS = /^\d+\.\d+\.\d+\.\d+$/;

/** Why a host can't be used, as the rest of a sentence that begins with "host"; undefined where it can. */
export function problemOfHost(host: string): string | undefined {
  if (host.startsWith('[')) return problemOfIpv6(host.slice(1, -1));
  const canonical = readAsBrowser(host);
  if (canonical !== undefined && FOUR_NUMBERS.test(canonical)) {
    return canonical === host ? undefined : 'must be four decimal numbers without leading zeros';
  }
  return canonical !== undefined && isDnsName(host, canonical)
    ? undefined
    : 'must be an IP address or a DNS name: labels of 1 to 63 letters, digits and inner hyphens, 253 characters in all';
}

/**
 * Whether a host lies in a private, loopback, link-local or reserved range, or is a name that only private networks
 * know; read as a browser would, so that `0x7f.1`, `2130706433` and `127.0.0.1` are the same.
 */
export function isPrivateHost(host: string): boolean {
  const canonical = readAsBrowser(host)?.replace(/\.$/, '');
  if (canonical === undefined) return false;
  const literal = canonical.replace(/^\[(.*)\]$/, '$1');
  if (literal !== canonical || FOUR_NUMBERS.test(canonical)) return isPrivateAddress(literal);
  if (!canonical.includes('.')) return true;
  return PRIVATE_SUFFIXES.some((suffix) => canonical === suffix || canonical.endsWith(`.${suffix}`));
}

function isPrivateAddress(literal: string): boolean {
  // An IPv4 address mapped into IPv6 is judged as what it is.
  const address = ipaddr.process(literal);
  if (address.range() !== 'unicast') return true;
  return address instanceof ipaddr.IPv6 && ((address.parts[0] ?? 0) & 0xe000) !== GLOBAL_UNICAST;
}

/** The host in the one spelling that WHATWG URL gives it; undefined where URL refuses it. */
function readAsBrowser(host: string): string | undefined {
  try {
    const { hostname } = new URL(`http://${host}/`);
    return hostname === '' ? undefined : hostname;
  } catch {
    return undefined;
  }
}

/** RFC 5952; an address mapped from IPv4 may have its last four bytes in decimals, as its section 5 recommends. */
function problemOfIpv6(literal: string): string | undefined {
  if (!ipaddr.IPv6.isValid(literal) || literal.includes('%'))
    return 'must be an IPv6 address in its brackets';
  const address = ipaddr.IPv6.parse(literal);
  const canonical = address.toRFC5952String();
  const mapped = address.isIPv4MappedAddress() ? `::ffff:${address.toIPv4Address().toString()}` : canonical;
  return literal === canonical || literal === mapped ? undefined : `must be spelled [${mapped}]`;
}

/** `canonical` is its ASCII form. One dot at the end is that of the root. */
function isDnsName(host: string, canonical: string): boolean {
  const isAscii = host.toLowerCase() === canonical;
  // Whoever sees a name in another script must see what it resolves to: nothing in it is ignored or folded.
  if (!isAscii && (!NAME.test(host) || IGNORED.test(host) || host.normalize('NFKC') !== host)) return false;
  const name = canonical.replace(/\.$/, '');
  const labels = name.split('.');
  return name.length <= NAME_CHARACTERS && labels.every((label) => LABEL.test(label));
}
