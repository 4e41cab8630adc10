/** Every problem an answer can name: its status, its title, what it means and what its reader can do. */
import type { Refusal } from './refusal.ts';

/** What an answer says of every problem of one kind. */
export interface ProblemKind {
  readonly status: number;
  readonly title: string;
  /** What it means, in one sentence. `GET /errors` and docs/errors.md show it. */
  readonly meaning: string;
  /** What to do, as a sentence of its own: it follows what was wrong with the request. */
  readonly advice: string;
}

/**
 * The one table of problems. The answers, `GET /errors` and the table in docs/errors.md are made of it. A kind is the
 * `type` of a problem and never changes; its texts may.
 */
export const PROBLEMS = {
  'malformed-body': {
    status: 400,
    title: 'Malformed body',
    meaning: 'The body is not a JSON object in UTF-8.',
    advice: 'Send a JSON object.',
  },
  'missing-fields': {
    status: 400,
    title: 'Missing fields',
    meaning: 'A registration lacks serverId, endpoint or publicKey.',
    advice: 'Send all three, each a string that is not empty.',
  },
  'missing-server-id': {
    status: 400,
    title: 'Missing serverId',
    meaning: 'A heartbeat lacks serverId.',
    advice: 'Send it, a string that is not empty.',
  },
  'invalid-field': {
    status: 400,
    title: 'Invalid field',
    meaning:
      'A member of the body or a parameter has the wrong type, is too long, or holds what it must not.',
    advice: 'Correct what is named.',
  },
  'query-too-long': {
    status: 414,
    title: 'Query too long',
    meaning: 'The query string is longer than it may be.',
    advice: 'Ask with fewer conditions.',
  },
  'query-too-costly': {
    status: 400,
    title: 'Query too costly',
    meaning: 'Over the servers that are listed now, the query would take too long.',
    advice: 'Ask for less: a longer q, fewer conditions on metadata, or one region.',
  },
  'malformed-id': {
    status: 400,
    title: 'Malformed id',
    meaning: 'The id in the path is not percent-encoded UTF-8, or no valid id.',
    advice: 'Send encodeURIComponent(serverId).',
  },
  'malformed-upgrade': {
    status: 400,
    title: 'Malformed upgrade',
    meaning: 'A WebSocket to hold a session does not ask for the subprotocol and bring a ticket.',
    advice:
      'Send Sec-WebSocket-Protocol with "rollcall.session.1" and the ticket of a registration or heartbeat.',
  },
  'private-endpoint': {
    status: 400,
    title: 'Private endpoint',
    meaning: 'The endpoint lies in a private, loopback, link-local or reserved range.',
    advice: 'A registry on a private network allows it with ALLOW_PRIVATE_ENDPOINTS set to "true".',
  },
  'body-too-large': {
    status: 413,
    title: 'Body too large',
    meaning: 'The body is longer than a request may be.',
    advice: 'Send less.',
  },
  'unsupported-media-type': {
    status: 415,
    title: 'Unsupported media type',
    meaning: 'The body says that it is something else than JSON.',
    advice: 'Send JSON, with Content-Type application/json.',
  },
  'writes-closed': {
    status: 503,
    title: 'Writes closed',
    meaning: 'Nobody may write, because the operator has set no token yet.',
    advice:
      'Set it with `npx wrangler secret put REGISTRY_TOKEN`; for a local run, put REGISTRY_TOKEN=… into the file .dev.vars, or set WRITE_ACCESS to "open".',
  },
  unauthorized: {
    status: 401,
    title: 'Unauthorized',
    meaning: 'The token or the signature is missing or wrong.',
    advice: 'Send what WWW-Authenticate asks for: `Authorization: Bearer <token>`, or a signature.',
  },
  'foreign-origin': {
    status: 403,
    title: 'Foreign origin',
    meaning: 'The page is of another origin than those that may write, or follow the list by a WebSocket.',
    advice: 'Do it from a page of an allowed origin, or from a program that is no page and sends no Origin.',
  },
  'not-owner': {
    status: 403,
    title: 'Not the owner',
    meaning: 'The id belongs to another key.',
    advice: 'Sign with the key it was registered with, or choose another id.',
  },
  replayed: {
    status: 409,
    title: 'Signed too early',
    meaning: 'The request was signed no later than one that was accepted before.',
    advice: 'Sign the request anew.',
  },
  'key-full': {
    status: 403,
    title: 'Too many servers for one key',
    meaning: 'The key holds as many servers as one key may.',
    advice: 'Deregister one first.',
  },
  'rate-limited': {
    status: 429,
    title: 'Too many requests',
    meaning: 'The address or the server made too many writes.',
    advice: 'Try again later.',
  },
  'not-registered': {
    status: 404,
    title: 'Server not registered',
    meaning: 'No server is held under this id.',
    advice: 'Register again.',
  },
  replaced: {
    status: 409,
    title: 'Replaced by another host',
    meaning: 'Another instance registered this id since: two hosts use it, or one was started twice.',
    advice: 'Stop sending for this id. To take it back, end the other host first, then register again.',
  },
  'registry-full': {
    status: 503,
    title: 'Registry full',
    meaning: 'The registry holds as many servers, or as many bytes of entries, as it may.',
    advice: 'Try again later.',
  },
  'too-large-to-sign': {
    status: 501,
    title: 'Too large to sign',
    meaning: 'The list is in several objects, and longer than what is signed as one.',
    advice:
      'Read the list file, whose parts are signed each, or pages, which are too: add limit to the query.',
  },
  'not-watchable': {
    status: 501,
    title: 'Not watchable',
    meaning: 'The list is in several objects, and no reader can be told of the changes of all.',
    advice: 'Ask what changed, again and again: GET /servers?since=<revision>.',
  },
  'too-many-watchers': {
    status: 503,
    title: 'Too many watchers',
    meaning: 'As many readers follow the list as may.',
    advice: 'Try again later, or ask for what changed by GET /servers?since=<revision>.',
  },
  'no-such-list': {
    status: 404,
    title: 'No such list',
    meaning: 'The registry has no list of this name.',
    advice: 'GET /lists names those that there are.',
  },
  'no-such-route': {
    status: 404,
    title: 'Not Found',
    meaning: 'Nothing is served at this path.',
    advice: 'GET / lists every endpoint.',
  },
  'method-not-allowed': {
    status: 405,
    title: 'Method Not Allowed',
    meaning: 'The path is served, but not with this method.',
    advice: 'Use a method that Allow names.',
  },
  misconfigured: {
    status: 500,
    title: 'Misconfigured',
    meaning: 'A variable of the configuration has a value that cannot be used.',
    advice: 'The operator must correct it.',
  },
  unavailable: {
    status: 503,
    title: 'Registry unavailable',
    meaning: 'The registry is overloaded or restarting.',
    advice: 'Try again.',
  },
  internal: {
    status: 500,
    title: 'Internal error',
    meaning: 'The registry failed.',
    advice: 'Search its log for the incident.',
  },
} as const satisfies Record<Refusal['kind'], ProblemKind>;

/** What stands before the kind in the `type` of a problem: `GET /errors` of the registry that answered explains it. */
export const PROBLEM_TYPE_PREFIX = '/errors#';
