/** Where a server says it can be reached: an absolute URL with a known scheme, on the public internet. */
import type { Config } from '../../config.ts';
import { isPrivateHost, problemOfHost } from './host.ts';
import { refused, type Parsed } from './parsed.ts';

/** Which endpoints a registry lists. */
export type EndpointTerms = Pick<Config, 'allowPrivateEndpoints' | 'endpointSchemes'>;

/** Scheme, authority, and what follows of path and query (RFC 3986, appendix B), without any fragment. */
const ABSOLUTE = /^(?<scheme>[a-z][a-z\d+.-]*):\/\/(?<authority>[^/?#]*)(?<rest>[^#]*)$/i;

/** Host and port. Without userinfo, whose host readers take for another. */
const AUTHORITY = /^(?<host>\[[^[\]@]*\]|[^:@[\]]+)(?<port>:.*)?$/;

/** From 1 to 65535, in one spelling. */
const PORT = /^:[1-9]\d{0,4}$/;
const MAX_PORT = 65_535;

/** What RFC 3986 leaves out of every URL, and what shows nothing. */
const NOT_IN_URLS = /[\s"<>\\^`{|}\p{Default_Ignorable_Code_Point}\p{Cc}]/u;

/** Schemes that say how to carry bytes, not what they mean: they have no port of their own. */
const WITHOUT_PORT = /(?:^|\+)(?:tcp|udp|quic)$/;

/** The endpoint as it was given, or why it is refused; `field` is what the body has it in. Names are not resolved: docs/security.md says what follows. */
export function checkEndpoint(endpoint: string, terms: EndpointTerms, field = 'endpoint'): Parsed<string> {
  const bad = (problem: string) => refused({ kind: 'invalid-field', field, problem });
  const { scheme = '', authority = '', rest = '' } = ABSOLUTE.exec(endpoint)?.groups ?? {};
  const known = terms.endpointSchemes;
  if (!known.includes(scheme.toLowerCase()) || authority === '') {
    return bad(
      `must be an absolute URL with a host and one of the schemes ${known.join(', ')}, and no fragment`,
    );
  }
  if (authority.includes('@')) return bad('must not have a user name or a password before its host');
  const { host = '', port } = AUTHORITY.exec(authority)?.groups ?? {};
  if (!terms.allowPrivateEndpoints && isPrivateHost(host)) return refused({ kind: 'private-endpoint', host });
  const problem = problemOfHost(host);
  if (problem !== undefined) return bad(`has the host ${JSON.stringify(host)}, which ${problem}`);
  if (port !== undefined && !(PORT.test(port) && Number(port.slice(1)) <= MAX_PORT)) {
    return bad(`has the port ${JSON.stringify(port.slice(1))}, which must be a number from 1 to ${MAX_PORT}`);
  }
  if (port === undefined && WITHOUT_PORT.test(scheme.toLowerCase())) {
    return bad(`must name a port, because the scheme ${scheme} has none by itself`);
  }
  if (NOT_IN_URLS.test(rest)) return bad('has a character in its path or query that must be percent-encoded');
  return { ok: true, value: endpoint };
}
