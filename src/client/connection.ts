/** One request to the registry: how it is sent, how long it may take, and what its failure is called. */
import { type Check, isRecord } from './answers.ts';
import type { Environment } from './environment.ts';
import { RegistryError, type Fault } from './errors.ts';
import type { ListKey } from './list-key.ts';
import { retryAfterMs } from './pacing.ts';
import type { RequestSigner } from './signing.ts';

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
  /** Checks whatever shows the list. */
  listKey: ListKey | undefined;
  headers: Record<string, string>;
  fetch: Fetch;
  environment: Environment;
}

/** A request, as a path under the base URL. */
export interface Ask {
  method: 'GET' | 'POST' | 'DELETE';
  path: string;
  body?: object;
  /** The answer shows the list, so it must be signed where the client was told by which key. */
  showsList?: boolean;
}

/** What `fetch` is given, with its body as the text that a signature covers. */
interface Init {
  method: string;
  headers: Headers;
  body?: string;
}

/** Characters of an unexpected answer that an error shows. */
const EXCERPT_CHARACTERS = 120;

/** Sends requests to one registry. */
export class Connection {
  readonly #settings: ConnectionSettings;
  readonly #baseUrl: string;

  /** Throws a `TypeError` for a base URL, and a `RangeError` for a time-out, that no request could be made with. */
  constructor(settings: ConnectionSettings) {
    this.#settings = settings;
    this.#baseUrl = normalizedBaseUrl(settings.baseUrl);
    assertTimeout(settings.timeoutMs);
  }

  /** Resolves with an answer that passed `check`; rejects with a `RegistryError` otherwise. */
  async call<T>(ask: Ask, check: Check<T>, options: CallOptions = {}): Promise<T> {
    const { environment } = this.#settings;
    const request = `${ask.method} ${this.#baseUrl}${ask.path}`;
    const { response, bytes } = await this.#send(ask, request, options);
    const text = new TextDecoder().decode(bytes);
    const answer = parsed(text);
    if (!response.ok) throw new RegistryError(request, refusal(response, answer, environment.nowMs()));
    if (!check(answer)) {
      const excerpt = text.slice(0, EXCERPT_CHARACTERS);
      throw new RegistryError(request, { kind: 'badAnswer', status: response.status, excerpt });
    }
    if (ask.showsList) {
      const signature = response.headers.get('X-Bootstrap-Signature');
      const reason = await this.#settings.listKey?.distrust(bytes, signature, environment.nowMs());
      if (reason !== undefined) throw new RegistryError(request, { kind: 'untrusted', reason });
    }
    return answer;
  }

  async #send(
    ask: Ask,
    request: string,
    options: CallOptions,
  ): Promise<{ response: Response; bytes: Uint8Array<ArrayBuffer> }> {
    const { environment, fetch } = this.#settings;
    const { signal, timeoutMs = this.#settings.timeoutMs } = options;
    assertTimeout(timeoutMs);
    // One controller per request, and no AbortSignal.any: in Node 20 that keeps something of every request
    // for as long as a long-lived signal lives, and a heartbeat's signal lives as long as its server.
    const cut = new AbortController();
    const onAbort = () => {
      cut.abort();
    };
    if (signal?.aborted) throw new RegistryError(request, { kind: 'aborted' }, signal.reason);
    signal?.addEventListener('abort', onAbort);
    const cancelTimeout = environment.after(timeoutMs, onAbort);
    const exchange = async () => {
      const init = this.#init(ask);
      await this.#sign(ask, init);
      const response = await fetch(`${this.#baseUrl}${ask.path}`, { ...init, signal: cut.signal });
      return { response, bytes: new Uint8Array(await response.arrayBuffer()) };
    };
    try {
      return await Promise.race([exchange(), rejectedOnAbort(cut.signal)]);
    } catch (cause) {
      if (signal?.aborted) throw new RegistryError(request, { kind: 'aborted' }, signal.reason);
      if (cut.signal.aborted) throw new RegistryError(request, { kind: 'timeout', timeoutMs }, cause);
      throw new RegistryError(request, { kind: 'network', reason: reasonOf(cause) }, cause);
    } finally {
      cancelTimeout();
      signal?.removeEventListener('abort', onAbort);
    }
  }

  async #sign({ method, path }: Ask, { headers, body = '' }: Init): Promise<void> {
    const { signer } = this.#settings;
    if (signer === undefined || method === 'GET') return;
    const signed = await signer.headersFor({ method, url: `${this.#baseUrl}${path}`, body });
    for (const [name, value] of Object.entries(signed)) headers.set(name, value);
  }

  #init(ask: Ask): Init {
    const headers = new Headers(this.#settings.headers);
    headers.set('Accept', 'application/json');
    if (this.#settings.token !== undefined) headers.set('Authorization', `Bearer ${this.#settings.token}`);
    if (ask.body === undefined) return { method: ask.method, headers };
    headers.set('Content-Type', 'application/json');
    return { method: ask.method, headers, body: JSON.stringify(ask.body) };
  }
}

/**
 * An id as one segment of a path. Throws a `TypeError` for the ids no URL can carry there: the empty one, `.` and
 * `..`, which every URL parser folds away even where they are percent-encoded, and text with a lone surrogate.
 */
export function pathSegment(serverId: string): string {
  if (serverId === '' || serverId === '.' || serverId === '..' || !serverId.isWellFormed()) {
    throw new TypeError(`the id ${JSON.stringify(serverId)} cannot be sent in a URL; use another id`);
  }
  return encodeURIComponent(serverId);
}

function normalizedBaseUrl(baseUrl: string | URL): string {
  const url = new URL(baseUrl);
  if (!/^https?:$/.test(url.protocol) || url.search !== '' || url.hash !== '' || url.username !== '') {
    throw new TypeError('the base URL must be http or https, with no user name, no query and no fragment');
  }
  return `${url.origin}${url.pathname.replace(/\/+$/, '')}`;
}

/**
 * The signal alone does not end every request: in Node 20 (undici 6.24) a compressed body that is being read when the
 * signal aborts is never read to its end, nor does reading it fail.
 */
function rejectedOnAbort(signal: AbortSignal): Promise<never> {
  return new Promise((_resolve, reject) => {
    signal.addEventListener('abort', () => {
      reject(new DOMException('the request was cut short', 'AbortError'));
    });
  });
}

/** Throws a `RangeError` for a time-out that no request could be made with. */
export function assertTimeout(timeoutMs: number): void {
  if (!(timeoutMs > 0)) throw new RangeError(`timeoutMs must be above 0, but is ${timeoutMs}`);
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

function refusal(response: Response, answer: unknown, nowMs: number): Fault {
  const members = isRecord(answer) ? answer : {};
  const { error, detail } = members;
  return {
    kind: 'refused',
    status: response.status,
    error: typeof error === 'string' ? error : response.statusText || 'no reason given',
    detail: typeof detail === 'string' ? detail : undefined,
    retryAfterMs: retryAfterMs(response.headers.get('Retry-After'), nowMs),
  };
}

/** Node hides what really happened, such as ECONNREFUSED, in the cause of its "fetch failed". */
function reasonOf(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  const deeper = error.cause === undefined ? '' : reasonOf(error.cause);
  return deeper || error.message || error.name;
}
