/** Where a server says it can be reached: an absolute URL with a known scheme, on the public internet. */
import ipaddr from 'ipaddr.js';
import { refused, type Parsed } from './parsed.ts';

const SCHEMES = ['wss', 'ws', 'https', 'http', 'tcp', 'udp', 'quic'] as const;

const absolute = new RegExp(`^(?:${SCHEMES.join('|')})://`, 'i');

/** Two readers may disagree about which host a URL with one of these names. */
const ambiguous = /[\s\\]/u;

/** The first three bits of every IPv6 address that is routed publicly (RFC 4291, section 2.4). */
const GLOBAL_UNICAST = 0x2000;

/** The endpoint as it was given, or why it is refused. Names are not resolved: docs/security.md says what follows. */
export function checkEndpoint(endpoint: string, allowPrivate: boolean): Parsed<string> {
  const host = hostOf(endpoint);
  if (host === undefined) {
    const problem = `must be an absolute URL with a host and one of the schemes ${SCHEMES.join(', ')}`;
    return refused({ kind: 'invalid-field', field: 'endpoint', problem });
  }
  if (!allowPrivate && isPrivate(host)) return refused({ kind: 'private-endpoint', host });
  return { ok: true, value: endpoint };
}

/** The host in the one spelling that WHATWG URL gives it: `0x7f.1`, `2130706433` and `127.0.0.1` become the same. */
function hostOf(endpoint: string): string | undefined {
  if (!absolute.test(endpoint) || ambiguous.test(endpoint)) return undefined;
  try {
    const { hostname, port } = new URL(endpoint);
    // Of a scheme it does not know, such as tcp, URL keeps the host as it was written; as http it reads it.
    const canonical = hostname === '' ? '' : new URL(`http://${hostname}:${port}/`).hostname;
    return canonical === '' ? undefined : canonical;
  } catch {
    return undefined;
  }
}

function isPrivate(host: string): boolean {
  const name = host.replace(/\.$/, '');
  if (name === 'localhost' || name.endsWith('.localhost')) return true;
  const literal = name.replace(/^\[(.*)\]$/, '$1');
  if (!ipaddr.isValid(literal)) return false;
  // An IPv4 address mapped into IPv6 is judged as what it is.
  const address = ipaddr.process(literal);
  if (address.range() !== 'unicast') return true;
  return address instanceof ipaddr.IPv6 && ((address.parts[0] ?? 0) & 0xe000) !== GLOBAL_UNICAST;
}
