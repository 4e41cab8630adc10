/** How the Worker asks the object for what it only reads: the transport of each answer, and one retry. */
import type { Query } from '../protocol/query.ts';
import {
  encodeQuery,
  LENGTH_HEADER,
  LIST_URL,
  SIGNATURE_HEADER,
  type ListHead,
  type ListOutcome,
  type RegistryFigures,
  type RegistryStats,
} from './contract.ts';
import type { QueryRefusal } from '../protocol/refusal.ts';
import type { Locate } from './list-objects.ts';
import { known, retried } from './retries.ts';

/** An answer that shows the list. */
export interface ListReply {
  /** UTF-8 JSON; null where the reader has this list already. */
  readonly body: ReadableStream<Uint8Array> | Uint8Array | string | null;
  readonly etag: string | null;
  /** Of the body, in standard base64; null where the registry does not sign. */
  readonly signature: string | null;
}

/**
 * The whole list. It comes by `fetch`, which streams: over RPC the bytes would be copied into the heap of this isolate,
 * and a list of 10,000 would take twice the time (docs/performance.md). What is mostly short (a 304, a page, a delta)
 * comes over RPC, which is the cheaper call for that. `knownEtags` are those the reader has, as it sent them, or null.
 */
export function readList(stub: Locate, knownEtags: string | null): Promise<ListReply> {
  return retried(async () => {
    if (knownEtags !== null) return readPoll(stub, knownEtags);
    const { body, headers } = await stub().fetch(LIST_URL);
    return { body, etag: headers.get('ETag'), signature: headers.get(SIGNATURE_HEADER) };
  });
}

async function readPoll(stub: Locate, knownEtags: string): Promise<ListReply> {
  const outcome = await known(
    async () => stub().poll(knownEtags),
    async () => stub().listServers(knownEtags),
  );
  return typeof outcome === 'string' ? { body: null, etag: outcome, signature: null } : replyOf(outcome);
}

/** Undefined where the object is still one that answers no HEAD: for minutes after a deploy. */
export function readListHead(stub: Locate): Promise<ListHead | undefined> {
  return retried(async () => {
    const { headers } = await stub().fetch(LIST_URL, { method: 'HEAD' });
    const length = headers.get(LENGTH_HEADER);
    if (length === null) return undefined;
    const signature = headers.get(SIGNATURE_HEADER);
    return { byteLength: Number(length), etag: headers.get('ETag'), signature };
  });
}

/** A page of it. */
export function readPage(
  stub: Locate,
  query: Query,
  knownEtags: string | null,
): Promise<ListReply | QueryRefusal> {
  const { call, queryKey } = encodeQuery(query);
  return retried(async () => {
    const outcome = await stub()[call](queryKey, knownEtags);
    return outcome.kind === 'listed' || outcome.kind === 'unchanged' ? replyOf(outcome) : outcome;
  });
}

/** What changed in it since a revision. */
export function readChanges(stub: Locate, revision: string): Promise<ListReply> {
  return retried(async () => {
    const outcome = await known(
      async () => stub().changes(revision),
      async () => stub().changesAfter(revision),
      // Of the first release, whose revisions are numbers.
      async () => stub().changesSince(/^\d{1,16}$/.test(revision) ? Number(revision) : 0),
    );
    return typeof outcome === 'string' ? { body: outcome, etag: null, signature: null } : replyOf(outcome);
  });
}

export function readStats(stub: Locate): Promise<RegistryStats> {
  return retried(async () => stub().stats());
}

export function readFigures(stub: Locate): Promise<RegistryFigures> {
  return retried(async () => stub().figures());
}

function replyOf(outcome: ListOutcome): ListReply {
  if (outcome.kind === 'unchanged') return { body: null, etag: outcome.etag, signature: null };
  const { body, etag, signature } = outcome;
  return { body, etag, signature };
}
