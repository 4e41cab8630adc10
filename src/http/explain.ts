/** Every refusal as a problem of RFC 9457. The one place that knows status codes. */
import type { Refusal } from '../protocol/refusal.ts';
import { REQUIRED_COMPONENTS } from '../protocol/signing.ts';

/** What an error answer says. */
export interface Explanation {
  readonly status: number;
  readonly title: string;
  readonly detail: string;
  /** Where the original registry's clients look for certain words; otherwise the detail. */
  readonly error?: string;
  readonly headers?: Readonly<Record<string, string>>;
}

/**
 * The problem's `type`, relative to the registry's own address. `GET /errors` answers there, and docs/errors.md has
 * the same names.
 */
export function typeOf(kind: string): string {
  return `/errors#${kind}`;
}

export function explain(refusal: Refusal): Explanation {
  switch (refusal.kind) {
    case 'malformed-body':
      return {
        status: 400,
        title: 'Malformed body',
        detail: `The body must be a JSON object: ${refusal.problem}.`,
      };
    case 'missing-fields':
      return {
        status: 400,
        title: 'Missing fields',
        detail: 'A registration needs serverId, endpoint and publicKey, each a non-empty string.',
        error: 'Missing required fields: serverId, endpoint, publicKey',
      };
    case 'missing-server-id':
      return {
        status: 400,
        title: 'Missing serverId',
        detail: 'A heartbeat needs serverId, a non-empty string.',
        error: 'Missing serverId',
      };
    case 'invalid-field':
      return { status: 400, title: 'Invalid field', detail: `${refusal.field} ${refusal.problem}.` };
    case 'query-too-long':
      return {
        status: 414,
        title: 'Query too long',
        detail: `The query string may have at most ${refusal.maxBytes} bytes.`,
      };
    case 'query-too-costly':
      return {
        status: 400,
        title: 'Query too costly',
        detail:
          'Over the servers that are listed now, this query would take too long. Ask for less: a longer q, fewer conditions on metadata, or one region.',
      };
    case 'malformed-id':
      return { status: 400, title: 'Malformed id', detail: `${refusal.problem}.` };
    case 'private-endpoint':
      return {
        status: 400,
        title: 'Private endpoint',
        detail: `endpoint has the host ${refusal.host}, which lies in a private, loopback, link-local or reserved range. A registry on a private network allows it with ALLOW_PRIVATE_ENDPOINTS set to "true".`,
      };
    case 'body-too-large':
      return {
        status: 413,
        title: 'Body too large',
        detail: `The body may have at most ${refusal.maxBytes} bytes.`,
      };
    case 'unsupported-media-type':
      return {
        status: 415,
        title: 'Unsupported media type',
        detail: `The body must be JSON and say so: Content-Type is ${JSON.stringify(refusal.contentType)}, but must be application/json.`,
        headers: { 'Accept-Post': 'application/json' },
      };
    case 'writes-closed':
      return {
        status: 503,
        title: 'Writes closed',
        detail:
          'WRITE_ACCESS is "token", but the secret REGISTRY_TOKEN is not set. Set it with `npx wrangler secret put REGISTRY_TOKEN`; for a local run, put REGISTRY_TOKEN=… into the file .dev.vars, or set WRITE_ACCESS to "open".',
      };
    case 'unauthorized':
      return { status: 401, title: 'Unauthorized', ...challenge(refusal.wants, refusal.problem) };
    case 'foreign-origin':
      return {
        status: 403,
        title: 'Foreign origin',
        detail: `Pages of ${JSON.stringify(refusal.origin)} may not write here, but those of ${refusal.allowed}, the registry's CORS_ORIGIN. A program that is no page sends no Origin.`,
      };
    case 'not-owner':
      return {
        status: 403,
        title: 'Not the owner',
        detail:
          'This serverId belongs to another key. Sign with the key it was registered with, or choose another id.',
      };
    case 'replayed':
      return {
        status: 409,
        title: 'Signed too early',
        detail: `A request for this serverId signed at ${refusal.acceptedAt} was accepted before: "created" must be later. Sign the request anew.`,
      };
    case 'key-full':
      return {
        status: 403,
        title: 'Too many servers for one key',
        detail: `One key may hold at most ${refusal.maxServersPerKey} servers, the registry's MAX_SERVERS_PER_KEY. Deregister one first.`,
      };
    case 'rate-limited':
      return {
        status: 429,
        title: 'Too many requests',
        detail: `Too many writes for this ${refusal.per}. Try again later.`,
        headers: retryAfter(refusal.retryAfterMs),
      };
    case 'not-registered':
      return {
        status: 404,
        title: 'Server not registered',
        detail:
          'No server is held under this id: it never registered, deregistered, or was swept. Register again.',
        error: 'Server not registered',
      };
    case 'registry-full':
      return {
        status: 503,
        title: 'Registry full',
        detail:
          refusal.maxListBytes === undefined
            ? `The registry holds ${refusal.maxServers} servers, its MAX_SERVERS. Try again later.`
            : `The entries of all servers may take ${refusal.maxListBytes} bytes, the registry's MAX_LIST_BYTES, and this one would be too much. Send less metadata, or try again later. A heartbeat renewed the lease all the same.`,
        headers: retryAfter(refusal.retryAfterMs),
      };
    case 'no-such-route':
      return {
        status: 404,
        title: 'Not Found',
        detail: `There is nothing at ${refusal.path}.`,
        error: 'Not Found',
      };
    case 'method-not-allowed':
      return {
        status: 405,
        title: 'Method Not Allowed',
        detail: `${refusal.method} is not offered here, but ${refusal.allow}.`,
        headers: { Allow: refusal.allow },
      };
    case 'misconfigured':
      return { status: 500, title: 'Misconfigured', detail: refusal.problem };
    case 'unavailable':
      return {
        status: 503,
        title: 'Registry unavailable',
        detail: 'The registry is overloaded or restarting. Try again.',
        headers: retryAfter(1000),
      };
    case 'internal':
      return {
        status: 500,
        title: 'Internal error',
        detail: `The registry failed. The log has the cause under incident ${refusal.incident}.`,
      };
  }
}

function challenge(
  wants: Extract<Refusal, { readonly kind: 'unauthorized' }>['wants'],
  problem: string,
): Pick<Explanation, 'detail' | 'headers'> {
  if (wants !== 'signature') {
    const who =
      wants === 'token' ? 'holders of its token write' : 'holders of its METRICS_TOKEN see the metrics';
    return {
      detail: `This registry lets ${who}: ${problem}. Send Authorization: Bearer <token>.`,
      headers: { 'WWW-Authenticate': 'Bearer realm="rollcall"' },
    };
  }
  const components = REQUIRED_COMPONENTS.map((name) => `"${name}"`).join(' ');
  return {
    detail: `This registry lets servers write that sign with their key (RFC 9421): ${problem}.`,
    headers: {
      'WWW-Authenticate': 'Signature realm="rollcall"',
      'Accept-Signature': `sig1=(${components});created;keyid;alg="ed25519"`,
    },
  };
}

function retryAfter(delayMs: number): Record<string, string> {
  return { 'Retry-After': String(Math.ceil(delayMs / 1000)) };
}
