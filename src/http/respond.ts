/** Outcome → headers and body of the answer. */
import type { Config } from '../config.ts';
import type { Problem } from '../protocol/protocol.ts';
import type { Refusal } from '../protocol/refusal.ts';
import { explain, typeOf } from './problems.ts';

/** [C15] What every answer allows other origins to do, and to read. */
const CORS = {
  methods: 'GET, POST, DELETE, OPTIONS',
  headers: 'Content-Type, Authorization, Content-Digest, Signature, Signature-Input',
  exposed: 'Retry-After, WWW-Authenticate, Accept-Signature',
  preflightSeconds: '86400',
} as const;

/** Nothing here is a page: no script runs, no frame shows it, no type is guessed. */
const PROTECTIVE = {
  'X-Content-Type-Options': 'nosniff',
  'Content-Security-Policy': "default-src 'none'; frame-ancestors 'none'",
  'Referrer-Policy': 'no-referrer',
  'Strict-Transport-Security': 'max-age=31536000',
} as const;

/** Makes the answers of one configuration. Each gets all its headers once: adding one later costs a crossing. */
export class Responder {
  readonly #common: Readonly<Record<string, string>>;
  readonly #json: Headers;

  constructor(config: Pick<Config, 'corsOrigin'>) {
    this.#common = {
      'Access-Control-Allow-Origin': config.corsOrigin,
      'Access-Control-Allow-Methods': CORS.methods,
      'Access-Control-Allow-Headers': CORS.headers,
      'Cache-Control': 'no-cache',
      ...PROTECTIVE,
      ...(config.corsOrigin === '*' ? {} : { Vary: 'Origin' }),
    };
    this.#json = new Headers({ ...this.#common, 'Content-Type': 'application/json' });
  }

  json(value: unknown): Response {
    return new Response(JSON.stringify(value), { headers: this.#json });
  }

  /** An answer that the object encoded already. */
  encodedJson(body: Uint8Array): Response {
    return new Response(body, { headers: this.#json });
  }

  /** [C14] */
  preflight(): Response {
    return new Response(null, {
      status: 204,
      headers: { ...this.#common, 'Access-Control-Max-Age': CORS.preflightSeconds },
    });
  }

  refuse(refusal: Refusal): Response {
    const { status, title, detail, error, headers } = explain(refusal);
    const problem: Problem & Readonly<Record<string, unknown>> = {
      type: typeOf(refusal.kind),
      title,
      status,
      detail,
      error: error ?? detail,
      ...(refusal.kind === 'no-such-route' ? { hint: 'GET / lists every endpoint' } : {}),
      ...(refusal.kind === 'internal' ? { incident: refusal.incident } : {}),
    };
    return new Response(JSON.stringify(problem), {
      status,
      headers: {
        ...this.#common,
        'Access-Control-Expose-Headers': CORS.exposed,
        'Content-Type': 'application/problem+json',
        ...headers,
      },
    });
  }
}
