/** Outcome → headers and body of the answer. */
import type { Config } from '../config.ts';
import type { Problem } from '../protocol/protocol.ts';
import type { Refusal } from '../protocol/refusal.ts';
import type { ListOutcome, SignedBody } from '../registry/outcomes.ts';
import { explain, typeOf } from './problems.ts';

/** [C15] What every answer allows other origins to do, and to read. */
export const CORS = {
  methods: ['GET', 'POST', 'DELETE', 'OPTIONS'],
  headers: [
    'Content-Type',
    'Authorization',
    'If-None-Match',
    'Content-Digest',
    'Signature',
    'Signature-Input',
  ],
  exposed: 'Retry-After, WWW-Authenticate, Accept-Signature',
  exposedOfLists: 'ETag, X-Bootstrap-Signature',
  preflightSeconds: 86_400,
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

  readonly #list: Headers;
  readonly #privateList: Headers;

  constructor(config: Pick<Config, 'corsOrigin' | 'listMaxAgeS'>) {
    this.#common = {
      'Access-Control-Allow-Origin': config.corsOrigin,
      'Access-Control-Allow-Methods': CORS.methods.join(', '),
      'Access-Control-Allow-Headers': CORS.headers.join(', '),
      'Cache-Control': 'no-cache',
      ...PROTECTIVE,
      ...(config.corsOrigin === '*' ? {} : { Vary: 'Origin' }),
    };
    this.#json = new Headers({ ...this.#common, 'Content-Type': 'application/json' });
    const { listMaxAgeS: maxAgeS } = config;
    this.#list = this.#listHeaders(
      maxAgeS === 0 ? 'no-cache' : `public, max-age=${maxAgeS}, stale-while-revalidate=${maxAgeS}`,
    );
    this.#privateList = this.#listHeaders(maxAgeS === 0 ? 'no-cache' : `private, max-age=${maxAgeS}`);
  }

  json(value: unknown): Response {
    return new Response(JSON.stringify(value), { headers: this.#json });
  }

  /** An answer that the object encoded already. */
  encodedJson(body: Uint8Array): Response {
    return new Response(body, { headers: this.#json });
  }

  /** The list, or that it is the one the reader has. A private answer is no other reader's. */
  list(outcome: ListOutcome, audience: 'public' | 'private', isTagged: boolean): Response {
    const headers = new Headers(audience === 'private' ? this.#privateList : this.#list);
    if (isTagged) headers.set('ETag', outcome.etag);
    if (outcome.kind === 'unchanged') return new Response(null, { status: 304, headers });
    if (outcome.signature !== null) headers.set('X-Bootstrap-Signature', outcome.signature);
    return new Response(outcome.body, { headers });
  }

  /** What changed in the list. */
  changes(changes: Uint8Array | SignedBody): Response {
    if (changes instanceof Uint8Array) return new Response(changes, { headers: this.#list });
    const headers = new Headers(this.#list);
    headers.set('X-Bootstrap-Signature', changes.signature);
    return new Response(changes.body, { headers });
  }

  /** Adds what protects every answer to the headers of one that is made elsewhere. */
  protect(headers: Headers): void {
    for (const [name, value] of Object.entries(PROTECTIVE)) headers.set(name, value);
  }

  #listHeaders(cacheControl: string): Headers {
    const headers = new Headers(this.#json);
    headers.set('Cache-Control', cacheControl);
    headers.set('Access-Control-Expose-Headers', CORS.exposedOfLists);
    return headers;
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
