/** Outcome → status, headers, body. The one place that knows status codes. */
import type { Config } from '../config.ts';
import type { Problem } from '../protocol/protocol.ts';
import type { Refusal } from '../protocol/refusal.ts';

/** [C15] What every answer allows other origins to do. */
export const CORS = {
  methods: ['GET', 'POST', 'DELETE', 'OPTIONS'],
  headers: ['Content-Type', 'Authorization'],
} as const;

/** Makes the answers of one configuration. Each gets all its headers once: adding one later costs a crossing. */
export class Responder {
  readonly #common: Readonly<Record<string, string>>;
  readonly #json: Readonly<Record<string, string>>;

  constructor(config: Pick<Config, 'corsOrigin'>) {
    this.#common = {
      'Access-Control-Allow-Origin': config.corsOrigin,
      'Access-Control-Allow-Methods': CORS.methods.join(', '),
      'Access-Control-Allow-Headers': CORS.headers.join(', '),
      'Cache-Control': 'no-cache',
      'X-Content-Type-Options': 'nosniff',
      ...(config.corsOrigin === '*' ? {} : { Vary: 'Origin' }),
    };
    this.#json = { ...this.#common, 'Content-Type': 'application/json' };
  }

  json(value: unknown): Response {
    return new Response(JSON.stringify(value), { headers: this.#json });
  }

  /** An answer that the object encoded already. */
  encodedJson(body: Uint8Array): Response {
    return new Response(body, { headers: this.#json });
  }

  refuse(refusal: Refusal): Response {
    const { status, title, detail, error, headers } = explain(refusal);
    const problem: Problem & Readonly<Record<string, unknown>> = {
      type: 'about:blank',
      title,
      status,
      detail,
      error: error ?? detail,
      ...(refusal.kind === 'no-such-route' ? { hint: 'GET / lists every endpoint' } : {}),
      ...(refusal.kind === 'internal' ? { incident: refusal.incident } : {}),
    };
    return new Response(JSON.stringify(problem), {
      status,
      headers: { ...this.#common, 'Content-Type': 'application/problem+json', ...headers },
    });
  }
}

interface Explanation {
  readonly status: number;
  readonly title: string;
  readonly detail: string;
  /** Where the original registry's clients look for certain words; otherwise the detail. */
  readonly error?: string;
  readonly headers?: Readonly<Record<string, string>>;
}

function explain(refusal: Refusal): Explanation {
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
      return {
        status: 400,
        title: 'Invalid field',
        detail: `${refusal.field} ${refusal.problem}.`,
      };
    case 'malformed-id':
      return { status: 400, title: 'Malformed id', detail: `${refusal.problem}.` };
    case 'writes-refused':
      return { status: 503, title: 'Writes refused', detail: refusal.problem };
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
        detail: `The registry holds ${refusal.maxServers} servers, its MAX_SERVERS. Try again later.`,
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

function retryAfter(delayMs: number): Record<string, string> {
  return { 'Retry-After': String(Math.ceil(delayMs / 1000)) };
}
