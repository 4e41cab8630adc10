/** What the registry must hold after the answers it gave, and what every answer must look like. */
import { z } from 'zod';
import { describeRequest, type FuzzRequest } from './requests.ts';

/** An answer, read whole. */
export interface FuzzAnswer {
  readonly status: number;
  readonly headers: Headers;
  readonly text: string;
}

/** The registry broke a promise; the message says with which request. */
export class FuzzFailure extends Error {
  override readonly name = 'FuzzFailure';
}

const ORIGIN = 'http://registry.example';

const problem = z.object({
  type: z.string().regex(/^\/errors#[a-z-]+$/),
  title: z.string().min(1),
  status: z.int(),
  detail: z.string().min(1),
  error: z.string().min(1),
});

/** What a refusal may be: anything else fits no request of the fuzzer's. */
const STATUS_OF: Readonly<Record<string, number>> = {
  'malformed-body': 400,
  'missing-fields': 400,
  'missing-server-id': 400,
  'invalid-field': 400,
  'malformed-id': 400,
  'private-endpoint': 400,
  unauthorized: 401,
  'not-owner': 403,
  'not-registered': 404,
  'no-such-route': 404,
  'method-not-allowed': 405,
  'body-too-large': 413,
  'unsupported-media-type': 415,
};

const held = z.object({
  serverId: z.string(),
  endpoint: z.string(),
  publicKey: z.string(),
  region: z.string(),
  metadata: z.unknown().optional(),
});
const list = z.object({ servers: z.array(held) });
const named = z.looseObject({ serverId: z.string() });
const registration = z.looseObject({
  serverId: z.string(),
  endpoint: z.string(),
  publicKey: z.string(),
  region: z.string().nullish(),
  metadata: z.unknown().optional(),
});

type Held = z.infer<typeof held>;

/** Follows the answers, and knows what must be listed. */
export class Model {
  readonly #held = new Map<string, Held>();

  get size(): number {
    return this.#held.size;
  }

  /** Takes a request and its answer. @throws FuzzFailure where they don't fit each other */
  follow(request: FuzzRequest, answer: FuzzAnswer): void {
    try {
      checkAnswer(request, answer);
      this.#apply(request, answer);
    } catch (error) {
      const reason = error instanceof Error ? error.message : String(error);
      throw new FuzzFailure(
        `${reason}\n${describeRequest(request)}\n${answer.status} ${answer.text.slice(0, 2000)}`,
      );
    }
  }

  /** Compares the answer to `GET /servers`. @throws FuzzFailure where the contents are others */
  compare(listed: string): void {
    const byId = (one: Held, other: Held) => (one.serverId < other.serverId ? -1 : 1);
    const actual = list.parse(JSON.parse(listed)).servers.sort(byId);
    const expected = [...this.#held.values()].sort(byId);
    if (JSON.stringify(actual) === JSON.stringify(expected)) return;
    const differing = expected.find((server, at) => JSON.stringify(server) !== JSON.stringify(actual[at]));
    throw new FuzzFailure(
      `the registry lists ${actual.length} servers and the model ${expected.length}; the first to differ is ${JSON.stringify(differing ?? actual.at(-1))}`,
    );
  }

  #apply({ method, path, body }: FuzzRequest, { status }: FuzzAnswer): void {
    const { pathname } = new URL(`${ORIGIN}${path}`);
    if (method === 'DELETE' && status === 200) {
      this.#held.delete(decodeURIComponent(pathname.slice('/servers/'.length)));
    }
    if (method !== 'POST' || body === null || (status !== 200 && status !== 404)) return;
    const sent: unknown = status === 200 ? JSON.parse(new TextDecoder().decode(body)) : undefined;
    if (pathname === '/servers' && status === 200) {
      const { region, metadata, ...server } = registration.parse(sent);
      const entry = { ...server, region: region || 'unknown', metadata: metadata ?? undefined };
      this.#held.set(server.serverId, this.#entry(entry));
    }
    if (pathname === '/servers/heartbeat' && status === 200) {
      const { serverId, metadata } = named.extend({ metadata: z.unknown().optional() }).parse(sent);
      const known = this.#held.get(serverId);
      if (known === undefined) throw new FuzzFailure('a heartbeat was accepted of a server that is not held');
      // Null means absent: then it stays as it is.
      if (metadata !== undefined && metadata !== null) {
        this.#held.set(serverId, this.#entry({ ...known, metadata }));
      }
    }
    if (pathname === '/servers/heartbeat' && status === 404) {
      const { serverId } = named.parse(JSON.parse(new TextDecoder().decode(body)));
      if (this.#held.has(serverId)) throw new FuzzFailure('a heartbeat was refused of a server that is held');
    }
  }

  /** With its members in the order of the wire. */
  #entry({ serverId, endpoint, publicKey, region, metadata }: Held): Held {
    const entry = { serverId, endpoint, publicKey, region };
    return metadata === undefined ? entry : { ...entry, metadata };
  }
}

function checkAnswer({ method }: FuzzRequest, { status, headers, text }: FuzzAnswer): void {
  const must = (holds: boolean, reason: string) => {
    if (!holds) throw new FuzzFailure(reason);
  };
  must(status >= 200 && status < 500, 'the status is neither success nor the fault of the request');
  must(headers.get('Access-Control-Allow-Origin') === '*', 'the answer has no CORS header');
  must(headers.get('X-Content-Type-Options') === 'nosniff', 'the answer has no protective header');
  if (method === 'OPTIONS' || method === 'HEAD' || status === 304) {
    must(text === '', 'the answer has a body');
    return;
  }
  const parsed: unknown = JSON.parse(text);
  if (status < 300) return;
  const said = problem.parse(parsed);
  must(said.status === status, 'the problem names another status');
  must(headers.get('Content-Type') === 'application/problem+json', 'the problem has another content type');
  must(
    STATUS_OF[said.type.replace('/errors#', '')] === status,
    'the type of the problem does not fit its status',
  );
  must(!/storage|server:|at \w+ \(|\.ts:\d/.test(said.title), 'the problem tells of the inside');
}
