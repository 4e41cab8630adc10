/** `@target-uri`: the spellings of a request's URL that its sender may have signed. */

const DEFAULT_PORTS: Readonly<Record<string, string>> = { 'http:': '80', 'https:': '443' };

/** Host and port, with nothing before or behind them that a URL would read as something else. */
const HOST = /^[^/?#@\\\s]+$/;

/** Scheme, authority, and what follows. */
const PARTS = /^(?<scheme>https?:)\/\/(?<authority>[^/?#]*)(?<rest>[^#]*)/i;

/**
 * The URL as it was asked for comes first, then the same in the spelling of WHATWG URL, with the host as the request
 * spelled it, and with the port that goes without saying; then all of it under the public origin, where a proxy
 * changes scheme or host. None of them means another host, another path or another port than the request does.
 */
export function signableTargets(
  { url, headers }: Pick<Request, 'url' | 'headers'>,
  publicOrigin: string | null,
) {
  const { scheme, authority = '', rest = '/' } = PARTS.exec(url)?.groups ?? {};
  const targets = new Set([url.replace(/#.*$/s, '')]);
  const read = scheme === undefined ? null : parsed(url);
  if (read !== null) {
    read.hash = '';
    targets.add(read.href);
    const host = headers.get('Host')?.trim() ?? authority;
    if (HOST.test(host) && parsed(`${scheme}//${host}`)?.host === read.host)
      targets.add(`${scheme}//${host}${rest}`);
    addWithPort(targets, read, rest);
  }
  const known = publicOrigin === null ? null : parsed(`${publicOrigin}${rest}`);
  if (publicOrigin !== null && known !== null) {
    targets.add(`${publicOrigin}${rest}`);
    targets.add(known.href);
    addWithPort(targets, known, rest);
  }
  return [...targets];
}

function addWithPort(targets: Set<string>, { protocol, hostname, port }: URL, rest: string): void {
  const implied = DEFAULT_PORTS[protocol];
  if (port === '' && implied !== undefined) targets.add(`${protocol}//${hostname}:${implied}${rest}`);
}

function parsed(url: string): URL | null {
  try {
    return new URL(url);
  } catch {
    return null;
  }
}
