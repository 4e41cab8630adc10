/** The address a request came from: as the key of its rate limit, and shortened for the log. */
import ipaddr from 'ipaddr.js';

/** Undefined where the platform names none: a call from another Worker, or a runtime that is not Cloudflare's. */
export function addressOf(request: Request): string | undefined {
  return request.headers.get('CF-Connecting-IP') ?? undefined;
}

/** Who shares a budget: one IPv4 address, or the /64 that one IPv6 customer has to himself. */
export function limitedAddress(address: string): string {
  return address.includes(':') ? network(address, 64, 64) : address;
}

/** What the log may keep: the /24 of an IPv4 address, the /48 of an IPv6 address. */
export function shortenedAddress(address: string | undefined): string {
  return address === undefined ? 'unknown' : network(address, 24, 48);
}

function network(text: string, ipv4Bits: number, ipv6Bits: number): string {
  if (!ipaddr.isValid(text)) return 'unreadable';
  const address = ipaddr.process(text);
  const bits = address.kind() === 'ipv4' ? ipv4Bits : ipv6Bits;
  const bytes = address
    .toByteArray()
    .map((byte, at) => byte & (0xff << Math.max(0, 8 - Math.max(0, bits - at * 8))));
  return `${ipaddr.fromByteArray(bytes.map((byte) => byte & 0xff)).toString()}/${bits}`;
}
