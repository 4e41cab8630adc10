/** What was asked of the registry about one server, in order, and what follows from it for one reading. */

/** What a server says of itself; `metadata` as JSON text, null where it says nothing. */
export interface Claim {
  readonly endpoint: string;
  readonly publicKey: string;
  readonly region: string;
  readonly metadata: string | null;
}

/** A request that changes something. A heartbeat's `metadata` is JSON text, undefined where it brings none. */
export type Write =
  | { readonly kind: 'register'; readonly claim: Claim }
  | { readonly kind: 'heartbeat'; readonly metadata: string | undefined }
  | { readonly kind: 'deregister' };

/**
 * A write on its way or behind us. It took effect at some moment from `sentAt` to `doneAt` if it is acknowledged,
 * at some such moment or never otherwise. Epoch milliseconds.
 */
export interface Sent {
  readonly write: Write;
  readonly sentAt: number;
  /** Infinity while it is pending. */
  doneAt: number;
  /** `lost` is an acknowledged heartbeat that a crash may have undone. */
  outcome: 'pending' | 'acknowledged' | 'unknown' | 'lost';
  /** As a registration's answer had it. */
  registeredAt: number | undefined;
}

/** A question that was answered from what the registry held at some moment of this time. Epoch milliseconds. */
export interface Reading {
  readonly sentAt: number;
  readonly receivedAt: number;
}

/** All that a registry which keeps its promises may hold of a server at a reading. */
export interface Belief {
  /** It was acknowledged, and nothing that could have ended it was sent, but the lease may be over. */
  readonly mustBeHeld: boolean;
  /** Something that was sent could have led to its being held. */
  readonly mayBeHeld: boolean;
  /** Its lease was renewed at this time or later; -Infinity where that is not certain. */
  readonly seenFrom: number;
  /** No renewal can have been later than this. */
  readonly seenUntil: number;
  /** The registrations of which one is held, if any is. */
  readonly registrations: readonly Sent[];
  /** The metadata of which one is held, if any is. */
  readonly metadata: ReadonlySet<string | null>;
}

/** Writes this long behind us count as far as later ones have not replaced them. */
const REMEMBERED_MS = 10_000;
const PRUNED_ABOVE = 48;

/** The writes of one server, one at a time: whoever sends them waits for each before the next. */
export class History {
  #writes: Sent[] = [];

  /** Every write that may still count, the oldest first. */
  get writes(): readonly Sent[] {
    return this.#writes;
  }

  add(sent: Sent): void {
    this.#writes.push(sent);
    if (this.#writes.length > PRUNED_ABOVE) this.#prune(sent.sentAt - REMEMBERED_MS);
  }

  /** It certainly changed nothing. */
  remove(sent: Sent): void {
    this.#writes = this.#writes.filter((other) => other !== sent);
  }

  /** What may be held at `reading`, leaving `except` out of account. */
  belief(reading: Reading, except?: Sent): Belief {
    const known = this.#writes.filter((sent) => sent.sentAt <= reading.receivedAt && sent !== except);
    const base = lastCertain(known, reading.sentAt, isMembership);
    const since = base < 0 ? known : known.slice(base);
    const memberships = since.filter(isMembership);
    const registrations = memberships.filter(({ write }) => write.kind === 'register');
    const renewals = since.filter(({ write }) => write.kind !== 'deregister');
    const claims = since.slice(Math.max(0, lastCertain(since, reading.sentAt, bringsMetadata)));

    const mustBeHeld = base >= 0 && memberships.length === registrations.length;
    const certain = renewals.filter((sent) => isCertain(sent, reading.sentAt));
    return {
      mustBeHeld,
      mayBeHeld: registrations.length > 0,
      seenFrom: mustBeHeld ? Math.max(...certain.map(({ sentAt }) => sentAt)) : -Infinity,
      seenUntil: Math.max(...renewals.map(({ doneAt }) => Math.min(doneAt, reading.receivedAt))),
      registrations,
      metadata: new Set(claims.map(({ write }) => metadataOf(write)).filter((json) => json !== undefined)),
    };
  }

  #prune(before: number): void {
    const base = lastCertain(this.#writes, before, isMembership);
    const renewal = lastCertain(this.#writes, before, isRenewal);
    const claim = lastCertain(this.#writes, before, bringsMetadata);
    this.#writes = this.#writes.filter(
      (sent, at) => at >= base && (isMembership(sent) || at >= (bringsMetadata(sent) ? claim : renewal)),
    );
  }
}

function isMembership({ write }: Sent): boolean {
  return write.kind !== 'heartbeat';
}

function isRenewal({ write }: Sent): boolean {
  return write.kind !== 'deregister';
}

function bringsMetadata({ write }: Sent): boolean {
  return metadataOf(write) !== undefined;
}

function metadataOf(write: Write): string | null | undefined {
  switch (write.kind) {
    case 'register':
      return write.claim.metadata;
    case 'heartbeat':
      return write.metadata;
    case 'deregister':
      return undefined;
  }
}

function isCertain({ outcome, doneAt }: Sent, at: number): boolean {
  return outcome === 'acknowledged' && doneAt <= at;
}

/** Where the last write of this kind stands that had certainly taken effect at a time; -1 where none does. */
function lastCertain(writes: readonly Sent[], at: number, kind: (sent: Sent) => boolean): number {
  return writes.findLastIndex((sent) => kind(sent) && isCertain(sent, at));
}
