/** One request to the registry: how it is sent, how long it may take, and what its failure is called. */
import { normalizedBaseUrl } from './addresses.ts';
import { type Check, isRecord } from './answers.ts';
import { bodyHead, jsonOf, MAX_ANSWER_BYTES, MAX_ERROR_BYTES, reasonOfTooMuch, wholeBody } from './bodies.ts';
import type { Environment } from './environment.ts';
import { RegistryError, type Fault } from './errors.ts';
import { callOwner } from './owner.ts';
import { redirectOf } from './redirects.ts';
import { refusal, rejectedOnAbort } from './refused.ts';
import { reasonOf } from './shown.ts';
import type { ClockCorrection, RequestSigner } from './signing.ts';

/** What every call accepts. */
export interface CallOptions {
  /** Ends the call with an error of kind `aborted`. */
  signal?: AbortSignal;
  /** Milliseconds until the call ends with an error of kind `timeout`; the client's own setting if absent. */
  timeoutMs?: number;
}

/** The part of `fetch` that the client uses. */
export type Fetch = (url: string, init: RequestInit) => Promise<Response>;

/** What a connection is made of. */
export interface ConnectionSettings {
  baseUrl: string | URL;
  timeoutMs: number;
  token: string | undefined;
  /** Signs what writes: everything but GET. */
  signer: RequestSigner | undefined;
  /** Told of each time the signer's clock was set right. */
  onClockCorrected: ((correction: ClockCorrection) => void) | undefined;
  /** Checks whatever shows the list: its bytes, its signature, epoch ms. Spelled out, so that the package has few types. */
  listKey:
    | { verify: (...of: [Uint8Array<ArrayBuffer>, string | null, number]) => Promise<string | undefined> }
    | undefined;
  /** Most bytes of an answer that may be as long as the list. */
  maxListBytes: number;
  headers: Record<string, string>;
  /** Told how long the answer may be. */
  fetch: (url: string, init: RequestInit, maxBytes: number) => Promise<Response>;
  environment: Environment;
}

/** A request, as a path under the base URL. */
export interface Ask {
  method: 'GET' | 'POST' | 'DELETE';
  path: string;
  body?: object;
  /** The server that a write is about: what is signed of it is later than what was signed of it before. */
  serverId?: string;
  /** How long the answer may be: that of a list, or of everything else if absent. */
  length?: 'list';
  /** The answer is a list that the registry signs, so it must be signed where the client was told by which key. */
  isSigned?: boolean;
  /** Why the answer can't be trusted, where it has its signature in it; undefined where it can. */
  whyUntrusted?: (bytes: Uint8Array<ArrayBuffer>) => Promise<string | undefined>;
  /** The request goes on where the page that sent it is closed. Its body may have 64 KiB at most. */
  outlivesPage?: boolean;
}

/** An answer that passed its check, and how long its body was. */
export interface Answered<T> {
  answer: T;
  bytes: number;
}

/** What `fetch` is given, with its body as the text that a signature covers. */
interface Init {
  method: string;
  headers: Headers;
  redirect: 'manual';
  keepalive: boolean;
  signal: AbortSignal;
  body?: string;
}

/** What is known of a request while it is under way. */
interface Exchange {
  readonly request: string;
  readonly signal: AbortSignal;
  /** What its failure is called from now on, whatever becomes of the body: the status has said no already. */
  refusal: Fault | undefined;
}

/** Characters of an unexpected answer that an error shows. */
const EXCERPT_CHARACTERS = 120;

/** Bytes that so many characters have at most. */
const EXCERPT_BYTES = 4 * EXCERPT_CHARACTERS;

/**
 * What may come over the wire beyond the limit of what is read: the reader, who knows better what is too much, is then
 * first to say so.
 */
const WIRE_SLACK_BYTES = 1024 * 1024;

/** Sends requests to one registry. */
export class Connection {
  readonly #settings: ConnectionSettings;
  readonly #baseUrl: string;

  /** Throws for settings that no request could be made with: a `TypeError`, or a `RangeError` for a number. */
  constructor(settings: ConnectionSettings) {
    this.#settings = settings;
    this.#baseUrl = normalizedBaseUrl(settings.baseUrl);
    assertTimeout(settings.timeoutMs);
    if (!(settings.maxListBytes > 0)) {
      throw new RangeError(`maxListBytes must be above 0, but is ${settings.maxListBytes}`);
    }
    this.#assertHeaders();
  }

