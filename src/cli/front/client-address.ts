/** Who a request comes from: the peer of its connection, or whoever a trusted proxy says it speaks for. */
import ipaddr from 'ipaddr.js';

/** Ranges by name, as many proxies' own settings call them. */
const NAMED: Readonly<Record<string, readonly string[]>> = {
  loopback: ['127.0.0.0/8', '::1/128'],
  private: ['10.0.0.0/8', '172.16.0.0/12', '192.168.0.0/16', 'fc00::/7'],
};

type Range = readonly [ipaddr.IPv4 | ipaddr.IPv6, bits: number];

/** A list of proxies whose word counts. */
export class TrustedProxies {
  readonly #ranges: readonly Range[];

  /**
   * `list` has addresses, ranges such as `10.0.0.0/8`, and the names `loopback` and `private`, with commas between.
   * Throws a `TypeError` that names the member which is none of these.
   */
  constructor(list: string) {
    const members = list
      .split(',')
      .map((member) => member.trim())
      .filter((member) => member !== '');
    this.#ranges = members.flatMap((member) => (NAMED[member] ?? [member]).map(rangeOf));
  }

  /** True for an address in one of the ranges; false for text that is no address. */
  has(address: string): boolean {
    if (this.#ranges.length === 0 || !isAddress(address)) return false;
    const parsed = ipaddr.process(address);
    return this.#ranges.some(
      ([network, bits]) => network.kind() === parsed.kind() && parsed.match(network, bits),
    );
  }

  /**
   * The address a request comes from. `peer` is `address:port` as the runtime knows it, `forwardedFor` the header
   * `X-Forwarded-For`. The chain is read from its end, and the first that is no trusted proxy is the client: whatever
   * stands before it, the client may have written himself.
   */
  clientOf(peer: string, forwardedFor: string | null): string {
    const own = withoutPort(peer);
    if (forwardedFor === null || !this.has(own)) return own;
    let client = own;
    for (const hop of forwardedFor.split(',').toReversed()) {
      const address = withoutPort(hop.trim());
      if (!isAddress(address)) break;
      client = normalized(address);
      if (!this.has(client)) break;
    }
    return client;
  }
}

function rangeOf(text: string): Range {
  try {
    const [network = '', ...bits] = text.split('/');
    if (!isAddress(network)) throw new TypeError(`${network} is no address`);
    if (bits.length > 0) return ipaddr.parseCIDR(text);
    const address = ipaddr.process(text);
    return [address, address.toByteArray().length * 8];
  } catch {
    throw new TypeError(
      `TRUSTED_PROXY has ${JSON.stringify(text)}, which is no address, no range such as "10.0.0.0/8", and neither "loopback" nor "private"`,
    );
  }
}

/** `1.2.3.4:80` and `[2001:db8::1]:80`, and both without a port. An IPv4 address inside IPv6 is the IPv4 address. */
function withoutPort(text: string): string {
  const bare = /^\[(?<ipv6>[^\]]+)\](?::\d+)?$/.exec(text)?.groups?.['ipv6'];
  const address = bare ?? (/^[^:]+:\d+$/.test(text) ? text.slice(0, text.indexOf(':')) : text);
  return normalized(address);
}

/** Not the short forms of old, such as 10.1 for 10.0.0.1. */
function isAddress(text: string): boolean {
  return text.includes(':') ? ipaddr.IPv6.isValid(text) : ipaddr.IPv4.isValidFourPartDecimal(text);
}

function normalized(address: string): string {
  return isAddress(address) ? ipaddr.process(address).toString() : address;
}
