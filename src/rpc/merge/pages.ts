/** The pages of the objects of a list → the page of the list: the same as if one object held it all. */
import { pageTail, refuseMember } from '../../protocol/page.ts';
import { QUERY_LIMITS, type Query } from '../../protocol/query.ts';
import type { QueryRefusal } from '../../protocol/refusal.ts';
import { pagePart, type PagePart } from '../../protocol/shards/parts.ts';
import { join } from '../../protocol/bytes.ts';
import type { PagePartOutcome } from '../contract.ts';
import { unframe } from './unframe.ts';

/** Asks one object for its part. */
export type AskForPart = (query: Query, maxEntries: number, maxBytes: number) => Promise<PagePartOutcome>;

export interface MergedPage {
  /** UTF-8 JSON. */
  readonly body: Uint8Array;
  /** Of each object. */
  readonly etags: readonly string[];
}

/** What the first parts of all objects together may take of the 128 MB of the Worker. */
const PARTS_MAX_BYTES = 16_000_000;

/** Entries asked of each object beyond four standard deviations above its share of the page. */
const SPARE_ENTRIES = 3;

const utf8 = new TextEncoder();
const COMMA = utf8.encode(',');

/**
 * Each object is asked for about its share of the page, and once more where that turns out too little. Rejects where one
 * of them can't be asked: a page without its entries would be a lie.
 */
export async function mergePages(
  query: Query,
  askers: readonly AskForPart[],
): Promise<MergedPage | QueryRefusal> {
  const limit = query.limit ?? QUERY_LIMITS.pageEntries;
  const maxEntries = Math.min(limit, entriesOfEach(limit / askers.length));
  const maxBytes = Math.ceil(PARTS_MAX_BYTES / askers.length);
  const outcomes = await Promise.all(askers.map((ask) => ask(query, maxEntries, maxBytes)));
  const sources: Source[] = [];
  for (const [index, outcome] of outcomes.entries()) {
    if ('kind' in outcome) return outcome;
    const askMore = askers[index];
    if (askMore !== undefined) sources.push(new Source(outcome, askMore, maxBytes));
  }
  const heads = sources.map(({ head }) => head);
  const total = heads.reduce((sum, head) => sum + head.total, 0);
  const missing = total === 0 ? missingEverywhere(heads) : undefined;
  if (missing !== undefined) return refuseMember(query, missing);

  const page = await takePage(query, limit, sources);
  if (!('entries' in page)) return page;
  const takenAt = Math.min(...heads.map((head) => head.takenAt));
  const tail = utf8.encode(pageTail(query.asked, total, takenAt, page.next));
  const parts = page.entries.flatMap((entry, index) => (index === 0 ? [entry] : [COMMA, entry]));
  const body = join([utf8.encode('{"servers":['), ...parts, tail]);
  return { body, etags: heads.map(({ etag }) => etag) };
}

/**
 * Ids are spread by their hash, whatever a query looks for: an object has more of a page than this in one of some tens of
 * thousands of cases, and then it is asked once more. Each entry beyond is encoded and sent for nothing.
 */
function entriesOfEach(share: number): number {
  return Math.ceil(share + 4 * Math.sqrt(share)) + SPARE_ENTRIES;
}

async function takePage(query: Query, limit: number, sources: readonly Source[]) {
  const entries: Uint8Array[] = [];
  let last: Entry | null = null;
  let bytes = 0;
  for (;;) {
    for (const source of sources) {
      const refusal = await source.refill(query, limit - entries.length);
      if (refusal !== undefined) return refusal;
    }
    const first = firstOf(sources);
    if (first === undefined) return { entries, next: null };
    const { entry } = first;
    bytes += entry.bytes.byteLength + 1;
    const isFull = entries.length === limit || (last !== null && bytes > QUERY_LIMITS.pageBytes);
    if (isFull && last !== null) {
      return { entries, next: { sort: query.sort, rank: last.rank, serverId: last.serverId } };
    }
    entries.push(entry.bytes);
    last = entry;
    first.source.take();
  }
}

/** An entry as its order sees it. */
interface Entry {
  readonly rank: number;
  readonly serverId: string;
  readonly bytes: Uint8Array;
}

/** The entries of one object, in order. */
class Source {
  readonly #ask: AskForPart;
  readonly #maxBytes: number;
  readonly head: PagePart;
  #entries: Generator<Entry, undefined>;
  #hasMore: boolean;
  #next: Entry | undefined;
  #last: Entry | undefined;

  constructor(framed: Uint8Array, ask: AskForPart, maxBytes: number) {
    this.#ask = ask;
    this.#maxBytes = maxBytes;
    const { head, bytes } = unframe(framed, pagePart);
    this.head = head;
    this.#hasMore = head.hasMore;
    this.#entries = entriesOf(head, bytes);
    this.take();
  }

  /** The first that is not taken yet; call `refill` before. */
  get next(): Entry | undefined {
    return this.#next;
  }

  take(): void {
    this.#last = this.#next ?? this.#last;
    this.#next = this.#entries.next().value;
  }

  /** Asks for what follows where nothing is left here and the object has more. `wanted`: entries still wanted. */
  async refill(query: Query, wanted: number): Promise<QueryRefusal | undefined> {
    const last = this.#last;
    if (this.#next !== undefined || !this.#hasMore || last === undefined) return undefined;
    const after = { sort: query.sort, rank: last.rank, serverId: last.serverId };
    // One more than that: whether there is any tells whether a page follows.
    const outcome = await this.#ask({ ...query, after }, wanted + 1, this.#maxBytes);
    if ('kind' in outcome) return outcome;
    const { head, bytes } = unframe(outcome, pagePart);
    this.#hasMore = head.hasMore;
    this.#entries = entriesOf(head, bytes);
    this.take();
    return undefined;
  }
}

function* entriesOf({ entries }: PagePart, bytes: Uint8Array): Generator<Entry, undefined> {
  let at = 0;
  for (const [rank, serverId, byteLength] of entries) {
    yield { rank, serverId, bytes: bytes.subarray(at, at + byteLength) };
    at += byteLength;
  }
}

function firstOf(sources: readonly Source[]) {
  let first: { readonly source: Source; readonly entry: Entry } | undefined;
  for (const source of sources) {
    const entry = source.next;
    if (entry !== undefined && (first === undefined || isBefore(entry, first.entry)))
      first = { source, entry };
  }
  return first;
}

/** As every object orders its own: by rank, then by the id in UTF-16 code units. */
function isBefore(one: Entry, other: Entry): boolean {
  return one.rank === other.rank ? one.serverId < other.serverId : one.rank < other.rank;
}

/** The first condition whose bare name no entry of any object has; undefined where there is none, or no entry at all. */
function missingEverywhere(heads: readonly PagePart[]): number | undefined {
  const [first, ...others] = heads.filter(({ isEmpty }) => !isEmpty);
  return first?.missing.find((index) => others.every(({ missing }) => missing.includes(index)));
}
