/** Every answer that shows the list: whole, paged, since a revision or as peers, with its revision and signature. */
import type { QueryRefusal } from '../protocol/refusal.ts';
import { answerSince, partSince } from '../core/changes/delta.ts';
import { Snapshot } from '../core/encoding/snapshot.ts';
import type { Directory } from '../core/leases/directory.ts';
import type { Lease } from '../core/leases/lease.ts';
import { Pages } from '../core/queries/kept-pages.ts';
import { answerQuery } from '../core/queries/page.ts';
import { answerPart, type PartLimits } from '../core/queries/part.ts';
import { QueryRefused } from '../core/queries/work.ts';
import {
  decodeQuery,
  OPENED_AHEAD,
  type GetOutcome,
  type Listed,
  type ListEntries,
  type ListHead,
  type ListOutcome,
  type PagePartOutcome,
  type QueryOutcome,
} from '../rpc/contract.ts';
import { matchesEtag } from '../rpc/etags.ts';
import type { Signer } from '../rpc/signer.ts';
import { StreamBudget } from './stream-budget.ts';

/** What the kept answers to queries may take of the object's 128 MB. */
const PAGES_MAX_BYTES = 8_000_000;

/**
 * What slow readers may hold of it: two different lists of MAX_LIST_BYTES, or a dozen of 10,000 ordinary servers. With it
 * everything that the defaults allow fits 100 MB (docs/performance.md, *Memory at the limits*).
 */
const HELD_MAX_BYTES = 24_000_000;

/**
 * How long a client may go on with a list by `If-None-Match`. Clients drop an entry that they saw last heard two
 * minutes ago, and servers beat once a minute: a copy may not be much older than it looks.
 */
const SAME_LIST_MAX_MS = 30_000;

/** Answers that showed the list, by kind, since the object was loaded. */
export interface ListCounts {
  whole: number;
  page: number;
  delta: number;
  /** The reader had it already: 304. */
  unchanged: number;
}

/** Answered at once, but for what is to be signed. */
type MaybePromise<Value> = Value | Promise<Value>;

export class Reads {
  readonly #directory: Directory;
  readonly #snapshot: Snapshot;
  readonly #pages: Pages;
  readonly #signer: Signer | null;
  readonly #streams = new StreamBudget(HELD_MAX_BYTES);
  /** Told when a read finds that leases ran out: the revision moved, and nobody else knows yet. */
  readonly #onExpired: () => void;
  readonly lists: ListCounts = { whole: 0, page: 0, delta: 0, unchanged: 0 };

  constructor(directory: Directory, snapshotMaxAgeMs: number, signer: Signer | null, onExpired: () => void) {
    this.#directory = directory;
    this.#snapshot = new Snapshot(directory, snapshotMaxAgeMs);
    this.#pages = new Pages(snapshotMaxAgeMs, PAGES_MAX_BYTES);
    this.#signer = signer;
    this.#onExpired = onExpired;
  }

  /** Bytes of answers that slow readers hold, and how many readers were cut off for it. */
  get streams(): Pick<StreamBudget, 'heldBytes' | 'cutCount'> {
    return this.#streams;
  }

  /** The whole list, to one that has none. */
  whole(now: number): MaybePromise<Listed> {
    this.#expire(now);
    return this.#whole(now);
  }