  /** Under which every path lies. */
  get baseUrl(): string {
    return this.#baseUrl;
  }

  /**
   * Asks for an event stream, until the signal is aborted. Undefined where the answer is none; rejects where there is no
   * answer, and with what the signal was aborted by.
   */
  async stream(path: string, signal: AbortSignal): Promise<ReadableStream<Uint8Array> | undefined> {
    const headers = this.#headers();
    headers.set('Accept', 'text/event-stream');
    const { fetch, maxListBytes } = this.#settings;
    const init: RequestInit = { method: 'GET', headers, redirect: 'manual', signal };
    const response = await fetch(`${this.#baseUrl}${path}`, init, maxListBytes + WIRE_SLACK_BYTES);
    const isEvents = response.headers.get('Content-Type')?.startsWith('text/event-stream') === true;
    if (response.status === 200 && isEvents && response.body !== null) return response.body;
    await response.body?.cancel();
    return undefined;
  }

  /** Resolves with an answer that passed `check`; rejects with a `RegistryError` otherwise. */
  async call<T>(ask: Ask, check: Check<T>, options?: CallOptions): Promise<T> {
    return (await this.measured(ask, check, options)).answer;
  }

  /** As `call`, and tells how long the body was. */
  async measured<T>(ask: Ask, check: Check<T>, options: CallOptions = {}): Promise<Answered<T>> {
    const { environment } = this.#settings;
    const { signal, timeoutMs = this.#settings.timeoutMs } = options;
    assertTimeout(timeoutMs);
    const request = `${ask.method} ${this.#baseUrl}${ask.path}`;
    // One controller per request, and no AbortSignal.any: in Node 20 that keeps something of every request
    // for as long as a long-lived signal lives, and a heartbeat's signal lives as long as its server.
    const cut = new AbortController();
    const onAbort = () => {
      cut.abort();
    };
    if (signal?.aborted) throw new RegistryError(request, { kind: 'aborted' }, signal.reason);
    signal?.addEventListener('abort', onAbort);
    const cancelTimeout = environment.after(timeoutMs, onAbort);
    const exchange: Exchange = { request, signal: cut.signal, refusal: undefined };
    try {
      return await Promise.race([this.#answered(ask, check, exchange), rejectedOnAbort(cut.signal)]);
    } catch (cause) {
      const isTimeout = cut.signal.aborted;
      // Nothing more is read of an answer that was not taken.
      cut.abort();
      if (signal?.aborted) throw new RegistryError(request, { kind: 'aborted' }, signal.reason);
      if (cause instanceof RegistryError) throw cause;
      if (exchange.refusal !== undefined) throw new RegistryError(request, exchange.refusal, cause);
      if (isTimeout) throw new RegistryError(request, { kind: 'timeout', timeoutMs }, cause);
      throw new RegistryError(request, { kind: 'network', reason: reasonOf(cause) }, cause);
    } finally {
      cancelTimeout();
      signal?.removeEventListener('abort', onAbort);
    }
  }

  /** Sends it, and once more where the registry says that the signature was dated by a wrong clock. */
  async #answered<T>(ask: Ask, check: Check<T>, exchange: Exchange, isFirst = true): Promise<Answered<T>> {
    const { signer } = this.#settings;
    const offsetMs = signer?.offsetMs;
    const response = await this.#send(ask, exchange);
    if (response.ok) return this.#taken(response, ask, check, exchange);
    const { refusal, members } = await this.#refused(response, exchange);
    if (isFirst && response.status === 401) this.#correctClock(members['now']);
    // Another request may have corrected it meanwhile: a hundred servers start at once.
    if (!isFirst || signer?.offsetMs === offsetMs) throw new RegistryError(exchange.request, refusal);
    exchange.refusal = undefined;
    return this.#answered(ask, check, exchange, false);
  }

  async #send(ask: Ask, { request, signal }: Exchange): Promise<Response> {
    const url = `${this.#baseUrl}${ask.path}`;
    let init: Init;
    try {
      init = this.#init(ask, signal);
      // A page that closes runs no further than its first await, so its last request is sent before that.
      if (!ask.outlivesPage || this.#settings.signer !== undefined) await this.#sign(url, ask, init);
    } catch (cause) {
      throw new RegistryError(request, { kind: 'unsendable', reason: reasonOf(cause) }, cause);
    }
    const { fetch } = this.#settings;
    const response = await fetch(url, init, this.#maxBytes(ask) + WIRE_SLACK_BYTES);
    const redirect = redirectOf(response, url, ask.path);
    if (redirect !== undefined) throw new RegistryError(request, redirect);
    return response;
  }

  async #taken<T>(
    response: Response,
    ask: Ask,
    check: Check<T>,
    { request }: Exchange,
  ): Promise<Answered<T>> {
    const { status } = response;
    const bytes = await wholeBody(response, this.#maxBytes(ask)).catch((cause: unknown) => {
      const reason = reasonOfTooMuch(cause);
      if (reason === undefined) throw cause;
      throw new RegistryError(request, { kind: 'tooMuch', status, reason });
    });
    const answer = jsonOf(bytes);
    if (!check(answer)) {
      const excerpt = new TextDecoder().decode(bytes.subarray(0, EXCERPT_BYTES)).slice(0, EXCERPT_CHARACTERS);
      throw new RegistryError(request, { kind: 'badAnswer', status, excerpt });
    }
    const reason = await this.#whyUntrusted(ask, bytes, response);
    if (reason !== undefined) throw new RegistryError(request, { kind: 'untrusted', reason });
    return { answer, bytes: bytes.byteLength };
  }

  #maxBytes({ length }: Ask): number {
    return length === 'list' ? this.#settings.maxListBytes : MAX_ANSWER_BYTES;
  }

