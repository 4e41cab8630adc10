/** What every answer to the fuzzer must look like; what it acknowledges goes into the ledger, and is audited. */
import { z } from 'zod';
import { Auditor } from '../lib/audit/auditor.ts';
import type { Reading, Write } from '../lib/audit/history.ts';
import { Ledger } from '../lib/audit/ledger.ts';
import { listAnswer, registerAnswer } from '../../src/protocol/protocol.ts';
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
/** Longer than any run: nothing ends but what is deregistered. */
const LEASE_MS = 86_400_000;
/** In a Worker the clock stands still between two inputs, for the test as for the registry. */
const CLOCK = { atLeastMs: -60_000, atMostMs: 60_000 };

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

const named = z.looseObject({ serverId: z.string(), metadata: z.unknown().optional() });
const registration = named.extend({
  endpoint: z.string(),
  publicKey: z.string(),
  region: z.string().nullish(),
});

/** Follows the answers, and knows what must be listed. */
export class Model {
  readonly #ledger = new Ledger({
    ttlMs: LEASE_MS,
    heartbeatEveryMs: LEASE_MS,
    sweepIntervalMs: LEASE_MS,
    checkpointIntervalMs: LEASE_MS,
    snapshotMaxAgeMs: 0,
    clock: CLOCK,
  });
  readonly #auditor = new Auditor(this.#ledger, Date.now());

  constructor() {
    this.#ledger.up(Date.now());
  }

  /** How many servers are held. */
  get size(): number {
    const now = this.#now();
    return [...this.#ledger.ids()].filter((id) => this.#ledger.belief(id, now).mustBeHeld).length;
  }

  /** Takes a request and its answer. @throws FuzzFailure where they don't fit each other */
  follow(request: FuzzRequest, answer: FuzzAnswer): void {
    try {
      checkAnswer(request, answer);
      this.#enter(request, answer);
      this.#mustBeUnbroken();
    } catch (error) {
      const reason = error instanceof Error ? error.message : String(error);
      throw new FuzzFailure(
        `${reason}\n${describeRequest(request)}\n${answer.status} ${answer.text.slice(0, 2000)}`,
      );
    }
  }

  /** Compares the answer to `GET /servers`. @throws FuzzFailure where the contents are others */
  compare(listed: string): void {
    this.#auditor.list(this.#now(), listAnswer.parse(JSON.parse(listed)).servers);
    this.#mustBeUnbroken();
  }

  #enter({ method, path, body }: FuzzRequest, { status, text }: FuzzAnswer): void {
    const { pathname } = new URL(`${ORIGIN}${path}`);
    if (method === 'DELETE' && status === 200) {
      this.#acknowledged(
        decodeURIComponent(pathname.slice('/servers/'.length)),
        { kind: 'deregister' },
        text,
      );
    }
    if (method !== 'POST' || body === null || (status !== 200 && status !== 404)) return;
    const parse = <Sent>(schema: z.ZodType<Sent>) => schema.parse(JSON.parse(new TextDecoder().decode(body)));
    if (pathname === '/servers' && status === 200) {
      const { serverId, endpoint, publicKey, region, metadata } = parse(registration);
      const claim = {
        endpoint,
        publicKey,
        region: region || 'unknown',
        metadata: metadata === undefined || metadata === null ? null : JSON.stringify(metadata),
      };
      this.#acknowledged(serverId, { kind: 'register', claim }, text);
    }
    if (pathname !== '/servers/heartbeat') return;
    const { serverId, metadata } = parse(named);
    if (status === 404) this.#auditor.notRegistered(serverId, this.#now());
    else {
      // Null means absent: then it stays as it is.
      const sent = metadata === null ? undefined : JSON.stringify(metadata);
      this.#acknowledged(serverId, { kind: 'heartbeat', metadata: sent }, text);
    }
  }

  #acknowledged(serverId: string, write: Write, text: string): void {
    const reading = this.#now();
    const server = write.kind === 'register' ? registerAnswer.parse(JSON.parse(text)).server : undefined;
    const sent = this.#ledger.sent(serverId, write, reading.sentAt);
    this.#auditor.accepted(serverId, sent, reading, server);
    this.#ledger.acknowledge(sent, reading.receivedAt, server?.registeredAt);
  }

  #mustBeUnbroken(): void {
    const [first] = this.#auditor.violations;
    if (first === undefined) return;
    throw new FuzzFailure(`${first.rule}: ${first.serverId}\n${first.account.join('\n')}`);
  }

  #now(): Reading {
    const now = Date.now();
    return { sentAt: now, receivedAt: now };
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
