/** A request of the fuzzer, and what is true of it. */
import type { KeyName } from './keys.ts';
import type { Credential } from './grammar/credentials.ts';

/** A request as it goes over the wire, but for its framing and its credential. */
export interface FuzzRequest {
  readonly method: string;
  /** The target of the request: ASCII, from the first slash on. */
  readonly path: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: Uint8Array<ArrayBuffer> | null;
  readonly credential: Credential;
}

/** Whose a signature really is, whatever it claims. */
export interface Signature {
  /** Null where the registry must refuse it. */
  readonly key: KeyName | null;
  readonly createdSeconds: number;
  /** What was signed as the URL. */
  readonly url: string;
}

/** With all its headers, as it is sent. */
export interface DressedRequest extends FuzzRequest {
  /** Null where the request has none. */
  readonly signature: Signature | null;
}

/** An answer, read whole. */
export interface FuzzAnswer {
  readonly status: number;
  readonly headers: Headers;
  readonly text: string;
}

/** The operator's tokens of the registry that is fuzzed: the current one, and the one before it. */
export const TOKENS = ['the-operators-token', 'the-token-before'] as const;

export function headerOf({ headers }: Pick<FuzzRequest, 'headers'>, name: string): string | undefined {
  const found = Object.keys(headers).find((known) => known.toLowerCase() === name.toLowerCase());
  return found === undefined ? undefined : headers[found];
}

/** A request in one line, for a report. */
export function describeRequest({ method, path, headers, body }: FuzzRequest): string {
  const text = body === null ? 'no body' : JSON.stringify(new TextDecoder().decode(body).slice(0, 2000));
  return `${method} ${path} ${JSON.stringify(headers)} ${text}`;
}
