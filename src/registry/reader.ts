/** Every answer that shows the list: whole, paged, since a revision or as peers, with its revision and signature. */
import { answerSince } from '../core/delta.ts';
import type { Directory } from '../core/directory.ts';
import type { Encode, Lease } from '../core/lease.ts';
import { Pages } from '../core/queries/kept-pages.ts';
import { answerQuery } from '../core/queries/page.ts';
import { QueryRefused } from '../core/queries/work.ts';
import { Snapshot } from '../core/snapshot.ts';
import { query } from '../protocol/query.ts';
import type { ListOutcome, QueryOutcome } from './outcomes.ts';
import { Outflow } from './outflow.ts';
import type { Signer } from './signer.ts';

/** What the kept answers to queries may take of the object's 128 MB. */
const PAGES_MAX_BYTES = 8_000_000;

/** What slow readers may hold of it: a dozen different lists of 10,000. */
const HELD_MAX_BYTES = 32_000_000;

/**
 * How long a client may go on with a list by `If-None-Match`. Clients drop an entry that they saw last heard two
 * minutes ago, and servers beat once a minute: a copy may not be much older than it looks.
 */
const SAME_LIST_MAX_MS = 30_000;

type Listed = Extract<ListOutcome, { readonly kind: 'listed' }>;

/** Answered at once, but for what is to be signed. */
type MaybePromise<Value> = Value | Promise<Value>;

export class Reader {
  readonly #directory: Directory;
  readonly #snapshot: Snapshot;
  readonly #pages: Pages;
  readonly #signer: Signer | null;
  readonly #outflow = new Outflow(HELD_MAX_BYTES);
  readonly #encode: Encode;

  constructor(directory: Directory, snapshotMaxAgeMs: number, signer: Signer | null, encode: Encode) {
    this.#directory = directory;
    this.#snapshot = new Snapshot(directory, snapshotMaxAgeMs, encode);
    this.#pages = new Pages(snapshotMaxAgeMs, PAGES_MAX_BYTES);
    this.#signer = signer;
    this.#encode = encode;
  }

  /** The whole list, to one that has none. */
  whole(now: number): MaybePromise<Listed> {
    this.#directory.expire(now);
    return this.#listed(this.#snapshot.list(now), this.#etag(now));
  }

  /** The whole list. `knownEtags` are those the reader has, as it sent them; null where it sent none. */
  list(knownEtags: string | null, now: number): MaybePromise<ListOutcome> {
    this.#directory.expire(now);
    const etag = this.#etag(now);
    if (knownEtags !== null && matches(knownEtags, etag)) return { kind: 'unchanged', etag };
    return this.whole(now);
  }

  /**
   * A page of it. `question` is the query as JSON text: the key of the answer that is kept, and looked into only where
   * there is none. What is sorted by `lastSeen` moves with every heartbeat: it is for the asker to know no tag of it.
   */
  page(question: string, knownEtags: string | null, now: number): MaybePromise<QueryOutcome> {
    this.#directory.expire(now);
    const etag = this.#etag(now);
    if (knownEtags !== null && matches(knownEtags, etag)) return { kind: 'unchanged', etag };
    try {
      const body = this.#pages.answer(question, this.#directory.revision, now, () =>
        answerQuery(this.#directory, query.parse(JSON.parse(question)), now, this.#encode),
      );
      return this.#listed(body, etag);
    } catch (error) {
      if (error instanceof QueryRefused) return error.refusal;
      throw error;
    }
  }

  /** What changed in it since a revision. */
  since(revision: number, now: number): MaybePromise<ListOutcome> {
    this.#directory.expire(now);
    const body = this.#pages.answer(`since ${revision}`, this.#directory.revision, now, () =>
      answerSince(revision, this.#directory, this.#snapshot, now, this.#encode),
    );
    return this.#listed(body, null);
  }

  /** Every live entry but the caller's own. */
  peers(self: Lease, now: number): Uint8Array | ReadableStream<Uint8Array> {
    return this.#outflow.send(this.#snapshot.peers(self, now));
  }

  #listed(bytes: Uint8Array, etag: string | null): MaybePromise<Listed> {
    const listed = (signature: string | null): Listed => {
      return { kind: 'listed', body: this.#outflow.send([bytes]), etag, signature };
    };
    return this.#signer === null ? listed(null) : this.#signer.sign(bytes).then(listed);
  }

  /** Weak: the same revision means the same entries, not the same `lastSeen`. */
  #etag(now: number): string {
    return `W/"${this.#directory.revision}-${Math.floor(now / SAME_LIST_MAX_MS)}"`;
  }
}

/** `If-None-Match`: a list of tags, or `*`. Compared weakly (RFC 9110, 13.1.2). */
function matches(knownEtags: string, etag: string): boolean {
  if (knownEtags === etag) return true;
  const opaque = (tag: string) => tag.trim().replace(/^W\//, '');
  return knownEtags.split(',').some((known) => known.trim() === '*' || opaque(known) === opaque(etag));
}
