/** `GET /errors`: what the `type` of each problem means. docs/errors.md says more of each, under the same names. */
import type { Refusal } from '../../protocol/refusal.ts';
import { typeOf } from '../explain.ts';

const MEANINGS: Readonly<Record<Refusal['kind'], string>> = {
  'malformed-body': 'The body is not a JSON object in UTF-8.',
  'missing-fields': 'A registration lacks serverId, endpoint or publicKey.',
  'missing-server-id': 'A heartbeat lacks serverId.',
  'invalid-field':
    'A member of the body or a parameter has the wrong type, is too long, or holds what it must not.',
  'query-too-long': 'The query string is longer than it may be.',
  'query-too-costly': 'Over what is listed now, the query would take too long.',
  'malformed-id': 'The id in the path is not percent-encoded UTF-8, or no valid id.',
  'private-endpoint': 'The endpoint lies in a private, loopback, link-local or reserved range.',
  'body-too-large': 'The body is longer than a request may be.',
  'unsupported-media-type': 'The body says that it is something else than JSON.',
  'writes-closed': 'Nobody may write, because the operator has set no token yet.',
  unauthorized: 'The token or the signature is missing or wrong.',
  'foreign-origin': 'The page is of another origin than those that may write.',
  'not-owner': 'The id belongs to another key.',
  replayed: 'The request was signed no later than one that was accepted before.',
  'key-full': 'The key holds as many servers as one key may.',
  'rate-limited': 'The address or the server made too many writes.',
  'not-registered': 'No server is held under this id.',
  'registry-full': 'The registry holds as many servers as it may.',
  'no-such-route': 'Nothing is served at this path.',
  'method-not-allowed': 'The path is served, but not with this method.',
  misconfigured: 'A variable of the configuration has a value that cannot be used.',
  unavailable: 'The registry is overloaded or restarting.',
  internal: 'The registry failed; the log has the cause.',
};

export function errorsPage() {
  const kinds = Object.entries(MEANINGS);
  return {
    errors: kinds.map(([kind, meaning]) => ({ type: typeOf(kind), meaning })),
  };
}
