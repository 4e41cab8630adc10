/**
 * Writes the list as files to a bucket: one of the alarm's tasks, and no business of lists and heartbeats.
 *
 * - A list and its signature are one file, so that no reader meets one without the other.
 * - A put is waited for 5 s at most, for a call that goes out keeps the object awake. It never throws: the next alarm tries
 *   again what failed, and `/stats` shows it.
 * - What was written is a row on disk: an object that slept since would else write it again with each alarm.
 */
import { join } from '../protocol/bytes.ts';
import { emptyPart, manifest, partHead, putSignature, withRoom } from '../core/encoding/list-file.ts';
import type { Directory } from '../core/leases/directory.ts';
import { isOutdated, type PublicationState, type Published } from '../core/schedule.ts';
import type { ListPart } from '../protocol/list-file.ts';
import type { StatsAnswer } from '../protocol/protocol.ts';
import type { Log } from '../rpc/log.ts';
import { within } from '../rpc/within.ts';
import type { Reads } from './reads.ts';
import type { Signer } from '../rpc/signer.ts';
import type { PublicationRow } from './storage/rows.ts';
import type { Store } from './storage/store.ts';

const PUT_MAX_MS = 5000;

/**
 * A put that was given up may yet arrive, even behind a newer one. So none is begun beside it, until it must be taken for
 * lost.
 */
const PUT_LOST_MS = 60_000;

/**
 * How long caches may answer with a file: short enough that an entry of a server that beats once a minute is no two
 * minutes old at a reader's (60 s + PUBLISH_AGAIN_MS + this).
 */
const MAX_AGE_S = 10;
/** The manifest of a list never changes. */
const MANIFEST_MAX_AGE_S = 300;

/**
 * It is written again so often all the same: the bucket, or the folder, may be another one by now, which nobody tells the
 * registry.
 */
const MANIFEST_AGAIN_MS = 600_000;

/** Characters of a failure's reason that are kept. */
const REASON_CHARACTERS = 200;

/** The part of a bucket that is used: R2's own, or a folder. */
export interface FileBucket {
  put(key: string, value: Uint8Array, options: PutOptions): Promise<unknown>;
}

interface PutOptions {
  readonly httpMetadata: { readonly contentType: string; readonly cacheControl: string };
  /** `*`: only where there is no such file yet. */
  readonly onlyIf?: { readonly etagDoesNotMatch: '*' };
}

export interface PublisherParts {
  readonly bucket: FileBucket;
  readonly directory: Directory;
  readonly reads: Reads;
  readonly store: Store;
  readonly signer: Signer | null;
  readonly terms: { readonly ttlMs: number; readonly publishIntervalMs: number };
  readonly part: () => ListPart;
  readonly log: Log;
  /** Epoch milliseconds of the registry's clock. */
  readonly now: () => number;
}

const NEVER: PublicationRow = {
  at: null,
  revision: '',
  live: 0,
  shards: null,
  written: 0,
  failed: 0,
  lastFailure: null,
};

export class Publisher {
  readonly #parts: PublisherParts;
  #row: PublicationRow = NEVER;
  /** The put that was given up, and when it began. */
  #hanging: { readonly since: number } | null = null;

  constructor(parts: PublisherParts) {
    this.#parts = parts;
  }

