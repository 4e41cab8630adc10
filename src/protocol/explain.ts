/** A refusal → what its answer says: status and title from the table of problems, the detail from the request. */
import { PROBLEMS } from './problems.ts';
import type { Refusal } from './refusal.ts';
import { REQUIRED_COMPONENTS } from './signing.ts';

/** What an error answer says. */
export interface Explanation {
  readonly status: number;
  readonly title: string;
  /** What was wrong with this very request, and what to do. */
  readonly detail: string;
  /** Where the original registry's clients look for certain words; otherwise the detail. */
  readonly error?: string;
  readonly headers?: Readonly<Record<string, string>>;
}

/** What is particular to one request. */
interface Particulars {
  /** What was wrong with it; otherwise what the table says that the problem means. */
  readonly said?: string;
  /** In place of the table's advice; null where `said` says what to do. */
  readonly advice?: string | null;
  readonly error?: string;
  readonly headers?: Readonly<Record<string, string>>;
}

export function explain(refusal: Refusal): Explanation {
  const kind = PROBLEMS[refusal.kind];
  const { said = kind.meaning, advice = kind.advice, ...rest } = particularsOf(refusal);
  const detail = advice === null ? said : `${said} ${advice}`;
  return { status: kind.status, title: kind.title, detail, ...rest };
}

function particularsOf(refusal: Refusal): Particulars {
  switch (refusal.kind) {
    case 'malformed-body':
      return { said: `The body must be a JSON object: ${refusal.problem}.`, advice: null };
    case 'missing-fields':
      return { error: 'Missing required fields: serverId, endpoint, publicKey' };
    case 'missing-server-id':
      return { error: 'Missing serverId' };
    case 'invalid-field':
      return { said: `${refusal.field} ${refusal.problem}.`, advice: null };
    case 'query-too-long':
      return { said: `The query string may have at most ${refusal.maxBytes} bytes.` };
    case 'malformed-id':
      return { said: `${refusal.problem}.`, advice: null };
    case 'private-endpoint':
      return {
        said: `endpoint has the host ${refusal.host}, which lies in a private, loopback, link-local or reserved range.`,
      };
    case 'body-too-large':
      return { said: `The body may have at most ${refusal.maxBytes} bytes.` };
    case 'unsupported-media-type':
      return {
        said: `Content-Type is ${JSON.stringify(refusal.contentType)}.`,
        headers: { 'Accept-Post': 'application/json' },
      };
    case 'writes-closed':
      return {
        said: 'WRITE_ACCESS is "token", but the secret REGISTRY_TOKEN is not set, nor a token of the list in LIST_TOKENS.',
      };
    case 'unauthorized':
      return challenge(refusal.wants, refusal.problem);
    case 'foreign-origin':
      return {
        said: `Pages of ${JSON.stringify(refusal.origin)} may not write here, nor follow the list by a WebSocket, but those of ${refusal.allowed}, the registry's CORS_ORIGIN.`,
      };
    case 'not-owner':
      return { said: 'This serverId belongs to another key.' };
    case 'replayed':
      return {
        said: `A request for this serverId signed at ${refusal.acceptedAt} was accepted before: "created" must be later.`,
      };
    case 'key-full':
      return {
        said: `One key may hold at most ${refusal.maxServersPerKey} servers, the registry's MAX_SERVERS_PER_KEY.`,
      };
    case 'rate-limited':
      return {
        said: `Too many writes for this ${refusal.per}.`,
        headers: retryAfter(refusal.retryAfterMs),
      };
    case 'not-registered':
      return {
        said: 'No server is held under this id: it never registered, deregistered, or was swept.',
        error: 'Server not registered',
      };
    case 'replaced':
      return {
        said: 'The heartbeat is of another instance than the last registration of this id: a second host uses it, or this one was started twice.',
      };
    case 'registry-full':
      return { ...fullOf(refusal), headers: retryAfter(refusal.retryAfterMs) };
    case 'too-many-watchers':
      return {
        said: `${refusal.maxWatchers} readers may follow the list, the registry's MAX_WATCHERS.`,
        headers: retryAfter(refusal.retryAfterMs),
      };
    case 'no-such-list':
      return {
        said: refusal.isImplied
          ? `The path names no list, and there is none called ${refusal.list}.`
          : `There is no list ${JSON.stringify(refusal.list)}.`,
      };
    case 'no-such-route':
      return { said: `There is nothing at ${refusal.path}.`, error: 'Not Found' };
    case 'method-not-allowed':
      return {
        said: `${refusal.method} is not offered here.`,
        advice: `Use ${refusal.allow}.`,
        headers: { Allow: refusal.allow },
      };
    case 'misconfigured':
      return { said: refusal.problem, advice: null };
    case 'unavailable':
      return { headers: retryAfter(1000) };
    case 'internal':
      return { advice: `Search its log for the incident ${refusal.incident}.` };
    case 'too-large-to-sign':
      return {
        said: `The list is longer than ${refusal.maxBytes / 1e6} MB, the most that is signed of several objects.`,
      };
    case 'not-watchable':
    case 'query-too-costly':
    case 'malformed-upgrade':
      return {};
  }
}

function fullOf({
  maxServers,
  maxListBytes,
  shards,
}: Extract<Refusal, { readonly kind: 'registry-full' }>): Particulars {
  const [holder, limit] =
    shards === undefined
      ? ['The registry', "the registry's"]
      : [`The one of ${shards} objects that this server belongs to`, "its part of the list's"];
  if (maxListBytes === undefined)
    return {
      said: `${holder} holds ${maxServers} servers, ${shards === undefined ? 'its' : limit} MAX_SERVERS.`,
    };
  const entries = shards === undefined ? 'The entries of all servers' : `${holder} has entries that`;
  return {
    said: `${entries} may take ${maxListBytes} bytes, ${limit} MAX_LIST_BYTES, and this one would be too much.`,
    advice: 'Send less metadata, or try again later. A heartbeat renewed the lease all the same.',
  };
}

function challenge(
  wants: Extract<Refusal, { readonly kind: 'unauthorized' }>['wants'],
  problem: string,
): Particulars {
  if (wants !== 'signature') {
    const who =
      wants === 'token' ? 'holders of its token write' : 'holders of its METRICS_TOKEN see the metrics';
    return {
      said: `This registry lets ${who}: ${problem}. Send Authorization: Bearer <token>.`,
      advice: null,
      headers: { 'WWW-Authenticate': 'Bearer realm="rollcall"' },
    };
  }
  const components = REQUIRED_COMPONENTS.map((name) => `"${name}"`).join(' ');
  return {
    said: `This registry lets servers write that sign with their key (RFC 9421): ${problem}.`,
    advice: null,
    headers: {
      'WWW-Authenticate': 'Signature realm="rollcall"',
      'Accept-Signature': `sig1=(${components});created;keyid;alg="ed25519"`,
    },
  };
}

function retryAfter(delayMs: number): Record<string, string> {
  return { 'Retry-After': String(Math.ceil(delayMs / 1000)) };
}
