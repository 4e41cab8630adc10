/** Outcome → headers and body of the answer. */
import type { Config } from '../config.ts';
import type { Problem } from '../protocol/protocol.ts';
import type { Refusal } from '../protocol/refusal.ts';

import type { ListHead, ListReply } from '../rpc/list-stub.ts';
import { explain, typeOf } from './explain.ts';

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

/** The headers of lists. Those of the last list are kept: the next one has mostly the same, and a copy costs. */
class ListHeaders {
  readonly #base: Headers;
  #last: Headers;
  #etag: string | null = null;
  #signature: string | null = null;

  constructor(base: Headers) {
    this.#base = base;
    this.#last = base;
  }

  with(etag: string | null, signature: string | null): Headers {
    if (etag === this.#etag && signature === this.#signature) return this.#last;
    this.#last = new Headers(this.#base);
    if (etag !== null) this.#last.set('ETag', etag);
    if (signature !== null) this.#last.set('X-Bootstrap-Signature', signature);
    this.#etag = etag;
    this.#signature = signature;
    return this.#last;
  }
}

/** Makes the answers of one configuration. Each gets all its headers once: adding one later costs a crossing. */
export class Responder {
  readonly #common: Readonly<Record<string, string>>;
  readonly #json: Headers;

  readonly #list: ListHeaders;
  readonly #privateList: ListHeaders;

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

  /** A text for a machine, which no cache may keep. */
  text(body: string, contentType: string): Response {
    const headers = { ...this.#common, 'Cache-Control': 'no-store', 'Content-Type': contentType };
    return new Response(body, { headers });
  }

  /** An answer that the object encoded already. */
  encodedJson(body: Uint8Array | ReadableStream<Uint8Array>): Response {
    return new Response(body, { headers: this.#json });
  }

  /** The list or what was asked of it, or that the reader has it. A private answer is no other reader's. */
  list({ body, etag, signature }: ListReply, audience: 'public' | 'private'): Response {
    const headers = (audience === 'private' ? this.#privateList : this.#list).with(etag, signature);
    return new Response(body, { status: body === null ? 304 : 200, headers });
  }

  /** The same without the body. */
  listHead({ byteLength, etag, signature }: ListHead): Response {
    const headers = new Headers(this.#list.with(etag, signature));
    headers.set('Content-Length', String(byteLength));
    return new Response(null, { headers });
  }

  /** Adds what protects every answer to the headers of one that is made elsewhere. */
  protect(headers: Headers): void {
    for (const [name, value] of Object.entries(PROTECTIVE)) headers.set(name, value);
  }

  #listHeaders(cacheControl: string): ListHeaders {
    const headers = new Headers(this.#json);
    headers.set('Cache-Control', cacheControl);
    headers.set('Access-Control-Expose-Headers', CORS.exposedOfLists);
    return new ListHeaders(headers);
  }

  refuse(refusal: Refusal): Response {
    const { status, title, detail, error, headers } = explain(refusal);
    const problem: Problem & Readonly<Record<string, unknown>> = {
      type: typeOf(refusal.kind),
      title,
      status,
      detail,
      error: error ?? detail,
      ...(wantsSignature(refusal) ? { now: Date.now() } : {}),
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

/** Its "created" is compared with the registry's clock, which the sender's may have left. */
function wantsSignature(refusal: Refusal): boolean {
  return refusal.kind === 'unauthorized' && refusal.wants === 'signature';
}
