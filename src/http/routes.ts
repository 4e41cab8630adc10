/** The table of all routes: the router, 405 and `/api/info` are made of it. A new route is a row here. */
import { listsAnswer } from '../protocol/lists-answer.ts';
import * as protocol from '../protocol/protocol.ts';
import { errors, health, info, lists, stats } from './handlers/operators.ts';
import { metrics } from './handlers/metrics.ts';
import { openApi } from './handlers/openapi.ts';
import { home } from './handlers/page.ts';
import { list } from './handlers/reads.ts';
import { getOrHold, holdSession } from './handlers/sessions.ts';
import { isWatch, watch } from './handlers/watch.ts';
import { deregister, heartbeat, register } from './handlers/writes.ts';
import { LIST_PARAMETERS } from './openapi/list-parameters.ts';
import { CONTENT_TYPE } from './metrics/exposition.ts';
import type { Handler, Route } from './route.ts';

/** What a write may be refused for before the object is asked. */
const WRITES = [
  'malformed-body',
  'invalid-field',
  'body-too-large',
  'unsupported-media-type',
  'writes-closed',
  'unauthorized',
  'foreign-origin',
  'not-owner',
  'rate-limited',
] as const;

const overview: Handler = (call) => info(call, ROUTES);

/** A server may have the id `heartbeat`: without an upgrade, GET of that path is about it. */
export const ROUTES: readonly Route[] = [
  {
    method: 'GET',
    operation: 'listServers',
    path: '/servers',
    summary:
      'every live server; ?region=, ?metadata.<key>=, ?q=, ?near= and more: those you want; ?since=: what changed; as text/event-stream or a WebSocket: as it changes',
    parameters: LIST_PARAMETERS,
    problems: [
      'invalid-field',
      'query-too-long',
      'query-too-costly',
      'too-large-to-sign',
      'foreign-origin',
      'not-watchable',
      'too-many-watchers',
    ],
    isConditional: true,
    answer: protocol.anyListAnswer,
    answerAsItChanges: true,
    handler: (call) => (isWatch(call.request) ? watch(call) : list(call)),
  },
  {
    method: 'POST',
    operation: 'register',
    path: '/servers',
    summary: 'register: {serverId, endpoint, publicKey, region?, metadata?}',
    body: protocol.registerRequest,
    needs: 'writes',
    problems: [...WRITES, 'missing-fields', 'private-endpoint', 'replayed', 'key-full', 'registry-full'],
    answer: protocol.registerAnswer,
    handler: register,
  },
  {
    method: 'POST',
    operation: 'heartbeat',
    path: '/servers/heartbeat',
    summary: 'stay listed: {serverId, peers?, metadata?, instance?}',
    body: protocol.heartbeatRequest,
    needs: 'writes',
    problems: [...WRITES, 'missing-server-id', 'not-registered', 'replayed', 'replaced', 'registry-full'],
    answer: protocol.heartbeatAnswer,
    handler: heartbeat,
  },
  {
    method: 'GET',
    operation: 'holdSession',
    path: '/servers/heartbeat',
    summary: 'with Upgrade: websocket and a ticket: a session that keeps the server listed',
    problems: ['malformed-upgrade', 'rate-limited', 'not-registered'],
    answer: protocol.serverAnswer,
    upgrades: true,
    handler: holdSession,
  },
  {
    method: 'GET',
    operation: 'getServer',
    path: '/servers/{id}',
    summary: 'one server, live or stale',
    problems: ['malformed-id', 'not-registered'],
    answer: protocol.serverAnswer,
    handler: getOrHold,
  },
  {
    method: 'DELETE',
    operation: 'deregister',
    path: '/servers/{id}',
    summary: 'deregister',
    needs: 'writes',
    problems: [...WRITES, 'malformed-id', 'replayed'],
    answer: protocol.deregisterAnswer,
    handler: deregister,
  },
  {
    method: 'GET',
    operation: 'stats',
    path: '/stats',
    summary: 'what the registry holds and has swept',
    problems: [],
    answer: protocol.statsAnswer,
    handler: stats,
  },
  {
    method: 'GET',
    operation: 'metrics',
    path: '/metrics',
    summary: 'the same and more, for Prometheus: of all lists, or of the one that the path names',
    needs: 'metrics',
    isOfAll: true,
    problems: ['unauthorized'],
    answer: protocol.metricsAnswer,
    answerType: CONTENT_TYPE,
    handler: metrics,
  },
  {
    method: 'GET',
    operation: 'lists',
    path: '/lists',
    summary: 'the names of all lists; every route is served under /lists/<name>/ as well',
    isOfAll: true,
    problems: [],
    answer: listsAnswer,
    handler: lists,
  },
  {
    method: 'GET',
    operation: 'health',
    path: '/health',
    summary: 'is the Worker up',
    isOfAll: true,
    problems: [],
    answer: protocol.healthAnswer,
    handler: health,
  },
  {
    method: 'GET',
    operation: 'errors',
    path: '/errors',
    summary: 'what each error means',
    isOfAll: true,
    problems: [],
    answer: protocol.errorsAnswer,
    handler: errors,
  },
  {
    method: 'GET',
    operation: 'openApi',
    path: '/openapi.json',
    summary: 'this interface for machines: OpenAPI 3.1',
    isOfAll: true,
    problems: [],
    answer: protocol.openApiAnswer,
    handler: openApi,
  },
  {
    method: 'GET',
    operation: 'overview',
    path: '/',
    summary: 'this overview; the live page for browsers',
    isOfAll: true,
    problems: [],
    answer: protocol.infoAnswer,
    answerToBrowsers: 'text/html',
    isConditional: true,
    handler: (call) => home(call, overview),
  },
  {
    method: 'GET',
    operation: 'overviewOfApi',
    path: '/api/info',
    summary: 'this overview',
    isOfAll: true,
    problems: [],
    answer: protocol.infoAnswer,
    handler: overview,
  },
];
