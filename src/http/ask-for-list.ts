/**
 * The Worker's calls for the list. The whole of it comes by `fetch`, which streams: over RPC the bytes would be copied
 * into the heap of this isolate, and a list of 10,000 would take twice the time (docs/performance.md). What is mostly
 * short (a 304, a page, a delta) comes over RPC, which is the cheaper call for that.
 */
import { LIST_HEADERS, LIST_URL } from '../protocol/list-call.ts';
import type { ListOutcome } from '../registry/outcomes.ts';
import type { Call } from './call.ts';

/** The answer. */
export interface ListAnswer {
  /** UTF-8 JSON; null where the reader has this list already. */
  readonly body: ReadableStream<Uint8Array> | Uint8Array | ArrayBuffer | null;
  readonly etag: string | null;
  /** Of the body, in standard base64; null where the registry does not sign. */
  readonly signature: string | null;
}

/** What a HEAD answers of the whole list. */
export interface ListHead extends Pick<ListAnswer, 'etag' | 'signature'> {
  readonly byteLength: number;
}

/** Undefined where the object is still one that answers no HEAD: for minutes after a deploy. */
export async function askForListHead(
  registry: Pick<Call['registry'], 'fetch'>,
): Promise<ListHead | undefined> {
  const { headers } = await registry.fetch(LIST_URL, { method: 'HEAD' });
  const length = headers.get(LIST_HEADERS.length);
  if (length === null) return undefined;
  return {
    byteLength: Number(length),
    etag: headers.get('ETag'),
    signature: headers.get(LIST_HEADERS.signature),
  };
}

/** `knownEtags` are those the reader has, as it sent them; null where it sent none. */
export async function askForList(
  registry: Pick<Call['registry'], 'fetch' | 'listServers'>,
  knownEtags: string | null,
): Promise<ListAnswer> {
  if (knownEtags !== null) return answerOf(await registry.listServers(knownEtags));
  const response = await registry.fetch(LIST_URL);
  const { headers } = response;
  const body = headers.has(LIST_HEADERS.atOnce) ? await response.arrayBuffer() : response.body;
  return { body, etag: headers.get('ETag'), signature: headers.get(LIST_HEADERS.signature) };
}

/** What came over RPC. */
export function answerOf(outcome: ListOutcome): ListAnswer {
  return outcome.kind === 'unchanged' ? { body: null, etag: outcome.etag, signature: null } : outcome;
}