  /** What a HEAD tells of the whole list: nothing of it leaves the object. */
  async head(now: number): Promise<ListHead> {
    this.#expire(now);
    const bytes = this.#snapshot.list(now);
    const signature = this.#signer === null ? null : await this.#signer.sign(bytes, [bytes]);
    return { byteLength: bytes.byteLength, etag: this.#etag(now), signature };
  }

  /** What is listed of this object, for the list of several. `withBody` is false for a HEAD. */
  bareEntries(withBody: boolean, now: number): ListEntries {
    this.#expire(now);
    if (withBody) this.lists.whole += 1;
    const { bytes, takenAt } = this.#snapshot.bareEntries(now);
    return {
      // Its turn comes behind others of about its length: ids are spread evenly.
      body: withBody ? this.#streams.send([bytes], OPENED_AHEAD * bytes.byteLength) : null,
      byteLength: bytes.byteLength,
      etag: this.#etag(now),
      revision: this.#directory.revision.toString(),
      takenAt,
    };
  }

  /** This object's part of a page; as `page`, but for a reader that has it. */
  pagePart(queryKey: string, limits: PartLimits, now: number): PagePartOutcome {
    this.#expire(now);
    const key = `part ${limits.maxEntries} ${limits.maxBytes} ${queryKey}`;
    return refusable(() => {
      const bytes = this.#pages.answer(key, this.#directory.revision.counter, now, () =>
        answerPart(this.#directory, decodeQuery(queryKey), limits, { takenAt: now, etag: this.#etag(now) }),
      );
      this.lists.page += 1;
      return bytes;
    });
  }

  /** This object's part of what changed. */
  sincePart(revision: string, maxBytes: number, now: number): Uint8Array {
    this.#expire(now);
    this.lists.delta += 1;
    return this.#pages.answer(
      `part since ${maxBytes} ${revision}`,
      this.#directory.revision.counter,
      now,
      () => partSince(revision, this.#directory, maxBytes, now),
    );
  }

  /** The whole list. `knownEtags` are those the reader has, as it sent them; null where it sent none. */
  list(knownEtags: string | null, now: number): MaybePromise<ListOutcome> {
    this.#expire(now);
    const etag = this.#etag(now);
    if (knownEtags !== null && matchesEtag(knownEtags, etag)) return this.#unchanged(etag);
    return this.#whole(now);
  }

  /**
   * A page of it. `queryKey` is an encoded query: the key of the answer that is kept, and looked into only where
   * there is none. What is sorted by `lastSeen` moves with every heartbeat: it is for the asker to know no tag of it.
   */
  page(queryKey: string, knownEtags: string | null, now: number): MaybePromise<QueryOutcome> {
    this.#expire(now);
    const etag = this.#etag(now);
    if (knownEtags !== null && matchesEtag(knownEtags, etag)) return this.#unchanged(etag);
    return refusable(() => {
      const body = this.#pages.answer(queryKey, this.#directory.revision.counter, now, () =>
        answerQuery(this.#directory, decodeQuery(queryKey), now),
      );
      this.lists.page += 1;
      return this.#listed([body], body, etag);
    });
  }

  /** What changed in it since a revision; one answer for all where that is the whole list. */
  since(revision: string, now: number): MaybePromise<ListOutcome> {
    this.#expire(now);
    this.lists.delta += 1;
    const key = `since ${revision}`;
    const kept = this.#pages.find(key, this.#directory.revision.counter, now);
    if (kept !== undefined) return this.#listed([kept], kept, null);
    const delta = answerSince(revision, this.#directory, now);
    if (delta === 'full') {
      const parts = this.#snapshot.full(now);
      return this.#listed(parts, parts, null);
    }
    this.#pages.keep(key, delta, this.#directory.revision.counter, now);
    return this.#listed([delta], delta, null);
  }

  /** The whole list behind `head`, as `Snapshot.entries` gives it. Call `expire` first. */
  entries(head: string, now: number): readonly Uint8Array[] {
    return this.#snapshot.entries(head, now);
  }

  /** Every live entry but the caller's own. */
  peers(self: Lease, now: number): Uint8Array | ReadableStream<Uint8Array> {
    this.#expire(now);
    return this.#streams.send(this.#snapshot.peers(self, now));
  }

  get(serverId: string, now: number): GetOutcome {
    this.#expire(now);
    const found = this.#directory.find(serverId);
    if (found === undefined) return { kind: 'not-registered' };
    const { lease } = found;
    this.#directory.sessions.lookAt(lease, now);
    const status = found.status === 'live' && lease.session.kind === 'lost' ? 'suspect' : found.status;
    return { kind: 'found', server: lease.toRecord(), status, expiresAt: lease.expiresAt };
  }

  #expire(now: number): void {
    this.#directory.sessions.look(now);
    if (this.#directory.expire(now)) this.#onExpired();
  }

  #unchanged(etag: string): ListOutcome {
    this.lists.unchanged += 1;
    return { kind: 'unchanged', etag };
  }

  #whole(now: number): MaybePromise<Listed> {
    this.lists.whole += 1;
    const list = this.#snapshot.list(now);
    return this.#listed([list], list, this.#etag(now));
  }

  /** `body` stands for the parts: the same answer has the same, so that it is signed once. */
  #listed(parts: readonly Uint8Array[], body: object, etag: string | null): MaybePromise<Listed> {
    const listed = (signature: string | null): Listed => {
      return { kind: 'listed', body: this.#streams.send(parts), etag, signature };
    };
    return this.#signer === null ? listed(null) : this.#signer.sign(body, parts).then(listed);
  }

  /** Weak: the same revision means the same entries, not the same `lastSeen`. */
  #etag(now: number): string {
    return `W/"${this.#directory.revision.toString()}-${Math.floor(now / SAME_LIST_MAX_MS)}"`;
  }
}

/** What is found, or why a query has no answer. */
function refusable<Found>(find: () => Found): Found | QueryRefusal {
  try {
    return find();
  } catch (error) {
    if (error instanceof QueryRefused) return error.refusal;
    throw error;
  }
}
