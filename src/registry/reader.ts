/** Every answer that shows the list: whole, paged, since a revision or as peers, with its revision and signature. */
import { answerSince } from '../core/delta.ts';
import type { Directory } from '../core/directory.ts';
import type { Encode, Lease } from '../core/lease.ts';
import { Pages } from '../core/pages.ts';
import { answerQuery } from '../core/query.ts';
import { Snapshot } from '../core/snapshot.ts';
import type { ListRequest } from '../protocol/query.ts';
import type { ListOutcome } from './outcomes.ts';
import type { Signer } from './signer.ts';

/** What the kept answers to queries may take of the object's 128 MB. */
const PAGES_MAX_BYTES = 8_000_000;

/**
 * How long a client may go on with a list by `If-None-Match`. Clients drop an entry that they saw last heard two
 * minutes ago, and servers beat once a minute: a copy may not be much older than it looks.
 */
const SAME_LIST_MAX_MS = 30_000;

export class Reader {
  readonly #directory: Directory;
  readonly #snapshot: Snapshot;
  readonly #pages: Pages;
  readonly #signer: Signer | null;
  readonly #encode: Encode;

  constructor(directory: Directory, snapshotMaxAgeMs: number, signer: Signer | null, encode: Encode) {
    this.#directory = directory;
    this.#snapshot = new Snapshot(directory, snapshotMaxAgeMs, encode);
    this.#pages = new Pages(snapshotMaxAgeMs, PAGES_MAX_BYTES);
    this.#signer = signer;
    this.#encode = encode;
  }

  /** `knownEtags` are those the client has, as it sent them; null where it sent none. */
  list(request: ListRequest, knownEtags: string | null, now: number): ListOutcome | Promise<ListOutcome> {
    this.#directory.expire(now);
    const etag = this.#etagOf(request, now);
    if (etag !== null && knownEtags !== null && matches(knownEtags, etag)) return { kind: 'unchanged', etag };
    const body = this.#body(request, now);
    if (this.#signer === null) return { kind: 'listed', body, etag, signature: null };
    return this.#signer.sign(body).then((signature) => ({ kind: 'listed', body, etag, signature }));
  }

  /** Every live entry but the caller's own. */
  peers(self: Lease, now: number): Uint8Array {
    return this.#snapshot.peers(self, now);
  }

  #body(request: ListRequest, now: number): Uint8Array {
    const { revision } = this.#directory;
    switch (request.kind) {
      case 'all':
        return this.#snapshot.list(now);
      case 'since':
        return this.#pages.answer(`since ${request.revision}`, revision, now, () =>
          answerSince(request.revision, this.#directory, this.#snapshot, now, this.#encode),
        );
      case 'page':
        return this.#pages.answer(JSON.stringify(request.query), revision, now, () =>
          answerQuery(this.#directory.live(), request.query, now, this.#encode),
        );
    }
  }

  /**
   * Weak: the same revision means the same entries, not the same `lastSeen`. Null for what is cheap anyway, or moves
   * with every heartbeat.
   */
  #etagOf(request: ListRequest, now: number): string | null {
    if (request.kind === 'since') return null;
    if (request.kind === 'page' && request.query.sort === 'lastSeen') return null;
    return `W/"${this.#directory.revision}-${Math.floor(now / SAME_LIST_MAX_MS)}"`;
  }
}

/** `If-None-Match`: a list of tags, or `*`. Compared weakly (RFC 9110, 13.1.2). */
function matches(knownEtags: string, etag: string): boolean {
  if (knownEtags === etag) return true;
  const opaque = (tag: string) => tag.trim().replace(/^W\//, '');
  return knownEtags.split(',').some((known) => known.trim() === '*' || opaque(known) === opaque(etag));
}
