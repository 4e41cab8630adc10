/** The table of all routes: the router, 405 and `/api/info` are made of it. A new route is a row here. */
import * as protocol from '../protocol/protocol.ts';
import { errors, health, info, stats } from './handlers/operators.ts';
import { metrics } from './handlers/metrics.ts';
import { get, list } from './handlers/reads.ts';
import { deregister, heartbeat, register } from './handlers/writes.ts';
import { CONTENT_TYPE } from './metrics/exposition.ts';
import type { Handler, Route } from './route.ts';

const overview: Handler = (call) => info(call, ROUTES);

/** A server may have the id `heartbeat`: POST alone has a route of that name. */
export const ROUTES: readonly Route[] = [
  {
    method: 'GET',
    path: '/servers',
    summary:
      'every live server; ?region=, ?metadata.<key>=, ?q=, ?near= and more: those you want; ?since=: what changed',
    answer: protocol.anyListAnswer,
    handler: list,
  },
  {
    method: 'POST',
    path: '/servers',
    summary: 'register: {serverId, endpoint, publicKey, region?, metadata?}',
    body: protocol.registerRequest,
    answer: protocol.registerAnswer,
    handler: register,
  },
  {
    method: 'POST',
    path: '/servers/heartbeat',
    summary: 'stay listed: {serverId, peers?, metadata?}',
    body: protocol.heartbeatRequest,
    answer: protocol.heartbeatAnswer,
    handler: heartbeat,
  },
  {
    method: 'GET',
    path: '/servers/{id}',
    summary: 'one server, live or stale',
    answer: protocol.serverAnswer,
    handler: get,
  },
  {
    method: 'DELETE',
    path: '/servers/{id}',
    summary: 'deregister',
    answer: protocol.deregisterAnswer,
    handler: deregister,
  },
  {
    method: 'GET',
    path: '/stats',
    summary: 'what the registry holds and has swept',
    answer: protocol.statsAnswer,
    handler: stats,
  },
  {
    method: 'GET',
    path: '/metrics',
    summary: 'the same and more, for Prometheus',
    answer: protocol.metricsAnswer,
    answerType: CONTENT_TYPE,
    handler: metrics,
  },
  {
    method: 'GET',
    path: '/health',
    summary: 'is the Worker up',
    answer: protocol.healthAnswer,
    handler: health,
  },
  {
    method: 'GET',
    path: '/errors',
    summary: 'what each error means',
    answer: protocol.errorsAnswer,
    handler: errors,
  },
  { method: 'GET', path: '/', summary: 'this overview', answer: protocol.infoAnswer, handler: overview },
  {
    method: 'GET',
    path: '/api/info',
    summary: 'this overview',
    answer: protocol.infoAnswer,
    handler: overview,
  },
];
