/**
 * Holds a registry to its promises while it is loaded: what was acknowledged must show in every list that was asked
 * for afterwards, and what is dead must not. Pure: times are passed in, in epoch milliseconds of this machine.
 */

export type ViolationKind =
  /** Its lease was running, and it wasn't listed. */
  | 'live server missing'
  /** Its lease had run out, and it was listed. */
  | 'dead server listed'
  /** It was listed as it was before a write that had been acknowledged. */
  | 'acknowledged write not seen'
  /** A heartbeat found no registration, though the lease was running. */
  | 'registration forgotten'
  /** It was listed twice in one list. */
  | 'server listed twice'
  /** It was listed under a name of this run that no server of it ever had. */
  | 'unknown server listed';

export interface Violation {
  readonly kind: ViolationKind;
  readonly serverId: string;
  readonly at: number;
  /** What was expected and what was found. */
  readonly detail: string;
}

export interface Terms {
  readonly ttlMs: number;
  /** How far a list may lag behind. */
  readonly allowanceMs: number;
  /** At least this much is the registry's clock ahead of ours (negative where it may be behind). */
  readonly clockAtLeastMs: number;
  /** Every server of this run, and no other, has an id that begins with this. */
  readonly idPrefix: string;
}

/** One list as it was answered. */
export interface SeenList {
  readonly sentAt: number;
  readonly receivedAt: number;
  readonly servers: readonly {
    readonly serverId: string;
    readonly endpoint: string;
    readonly lastSeen: number;
  }[];
}

/** A write that the registry acknowledged. It took effect between the two. */
interface Contact {
  readonly sentAt: number;
  readonly ackedAt: number;
}

interface Known {
  readonly endpoint: string;
  /** The latest acknowledged writes, the oldest first. */
  contacts: Contact[];
  /** No write of it can take effect after this. Infinity while one is under way, or was lost without an answer. */
  quietSince: number;
  ended: boolean;
}

/** A list may be asked for before, and answered after, this many writes of one server, and still be checked. */
const CONTACTS_KEPT = 4;
/** Details kept; all are counted. */
const VIOLATIONS_KEPT = 50;

export class Verifier {
  readonly #terms: Terms;
  readonly #known = new Map<string, Known>();
  readonly #counts = new Map<ViolationKind, number>();
  readonly #violations: Violation[] = [];
  #listsVerified = 0;
  /** After an absence of the registry, whoever was live when it left is listed until this, heard of or not. */
  #excusedUntil = -Infinity;

  constructor(terms: Terms) {
    this.#terms = terms;
  }

  get listsVerified(): number {
    return this.#listsVerified;
  }

  /** How often each promise was broken. */
  get counts(): ReadonlyMap<ViolationKind, number> {
    return this.#counts;
  }

  /** The first of them, in detail. */
  get violations(): readonly Violation[] {
    return this.#violations;
  }

  /** A write of a server is on its way. */
  sending(serverId: string, endpoint: string): void {
    const known = this.#known.get(serverId);
    if (known === undefined) {
      this.#known.set(serverId, { endpoint, contacts: [], quietSince: Infinity, ended: false });
    } else {
      known.quietSince = Infinity;
    }
  }

  /** It was acknowledged. `isFirst` says that it was a registration, which follows another only if that was lost. */
  acknowledged(serverId: string, contact: Contact, kind: 'registration' | 'heartbeat'): void {
    const known = this.#known.get(serverId);
    if (known === undefined) return;
    const before = known.contacts.at(-1);
    if (
      kind === 'registration' &&
      before !== undefined &&
      contact.ackedAt < before.sentAt + this.#terms.ttlMs
    ) {
      this.#report('registration forgotten', serverId, contact.ackedAt, 'it had to register again');
    }
    known.contacts = [...known.contacts, contact].slice(-CONTACTS_KEPT);
    known.quietSince = contact.ackedAt;
  }

  /** A write was refused, so it took no effect after this. A write without an answer may: don't say so of it. */
  refused(serverId: string, at: number): void {
    const known = this.#known.get(serverId);
    if (known !== undefined) known.quietSince = at;
  }

  /** A deregistration is on its way: from now on anything may be listed. */
  ending(serverId: string): void {
    const known = this.#known.get(serverId);
    if (known !== undefined) known.ended = true;
  }

  /** The registry said that it had been away, and gives everybody until then to be heard again. */
  excuse(untilMs: number): void {
    this.#excusedUntil = Math.max(this.#excusedUntil, untilMs);
  }

  /** Checks one list against everything that is known. */
  check(list: SeenList): void {
    this.#listsVerified += 1;
    const listed = new Set<string>();
    for (const entry of list.servers) {
      const { serverId } = entry;
      if (!serverId.startsWith(this.#terms.idPrefix)) continue;
      if (listed.has(serverId)) this.#report('server listed twice', serverId, list.receivedAt, '');
      listed.add(serverId);
      const known = this.#known.get(serverId);
      if (known === undefined) this.#report('unknown server listed', serverId, list.receivedAt, '');
      else this.#checkListed(known, entry, list);
    }
    for (const [serverId, known] of this.#known) {
      if (!listed.has(serverId)) this.#checkMissing(serverId, known, list);
    }
  }

  #checkListed(known: Known, entry: SeenList['servers'][number], list: SeenList): void {
    if (known.ended) return;
    const { ttlMs, allowanceMs, clockAtLeastMs } = this.#terms;
    const { serverId } = entry;
    const deadSince = Math.max(known.quietSince + ttlMs, this.#excusedUntil);
    if (list.sentAt > deadSince + allowanceMs) {
      const overdueMs = list.sentAt - deadSince;
      this.#report(
        'dead server listed',
        serverId,
        list.receivedAt,
        `its lease ran out ${overdueMs} ms before`,
      );
    }
    if (entry.endpoint !== known.endpoint) {
      const detail = `endpoint ${entry.endpoint} instead of ${known.endpoint}`;
      this.#report('acknowledged write not seen', serverId, list.receivedAt, detail);
    }
    const contact = this.#settled(known, list);
    if (contact !== undefined && entry.lastSeen < contact.sentAt + clockAtLeastMs) {
      const staleMs = contact.sentAt + clockAtLeastMs - entry.lastSeen;
      this.#report(
        'acknowledged write not seen',
        serverId,
        list.receivedAt,
        `lastSeen is ${staleMs} ms too old`,
      );
    }
  }

  #checkMissing(serverId: string, known: Known, list: SeenList): void {
    if (known.ended) return;
    const contact = this.#settled(known, list);
    if (contact === undefined || list.receivedAt >= contact.sentAt + this.#terms.ttlMs) return;
    const leftMs = contact.sentAt + this.#terms.ttlMs - list.receivedAt;
    this.#report(
      'live server missing',
      serverId,
      list.receivedAt,
      `its lease had ${leftMs} ms to run at least`,
    );
  }

  /** The last write that the list must show: acknowledged, and long enough before the list was asked for. */
  #settled(known: Known, list: SeenList): Contact | undefined {
    return known.contacts.findLast(({ ackedAt }) => ackedAt + this.#terms.allowanceMs <= list.sentAt);
  }

  #report(kind: ViolationKind, serverId: string, at: number, detail: string): void {
    this.#counts.set(kind, (this.#counts.get(kind) ?? 0) + 1);
    if (this.#violations.length < VIOLATIONS_KEPT) this.#violations.push({ kind, serverId, at, detail });
  }
}
