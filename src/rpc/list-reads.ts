/** What is read of a list: of its one object as that answers, of several merged. */
import type { StatsAnswer } from '../protocol/protocol.ts';
import type { Query } from '../protocol/query.ts';
import type { QueryRefusal } from '../protocol/refusal.ts';
import { joinRevisions } from '../protocol/shards/vector.ts';
import {
  encodeQuery,
  type GetOutcome,
  type ListHead,
  type PagePartOutcome,
  type RegistryFigures,
} from './contract.ts';
import { matchesEtag } from './etags.ts';
import type { ListObjects, Locate } from './list-objects.ts';
import * as only from './list-stub.ts';
import type { ListReply } from './list-stub.ts';
import { mergeDeltas } from './merge/deltas.ts';
import { bufferEntries, headOf, streamEntries, type EntriesHead, type Wrapping } from './merge/entries.ts';
import { mergePages } from './merge/pages.ts';
import { mergeStats } from './merge/stats.ts';
import { retried } from './retries.ts';

/** What of several objects is signed has to lie in the memory of the Worker, 128 MB for all its requests. */
const SIGNED_MAX_BYTES = 32_000_000;

/** The list is too large to be signed as one. */
export interface TooLargeToSign {
  readonly kind: 'too-large-to-sign';
  readonly maxBytes: number;
}

const LIST: Wrapping = { head: '{"servers":[', tail: (takenAt) => `],"timestamp":${takenAt}}\n` };

/** The whole list. `knownEtags` are those the reader has, as it sent them, or null. */
export function readWhole(
  objects: ListObjects,
  knownEtags: string | null,
): Promise<ListReply | TooLargeToSign> {
  return objects.read<ListReply | TooLargeToSign>(
    (locate) => only.readList(locate, knownEtags),
    async (all) => {
      const heads = await headsOf(all);
      const etag = await tagOf(heads.map((head) => head.etag));
      if (knownEtags !== null && matchesEtag(knownEtags, etag)) return unchanged(etag);
      return sendWhole(objects, all, LIST, heads, etag);
    },
  );
}

/** Undefined where it can't be told without reading the list. */
export function readWholeHead(objects: ListObjects): Promise<ListHead | undefined> {
  return objects.read<ListHead | undefined>(
    (locate) => only.readListHead(locate),
    async (all) => {
      if (objects.signer !== null) return undefined;
      const heads = await headsOf(all);
      const byteLength = byteLengthOf(heads, LIST);
      return { byteLength, etag: await tagOf(heads.map((head) => head.etag)), signature: null };
    },
  );
}

/** A page of it. */
export function readPage(
  objects: ListObjects,
  query: Query,
  knownEtags: string | null,
): Promise<ListReply | QueryRefusal> {
  return objects.read<ListReply | QueryRefusal>(
    (locate) => only.readPage(locate, query, knownEtags),
    async (all) => {
      const page = await mergePages(query, all.map(askerForPart));
      if ('kind' in page) return page;
      const etag = await tagOf(page.etags);
      if (knownEtags !== null && matchesEtag(knownEtags, etag)) return unchanged(etag);
      return signed(objects, page.body, etag);
    },
  );
}

/** What changed in it since a revision. */
export function readChanges(objects: ListObjects, since: string): Promise<ListReply | TooLargeToSign> {
  return objects.read<ListReply | TooLargeToSign>(
    (locate) => only.readChanges(locate, since),
    async (all) => {
      const askers = all.map(
        (locate) => (revision: string, maxBytes: number) =>
          retried(async () => locate().partOfChanges(revision, maxBytes)),
      );
      const delta = await mergeDeltas(since, askers);
      if (delta !== null) return signed(objects, delta, null);
      // Taken before the entries are: what changes meanwhile is told once more by the next delta, and never missed.
      const heads = await headsOf(all);
      const revision = joinRevisions(heads.map((head) => head.revision));
      const full: Wrapping = {
        head: `{"revision":${JSON.stringify(revision)},"since":"0","full":true,"changed":[`,
        tail: (takenAt) => `],"removed":[],"timestamp":${takenAt}}\n`,
      };
      return sendWhole(objects, all, full, heads, null);
    },
  );
}

