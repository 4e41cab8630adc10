/** The one place that makes responses: outcome or refusal → status, headers and body. */
import type { Config } from '../config.ts';
import { PROBLEM_TYPE_PREFIX, PROBLEMS } from '../protocol/problems.ts';
import type { Problem } from '../protocol/protocol.ts';
import type { Refusal } from '../protocol/refusal.ts';
import type { ListHead } from '../rpc/contract.ts';
import { ListHeaders } from '../rpc/list-headers.ts';
import type { ListReply } from '../rpc/list-stub.ts';
import { explain } from '../protocol/explain.ts';

/** [C18] */
const LIST_SIGNATURE_HEADER = 'X-Bootstrap-Signature';

/** [C15] What every answer allows other origins to do, and to read. */
const CORS = {
  methods: 'GET, POST, DELETE, OPTIONS',
  headers:
    'Content-Type, Authorization, If-None-Match, Last-Event-ID, Content-Digest, Signature, Signature-Input',
  exposed: 'Retry-After, WWW-Authenticate, Accept-Signature',
  exposedOfLists: `ETag, ${LIST_SIGNATURE_HEADER}`,
  preflightSeconds: 86_400,
} as const;

/** Of all that is no page: no script runs, no frame shows it, no type is guessed. */
const PROTECTIVE = {
  'X-Content-Type-Options': 'nosniff',
  'Content-Security-Policy': "default-src 'none'; frame-ancestors 'none'",
  'Referrer-Policy': 'no-referrer',
  'Strict-Transport-Security': 'max-age=31536000',
} as const;

/** Of the page: everything comes from this registry; no script, style or handler stands inside a document. */
const PAGE_POLICY = [
  "default-src 'none'",
  "script-src 'self'",
  "style-src 'self'",
  "img-src 'self'",
  "connect-src 'self'",
  "base-uri 'none'",
  "form-action 'none'",
  "frame-ancestors 'none'",
  "require-trusted-types-for 'script'",
  "trusted-types 'none'",
].join('; ');

/** Makes the answers of one configuration. Each gets all its headers once: adding one later costs a crossing. */
export class Responder {
  readonly #preflight: Headers;
  readonly #common: Readonly<Record<string, string>>;
  readonly #json: Headers;
  readonly #list: ListHeaders;
  readonly #privateList: ListHeaders;

  constructor({ corsOrigin, listMaxAgeS: maxAgeS }: Pick<Config, 'corsOrigin' | 'listMaxAgeS'>) {
    const everywhere = {
      'Access-Control-Allow-Origin': corsOrigin,
      'Access-Control-Allow-Methods': CORS.methods,
      'Access-Control-Allow-Headers': CORS.headers,
      ...PROTECTIVE,
      ...(corsOrigin === '*' ? {} : { Vary: 'Origin' }),
    };
    this.#preflight = new Headers({
      ...everywhere,
      'Access-Control-Max-Age': String(CORS.preflightSeconds),
    });
    this.#common = { ...everywhere, 'Cache-Control': 'no-cache' };
    this.#json = new Headers({ ...this.#common, 'Content-Type': 'application/json' });
    this.#list = this.#listHeaders(
      maxAgeS === 0 ? 'no-cache' : `public, max-age=${maxAgeS}, stale-while-revalidate=${maxAgeS}`,
    );
    this.#privateList = this.#listHeaders(maxAgeS === 0 ? 'no-cache' : `private, max-age=${maxAgeS}`);
  }

  /** A value as JSON. Like every body of JSON it ends with a newline, so that a prompt doesn't stick to it. */
  json(value: unknown): Response {
    return new Response(line(value), { headers: this.#json });
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

  /** The list or a part of it, or that the reader has it. A private answer is no other reader's. */
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

  /** Events, as they happen. */
  events(body: ReadableStream<Uint8Array>): Response {
    const headers = {
      ...this.#common,
      'Content-Type': 'text/event-stream',
      'Cache-Control': 'no-store',
      // nginx would keep events back until it has a buffer full of them.
      'X-Accel-Buffering': 'no',
    };
    return new Response(body, { headers });
  }

  /** The live page, as its file was found, or that the reader has it. */
  page(file: Response): Response {
    const etag = file.headers.get('ETag');
    const headers = {
      ...this.#common,
      'Content-Type': 'text/html; charset=utf-8',
      'Content-Security-Policy': PAGE_POLICY,
      ...(etag !== null && { ETag: etag }),
    };
    return new Response(file.body, { status: file.status, headers });
  }

  /** [C14] What other origins may do. */
  preflight(): Response {
    return new Response(null, { status: 204, headers: this.#preflight });
  }

  /** For good, to the same question elsewhere: `to` may be relative to what was asked. */
  redirect(to: string): Response {
    return new Response(null, { status: 308, headers: { ...this.#common, Location: to } });
  }

  refuse(refusal: Refusal): Response {
    const { status, title, detail, error, headers } = explain(refusal);
    const problem: Problem = {
      type: PROBLEM_TYPE_PREFIX + refusal.kind,
      title,
      status,
      detail,
      error: error ?? detail,
      ...(wantsSignature(refusal) && { now: Date.now() }),
      ...(refusal.kind === 'no-such-route' && { hint: PROBLEMS[refusal.kind].advice }),
      ...(refusal.kind === 'internal' && { incident: refusal.incident }),
    };
    return new Response(line(problem), {
      status,
      headers: {
        ...this.#common,
        'Access-Control-Expose-Headers': CORS.exposed,
        'Content-Type': 'application/problem+json',
        ...headers,
      },
    });
  }

  #listHeaders(cacheControl: string): ListHeaders {
    const headers = new Headers(this.#json);
    headers.set('Cache-Control', cacheControl);
    headers.set('Access-Control-Expose-Headers', CORS.exposedOfLists);
    return new ListHeaders(headers, LIST_SIGNATURE_HEADER);
  }
}

/**
 * [N7] The answer to HEAD. The runtime names the length of a body that it sends, so here it is named for the one it
 * would have sent. It is counted on its way, not kept: a list is megabytes, and a hundred of them would be all the
 * memory there is.
 */
export async function withoutBody(response: Response): Promise<Response> {
  const { status, body } = response;
  const headers = new Headers(response.headers);
  if (status !== 304 && !headers.has('Content-Length'))
    headers.set('Content-Length', String(await lengthOf(body)));
  return new Response(null, { status, headers });
}

async function lengthOf(body: ReadableStream<Uint8Array> | null): Promise<number> {
  let bytes = 0;
  if (body !== null) for await (const chunk of body) bytes += chunk.byteLength;
  return bytes;
}

function line(value: unknown): string {
  return `${JSON.stringify(value)}\n`;
}

/** Its "created" is compared with the registry's clock, which the sender's may have left. */
function wantsSignature(refusal: Refusal): boolean {
  return refusal.kind === 'unauthorized' && refusal.wants === 'signature';
}
