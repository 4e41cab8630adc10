/** One refusal of each kind, as real requests meet them: the type makes sure that none is left out. */
import type { Refusal } from '../../../src/protocol/refusal.ts';

export const REFUSALS: {
  readonly [Kind in Refusal['kind']]: Extract<Refusal, { readonly kind: Kind }>;
} = {
  'malformed-body': { kind: 'malformed-body', problem: 'the body is an array' },
  'missing-fields': { kind: 'missing-fields' },
  'missing-server-id': { kind: 'missing-server-id' },
  'invalid-field': { kind: 'invalid-field', field: 'region', problem: 'must be a string' },
  'query-too-long': { kind: 'query-too-long', maxBytes: 4096 },
  'query-too-costly': { kind: 'query-too-costly' },
  'malformed-upgrade': { kind: 'malformed-upgrade' },
  'malformed-id': {
    kind: 'malformed-id',
    problem: '"%ff" is not percent-encoded UTF-8: send encodeURIComponent(serverId)',
  },
  'private-endpoint': { kind: 'private-endpoint', host: 'localhost' },
  'body-too-large': { kind: 'body-too-large', maxBytes: 8192 },
  'unsupported-media-type': { kind: 'unsupported-media-type', contentType: 'text/plain' },
  'writes-closed': { kind: 'writes-closed' },
  unauthorized: { kind: 'unauthorized', wants: 'token', problem: 'the request has no token' },
  'foreign-origin': { kind: 'foreign-origin', origin: 'null', allowed: 'https://games.example' },
  'not-owner': { kind: 'not-owner' },
  replayed: { kind: 'replayed', acceptedAt: 1_795_578_443 },
  'key-full': { kind: 'key-full', maxServersPerKey: 100 },
  'rate-limited': { kind: 'rate-limited', per: 'address', retryAfterMs: 10_000 },
  'not-registered': { kind: 'not-registered' },
  replaced: { kind: 'replaced' },
  'too-many-watchers': { kind: 'too-many-watchers', maxWatchers: 1000, retryAfterMs: 30_000 },
  'registry-full': { kind: 'registry-full', maxServers: 10_000, retryAfterMs: 1500 },
  'too-large-to-sign': { kind: 'too-large-to-sign', maxBytes: 32_000_000 },
  'not-watchable': { kind: 'not-watchable' },
  'no-such-list': { kind: 'no-such-list', list: 'nope', isImplied: false },
  'no-such-route': { kind: 'no-such-route', path: '/nowhere' },
  'method-not-allowed': { kind: 'method-not-allowed', method: 'PUT', allow: 'GET, HEAD, POST, OPTIONS' },
  misconfigured: {
    kind: 'misconfigured',
    problem: 'SERVER_TTL_MS must be a positive integer, but is "5m"',
  },
  unavailable: { kind: 'unavailable' },
  internal: { kind: 'internal', incident: '5b6c1c5e-6f0e-4a57-9f0e-0c7f3f0a4b11' },
};