/** One server, of the object that holds it. */
export function readServer(objects: ListObjects, serverId: string): Promise<GetOutcome> {
  return retried(() => objects.call(serverId, async (registry) => registry.getServer(serverId)));
}

/** Statistics of the list, and of each object where there are several; those that don't answer are named. */
export async function readStats(objects: ListObjects): Promise<StatsAnswer> {
  return objects.read<StatsAnswer>(
    async (locate) => {
      const stats = await only.readStats(locate);
      return (await objects.count()) === 1 && objects.configured !== 1
        ? { ...stats, shards: 1, configuredShards: objects.configured }
        : stats;
    },
    async (all) => {
      const perShard = await askAll(all, only.readStats);
      const [first, ...others] = perShard.filter((stats) => stats !== null);
      if (first === undefined) throw new Error('none of the objects tells its statistics');
      return {
        ...mergeStats([first, ...others]),
        shards: all.length,
        ...(objects.configured !== all.length && { configuredShards: objects.configured }),
        perShard,
      };
    },
  );
}

/** The figures of one object, null where it does not answer, and which it is; `shard` is null where the list has no other. */
export interface ObjectFigures {
  readonly shard: number | null;
  readonly figures: RegistryFigures | null;
}

/** Of each object. Rejects where none answers. */
export function readFigures(objects: ListObjects): Promise<readonly ObjectFigures[]> {
  return objects.read<readonly ObjectFigures[]>(
    async (locate) => [{ shard: null, figures: await only.readFigures(locate) }],
    async (all) => {
      const answers = await askAll(all, only.readFigures);
      if (answers.every((figures) => figures === null))
        throw new Error('none of the objects tells its figures');
      return answers.map((figures, shard) => ({ shard, figures }));
    },
  );
}

/** Null of those that don't answer. */
function askAll<Answer>(
  all: readonly Locate[],
  ask: (locate: Locate) => Promise<Answer>,
): Promise<(Answer | null)[]> {
  return Promise.all(all.map((locate) => ask(locate).catch(() => null)));
}

function headsOf(all: readonly Locate[]): Promise<EntriesHead[]> {
  return Promise.all(all.map((locate) => retried(() => headOf(locate))));
}

function askerForPart(locate: Locate) {
  return (query: Query, maxEntries: number, maxBytes: number): Promise<PagePartOutcome> =>
    retried(async () => locate().partOfPage(encodeQuery(query).queryKey, maxEntries, maxBytes));
}

async function sendWhole(
  objects: ListObjects,
  all: readonly Locate[],
  wrapping: Wrapping,
  heads: readonly EntriesHead[],
  etag: string | null,
): Promise<ListReply | TooLargeToSign> {
  if (objects.signer === null) return { body: await streamEntries(all, wrapping), etag, signature: null };
  const body = await bufferEntries(all, wrapping, byteLengthOf(heads, wrapping), SIGNED_MAX_BYTES);
  return body === undefined
    ? { kind: 'too-large-to-sign', maxBytes: SIGNED_MAX_BYTES }
    : signed(objects, body, etag);
}

/** Of the list, as all objects said what they have. */
function byteLengthOf(heads: readonly EntriesHead[], { head, tail }: Wrapping): number {
  const lengths = heads.map(({ byteLength }) => byteLength).filter((length) => length > 0);
  const entriesBytes = lengths.reduce((sum, length) => sum + length, 0) + Math.max(0, lengths.length - 1);
  const takenAt = Math.min(...heads.map((one) => one.takenAt));
  return head.length + entriesBytes + tail(takenAt).length;
}

async function signed({ signer }: ListObjects, body: Uint8Array, etag: string | null): Promise<ListReply> {
  return { body, etag, signature: signer === null ? null : await signer.sign(body, [body]) };
}

function unchanged(etag: string): ListReply {
  return { body: null, etag, signature: null };
}

/** A digest of the tags of all objects: each has its own, and together they would be kilobytes. */
async function tagOf(etags: readonly string[]): Promise<string> {
  const digest = await crypto.subtle.digest('SHA-256', new TextEncoder().encode(etags.join()));
  const hex = Array.from(new Uint8Array(digest, 0, 16), (byte) => byte.toString(16).padStart(2, '0'));
  return `W/"${hex.join('')}"`;
}
