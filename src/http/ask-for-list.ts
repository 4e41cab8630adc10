/**
 * The Worker's end of the call for a list. It is a `fetch`, the one call whose answer the runtime streams: over RPC the
 * bytes would be copied into the heap of this isolate, and a list of 10,000 would cost more than twice as much
 * (docs/performance.md).
 */
import { LIST_HEADERS, listUrl, type ListQuestion } from '../protocol/list-call.ts';

/** The answer. */
export interface ListAnswer {
  /** UTF-8 JSON; null where the reader has this list already. */
  readonly body: ReadableStream<Uint8Array> | ArrayBuffer | null;
  readonly etag: string | null;
  /** Of the body, in standard base64; null where the registry does not sign. */
  readonly signature: string | null;
}

/** `knownEtags` are those the reader has, as it sent them; null where it sent none. */
export async function askForList(
  registry: Pick<Fetcher, 'fetch'>,
  asked: ListQuestion,
  knownEtags: string | null,
): Promise<ListAnswer> {
  const url = listUrl(asked);
  const response = await (knownEtags === null
    ? registry.fetch(url)
    : registry.fetch(url, { headers: { 'If-None-Match': knownEtags } }));
  const { headers } = response;
  const etag = headers.get('ETag');
  if (response.status === 304) return { body: null, etag, signature: null };
  const body = headers.has(LIST_HEADERS.atOnce) ? await response.arrayBuffer() : response.body;
  return { body, etag, signature: headers.get(LIST_HEADERS.signature) };
}