  async #whyUntrusted(
    { isSigned, whyUntrusted }: Ask,
    bytes: Uint8Array<ArrayBuffer>,
    { headers }: Response,
  ): Promise<string | undefined> {
    const { listKey, environment } = this.#settings;
    try {
      if (whyUntrusted !== undefined) return await whyUntrusted(bytes);
      if (!isSigned) return undefined;
      return await listKey?.verify(bytes, headers.get('X-Bootstrap-Signature'), environment.nowMs());
    } catch (cause) {
      return `the signature could not be checked: ${reasonOf(cause)}`;
    }
  }

  /** What the refusal says, which from now on is what the exchange failed by. */
  async #refused(
    response: Response,
    exchange: Exchange,
  ): Promise<{ refusal: Fault; members: Record<string, unknown> }> {
    const nowMs = this.#settings.environment.nowMs();
    exchange.refusal = refusal(response, {}, nowMs);
    const answer = jsonOf(await bodyHead(response, MAX_ERROR_BYTES));
    const members = isRecord(answer) ? answer : {};
    return { refusal: refusal(response, members, nowMs), members };
  }

  #correctClock(registryMs: unknown): void {
    const { signer, onClockCorrected } = this.#settings;
    const correction = signer?.correctClock(registryMs);
    if (correction !== undefined) callOwner(() => onClockCorrected?.(correction));
  }

  async #sign(url: string, { method, serverId = '' }: Ask, init: Init): Promise<void> {
    const { signer } = this.#settings;
    if (signer === undefined || method === 'GET') return;
    const signed = await signer.headersFor({ method, url, body: init.body ?? '', serverId });
    for (const [name, value] of Object.entries(signed)) init.headers.set(name, value);
  }

  #init(ask: Ask, signal: AbortSignal): Init {
    const { method, body, outlivesPage: keepalive = false } = ask;
    const headers = this.#headers();
    const init: Init = { method, headers, redirect: 'manual', keepalive, signal };
    if (body === undefined) return init;
    headers.set('Content-Type', 'application/json');
    return { ...init, body: JSON.stringify(body) };
  }

  #headers(): Headers {
    const headers = new Headers(this.#settings.headers);
    headers.set('Accept', 'application/json');
    if (this.#settings.token !== undefined) headers.set('Authorization', `Bearer ${this.#settings.token}`);
    return headers;
  }

  /** A token or a header that can't be sent is told at once, without its value, which may be a secret. */
  #assertHeaders(): void {
    try {
      this.#headers();
    } catch {
      throw new TypeError('the token or a header has a name or characters that no HTTP header can carry');
    }
  }
}

/** Throws a `RangeError` for a time-out that no request could be made with. */
export function assertTimeout(timeoutMs: number): void {
  if (!(timeoutMs > 0)) throw new RangeError(`timeoutMs must be above 0, but is ${timeoutMs}`);
}
