/** Requests signed in every way that a test needs, the right one first. Independent of the client's own signing. */
import { serializeInnerList, serializeItem, type InnerList, type Parameters } from 'structured-headers';
import type { SigningKey } from '../../../src/client/keys.ts';

export const ORIGIN = 'https://registry.example';

/** What deviates from a right signature. */
export interface Flaws {
  /** Epoch seconds; now if absent. */
  readonly created?: number | null;
  readonly expires?: number;
  readonly alg?: string;
  /** The public key if absent; null for none. */
  readonly keyid?: string | null;
  readonly components?: readonly string[];
  /** Signed in place of the request's own. */
  readonly signedMethod?: string;
  readonly signedUrl?: string;
  readonly signedBody?: string;
  readonly headers?: Readonly<Record<string, string>>;
}

export interface Unsigned {
  readonly method: string;
  readonly path: string;
  readonly body?: unknown;
}

export function nowSeconds(): number {
  return Math.floor(Date.now() / 1000);
}

function toBase64(bytes: ArrayBuffer | Uint8Array): string {
  return btoa(String.fromCharCode(...new Uint8Array(bytes)));
}

async function digestOf(body: string): Promise<string> {
  const hash = await crypto.subtle.digest('SHA-256', new TextEncoder().encode(body));
  return `sha-256=:${toBase64(hash)}:`;
}

/** Without a key, the request goes unsigned. A body that is a string is sent as it is. */
export async function request(
  { method, path, body }: Unsigned,
  key?: SigningKey,
  flaws: Flaws = {},
): Promise<Request> {
  const text = body === undefined ? '' : typeof body === 'string' ? body : JSON.stringify(body);
  const url = `${ORIGIN}${path}`;
  const headers = new Headers(flaws.headers);
  if (body !== undefined && !headers.has('Content-Type')) headers.set('Content-Type', 'application/json');
  if (key !== undefined) {
    const digest = await digestOf(flaws.signedBody ?? text);
    const values: Record<string, string> = {
      '@method': flaws.signedMethod ?? method,
      '@target-uri': flaws.signedUrl ?? url,
      'content-digest': digest,
    };
    const names = flaws.components ?? Object.keys(values);
    const parameters: Parameters = new Map();
    const { created = nowSeconds(), keyid = key.publicKey, expires, alg = 'ed25519' } = flaws;
    if (created !== null) parameters.set('created', created);
    if (expires !== undefined) parameters.set('expires', expires);
    if (keyid !== null) parameters.set('keyid', keyid);
    parameters.set('alg', alg);
    const covered: InnerList = [names.map((name) => [name, new Map()]), parameters];
    const lines = names.map((name) => `${serializeItem(name)}: ${values[name] ?? headers.get(name) ?? ''}`);
    const base = [...lines, `"@signature-params": ${serializeInnerList(covered)}`].join('\n');
    headers.set('Content-Digest', digest);
    headers.set('Signature-Input', `sig1=${serializeInnerList(covered)}`);
    headers.set('Signature', `sig1=:${toBase64(await key.sign(base))}:`);
  }
  return new Request(url, { method, headers, ...(body === undefined ? {} : { body: text }) });
}
