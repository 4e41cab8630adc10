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
  /** The registrations of which one is held, if any is; the latest first. */
  readonly registrations: readonly Sent[];
  /** The metadata of which one is held, if any is. */
  readonly metadata: ReadonlySet<string | null>;
}

/** Writes this long behind us count as far as later ones have not replaced them: longer than one may stay unsaved. */
const REMEMBERED_MS = 15_000;
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
  belief({ sentAt, receivedAt }: Reading, except?: Sent): Belief {
    let [seenFrom, seenUntil] = [-Infinity, -Infinity];
    let [isMembershipCertain, mayBeGone, isMetadataCertain] = [false, false, false];
    const registrations: Sent[] = [];
    const metadata = new Set<string | null>();
    // From the latest back to the last registration or deregistration that had certainly taken effect.
    for (let at = this.#writes.length - 1; at >= 0 && !isMembershipCertain; at -= 1) {
      const sent = this.#writes[at];
      if (sent === undefined || sent === except || sent.sentAt > receivedAt) continue;
      const isSure = isCertain(sent, sentAt);
      const json = metadataOf(sent);
      if (json !== undefined && !isMetadataCertain) {
        metadata.add(json);
        isMetadataCertain = isSure;
      }
      if (isRenewal(sent)) {
        seenUntil = Math.max(seenUntil, Math.min(sent.doneAt, receivedAt));
        if (isSure) seenFrom = Math.max(seenFrom, sent.sentAt);
      } else {
        mayBeGone = true;
      }
      if (sent.write.kind === 'register') registrations.push(sent);
      isMembershipCertain = isSure && isMembership(sent);
    }
    const mustBeHeld = isMembershipCertain && !mayBeGone;
    return {
      mustBeHeld,
      mayBeHeld: registrations.length > 0,
      seenFrom: mustBeHeld ? seenFrom : -Infinity,
      seenUntil,
      registrations,
      metadata,
    };
  }

  #prune(before: number): void {
    const last = (isKind: (sent: Sent) => boolean) =>
      this.#writes.findLastIndex((sent) => isKind(sent) && isCertain(sent, before));
    const [base, renewal, claim] = [last(isMembership), last(isRenewal), last(bringsMetadata)];
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

function bringsMetadata(sent: Sent): boolean {
  return metadataOf(sent) !== undefined;
}

function metadataOf({ write }: Sent): string | null | undefined {
  if (write.kind === 'register') return write.claim.metadata;
  return write.kind === 'heartbeat' ? write.metadata : undefined;
}

function isCertain({ outcome, doneAt }: Sent, at: number): boolean {
  return outcome === 'acknowledged' && doneAt <= at;
}