  /** Takes up what was found on disk. Times ahead of `now` were written under a clock that was wrong. */
  resume(row: PublicationRow | null, now: number): void {
    if (row === null) return;
    const { at, lastFailure, manifestAt } = row;
    this.#row = {
      ...row,
      ...(manifestAt !== undefined && { manifestAt: Math.min(manifestAt, now) }),
      at: at && Math.min(at, now),
      lastFailure: lastFailure && { ...lastFailure, at: Math.min(lastFailure.at, now) },
    };
  }

  /** What the alarm's decisions depend on. */
  get state(): PublicationState {
    const { at, lastFailure } = this.#row;
    const shown: Published | null = at === null ? null : this.#row;
    const list = this.#list();
    const lastAt = at === null ? (lastFailure?.at ?? null) : Math.max(at, lastFailure?.at ?? 0);
    return { isOutdated: isOutdated(shown, list), live: list.live, lastAt };
  }

  get stats(): NonNullable<StatsAnswer['listFile']> {
    const { at, written, failed, lastFailure } = this.#row;
    return { writtenAt: at, written, failed, lastFailure: lastFailure && { ...lastFailure } };
  }

  /** Writes the list as it is at `now`. Call `expire` first. */
  async publish(now: number): Promise<void> {
    try {
      this.#row = { ...this.#row, ...(await this.#write(now)), written: this.#row.written + 1 };
    } catch (error) {
      const reason = (error instanceof Error ? error.message : String(error)).slice(0, REASON_CHARACTERS);
      this.#row = {
        ...this.#row,
        failed: this.#row.failed + 1,
        lastFailure: { at: this.#parts.now(), reason },
      };
      this.#parts.log('error', { event: 'list-file-not-written', reason });
    }
    try {
      await this.#parts.store.putPublication(this.#row);
    } catch (error) {
      // Costs no more than that the file is written once more.
      this.#parts.log('error', { event: 'list-file-not-noted', cause: String(error) });
    }
  }

  #list(): Published {
    const { directory } = this.#parts;
    return { revision: directory.revision.toString(), live: directory.liveCount };
  }

  /** Resolves with what the files show then. */
  async #write(now: number): Promise<Published & Partial<PublicationRow>> {
    if (this.#hanging !== null && now - this.#hanging.since < PUT_LOST_MS) {
      throw new Error(`the bucket has not answered to what was written ${now - this.#hanging.since} ms ago`);
    }
    const { reads, terms, part } = this.#parts;
    const ours = part();
    const shown = this.#list();
    const file = await this.#signed(reads.entries(partHead(ours, terms.ttlMs), now));
    const withManifest = ours.shard === 0 && this.#manifestIsDue(ours, now);
    const put = this.#putAll(ours, file, withManifest ? now : null);
    const attempt = { since: now };
    this.#hanging = attempt;
    const settled = () => {
      if (this.#hanging === attempt) this.#hanging = null;
    };
    put.then(settled, settled);
    await within(put, PUT_MAX_MS, `the bucket did not answer within ${PUT_MAX_MS} ms`);
    return { ...shown, at: now, ...(withManifest && { shards: ours.shards, manifestAt: now }) };
  }

  #manifestIsDue({ shards }: ListPart, now: number): boolean {
    const { shards: named, manifestAt = -Infinity } = this.#row;
    return named !== shards || now - manifestAt >= MANIFEST_AGAIN_MS;
  }

  /** The file; and at `manifestAt` the manifest, unless that is null. */
  async #putAll(part: ListPart, file: Uint8Array, manifestAt: number | null): Promise<void> {
    const { bucket } = this.#parts;
    const { list, shard, shards } = part;
    const key = (name: string | number) => `lists/${list}/${name}.json`;
    await bucket.put(key(shard), file, asJson(MAX_AGE_S));
    if (manifestAt === null) return;
    // A part that nobody has registered in yet is empty, not missing: else nobody could tell it from one that was lost.
    for (let other = 1; other < shards; other += 1) {
      const empty = await this.#signed(
        emptyPart({ list, shard: other, shards }, this.#parts.terms.ttlMs, manifestAt),
      );
      await bucket.put(key(other), empty, { ...asJson(MAX_AGE_S), onlyIf: { etagDoesNotMatch: '*' } });
    }
    // Last, because it says that all of them are there.
    await bucket.put(key('manifest'), manifest(list, shards), asJson(MANIFEST_MAX_AGE_S));
  }

  async #signed(parts: readonly Uint8Array[]): Promise<Uint8Array> {
    const { signer } = this.#parts;
    if (signer === null) return join(parts);
    const { signed, file } = withRoom(parts);
    putSignature(file, await signer.sign(signed, [signed]));
    return file;
  }
}

function asJson(maxAgeS: number): PutOptions {
  return {
    httpMetadata: { contentType: 'application/json', cacheControl: `public, max-age=${maxAgeS}` },
  };
}
