/**
 * Which leases are held by an open session, and every step between offered, held and lost. Pure: who owns the sockets
 * passes in when each was last heard.
 *
 * - A held lease lasts `holdMs` from the last ping. Where its server came by HTTP after that ping, it lasts as an HTTP
 *   heartbeat makes it last: the server has left the session, and the registry does not know yet.
 * - Nobody's lease ends before that one socket's time was looked at. What was not looked at since a load counts as live.
 * - A session that closes leaves its lease *lost* for a grace: still listed, then stale. A heartbeat or a new session ends
 *   that.
 * - Sessions have names. What is said of another session than the one that holds the lease changes nothing.
 */
import type { Lease } from './lease.ts';
import type { Population } from './population.ts';
import { heldUnder, NO_SESSION, type SavedSession, type SessionFigures, type Ticket } from './session.ts';
import type { Unsaved } from './unsaved.ts';

const LONGEST_GRACE_MS = 15_000;

/**
 * A session that closed without a word may be back within this time: clients heartbeat in the first third of it. Where
 * leases are short it is a quarter of one, or a crash would be noticed later than silence. Whole milliseconds: its end is
 * saved, and a row with a part of one is not read back.
 */
export function lostGraceMs(ttlMs: number): number {
  return Math.min(LONGEST_GRACE_MS, Math.floor(ttlMs / 4));
}

/** A socket that was looked at a moment ago is not looked at again for a list. */
const LOOK_EVERY_MS = 10_000;

/** A list shows no socket's time that was read longer ago. With a ping each 30 s, `lastSeen` is 60 s old at most. */
const LOOK_AT_LATEST_MS = 30_000;

/** Sockets that one list looks at beside those that it must: a time takes a third of a microsecond to read. */
const LOOKS_A_LIST = 250;

export interface SessionTerms {
  /** How long a lease lasts without a heartbeat. */
  readonly ttlMs: number;
  /** How long a held lease lasts without a ping. */
  readonly holdMs: number;
  /** How often a session pings. */
  readonly pingEveryMs: number;
}

/** When the session that holds a lease was last heard, in epoch ms; null where no socket has its name. */
export type HeardAt = (serverId: string, session: string) => number | null;

export class Sessions {
  readonly #terms: SessionTerms;
  readonly #population: Population;
  readonly #unsaved: Unsaved;
  readonly #heardAt: HeardAt;
  /** Those whose socket was looked at longest ago stand first. */
  readonly #held = new Set<Lease>();
  /** Held leases whose sockets were not looked at since the load. */
  readonly #unread = new Set<Lease>();
  /** Live leases whose session was lost. */
  readonly #lost = new Set<Lease>();
  readonly figures: SessionFigures = {
    opened: 0,
    lost: { closed: 0, 'bad-frame': 0, silent: 0, restart: 0 },
  };

  constructor(terms: SessionTerms, population: Population, unsaved: Unsaved, heardAt: HeardAt) {
    this.#terms = terms;
    this.#population = population;
    this.#unsaved = unsaved;
    this.#heardAt = heardAt;
  }

  /** Leases that are held. */
  get count(): number {
    return this.#held.size;
  }

  /** When the first of the lost leases is over; null where none is lost. */
  get earliestLossEnd(): number | null {
    let earliest: number | null = null;
    for (const { expiresAt } of this.#lost) earliest = Math.min(earliest ?? Infinity, expiresAt);
    return earliest;
  }

  /** Whether the session of this name holds this lease. */
  isHolding(serverId: string, name: string): boolean {
    return this.holder(serverId, name) !== undefined;
  }

  /** The lease that the session of this name holds. */
  holder(serverId: string, name: string): Lease | undefined {
    const lease = this.#population.find(serverId)?.lease;
    return lease?.session.kind === 'held' && lease.session.name === name ? lease : undefined;
  }

  /** The newest ticket counts, and no other; null spends them all. The caller writes the row. */
  offer(lease: Lease, ticket: Ticket | null, offeredFor?: number): void {
    lease.ticket = ticket;
    if (offeredFor !== undefined) lease.offeredFor = offeredFor;
  }

  /** Spends the ticket: from now on the session of this name holds the lease. The caller writes the row. */
  open(lease: Lease, name: string, now: number): void {
    this.figures.opened += 1;
    lease.ticket = null;
    this.#leave(lease);
    lease.session = heldUnder(name, now);
    this.#held.add(lease);
    lease.touch(now);
    lease.expiresAt = now + this.#terms.holdMs;
    this.#population.expiresSooner(lease);
  }

  /** The row of a held lease is on disk: whatever befalls the registry, the lease outlives it by a TTL. */
  saved(lease: Lease): void {
    if (lease.session.kind === 'held') lease.savedExpiresAt = Infinity;
  }

  /** The session of this name is over without a word. Undefined where it holds no lease: then nothing changes. */
  lose(
    serverId: string,
    name: string,
    now: number,
    reason: 'closed' | 'bad-frame' = 'closed',
  ): Lease | undefined {
    const lease = this.holder(serverId, name);
    if (lease?.session.kind !== 'held') return undefined;
    const { session } = lease;
    this.figures.lost[reason] += 1;
    this.#look(lease, now);
    // Its server went over to HTTP before the registry knew that the session is gone.
    if (session.beatAt > (session.heardAt ?? 0)) this.end(lease, session.beatAt + this.#terms.ttlMs);
    else this.#loseUntil(lease, now, now + lostGraceMs(this.#terms.ttlMs));
    this.#population.expiresSooner(lease);
    return lease;
  }

  /** A load found the lease held by a session that no socket has: it gets the time of a heartbeat, from the load. */
  orphan(lease: Lease, now: number): void {
    this.figures.lost.restart += 1;
    this.#loseUntil(lease, now, now + this.#terms.ttlMs);
  }

  /** As `orphan`, for all that are held. The caller writes their rows before any answer leaves. */
  orphanAll(now: number): readonly Lease[] {
    const orphans = [...this.#held];
    for (const lease of orphans) {
      this.orphan(lease, now);
      this.#unsaved.rowWritten(lease);
    }
    return orphans;
  }

  /** The lease is held by no session any more, at the word of its server or of another host. The caller writes the row. */
  end(lease: Lease, expiresAt: number): void {
    if (lease.session.kind === 'none') return;
    this.#leave(lease);
    lease.expiresAt = expiresAt;
    lease.savedExpiresAt = Math.min(lease.savedExpiresAt, expiresAt);
    this.#population.expiresSooner(lease);
    this.#unsaved.markSessionBehind(lease);
  }

  /** The server came by HTTP. True where its lease goes by that: where no session holds it. */
  beat(lease: Lease, now: number): boolean {
    const { session } = lease;
    if (session.kind === 'held') {
      session.beatAt = now;
      return false;
    }
    if (session.kind === 'lost') this.#leave(lease);
    return true;
  }

  /** The server said something in its session. */
  heard(lease: Lease, now: number): void {
    if (lease.session.kind !== 'held') return;
    lease.session.heardAt = now;
    this.#unread.delete(lease);
    lease.touch(now);
    lease.expiresAt = Math.max(lease.expiresAt, now + this.#terms.holdMs);
  }

  /** A lease is gone. */
  drop(lease: Lease): void {
    this.#leave(lease);
  }

  /** The registry was down: the lease lasts so long in any case. */
  extend(lease: Lease, expiresAt: number): void {
    if (lease.session.kind === 'held') lease.session.extendedUntil = expiresAt;
  }

  /** Before leases are taken off the list: looks at the sockets of those whose time has come, who may have been heard. */
  settle(now: number): void {
    for (const lease of this.#held) {
      if (lease.expiresAt > now) continue;
      this.#look(lease, now);
      if (lease.expiresAt > now) continue;
      this.figures.lost.silent += 1;
      this.#loseUntil(lease, now, now);
    }
    for (const lease of this.#lost) if (lease.expiresAt <= now) this.#lost.delete(lease);
  }

  /** For whatever shows `lastSeen`: looks at a slice of the sockets, so that no list pays for all, and at all overdue. */
  look(now: number): void {
    let looks = 0;
    for (const lease of this.#held) {
      if (this.#unread.has(lease) || lease.session.kind !== 'held') continue;
      const agoMs = now - lease.session.lookedAt;
      if (agoMs < (looks < LOOKS_A_LIST ? LOOK_EVERY_MS : LOOK_AT_LATEST_MS)) return;
      looks += 1;
      this.#look(lease, now);
    }
  }

  /** For whatever shows one lease. */
  lookAt(lease: Lease, now: number): void {
    if (lease.session.kind === 'held') this.#look(lease, now);
  }

  /** Looks at some sockets that were not looked at since the load, at most `max`. False where none are left. */
  readSome(max: number, now: number): boolean {
    let read = 0;
    for (const lease of this.#unread) {
      if (read === max) return true;
      read += 1;
      this.#look(lease, now);
    }
    return this.#unread.size > 0;
  }

  /** Takes back what was on disk. Called with the lease, before it is inserted. */
  restore(lease: Lease, saved: SavedSession | undefined, now: number): void {
    if (saved === undefined) return;
    lease.ticket = saved.ticket ?? null;
    lease.offeredFor = saved.offeredFor ?? 0;
    if (saved.held !== undefined) {
      // If that is later than its last ping, its server came by HTTP.
      lease.session = heldUnder(saved.held, now, null, lease.lastSeen);
      this.#held.add(lease);
      this.#unread.add(lease);
      lease.expiresAt = now + this.#terms.holdMs;
      lease.savedExpiresAt = Infinity;
      // Unless it fell silent, it was heard within the last ping interval.
      lease.touch(Math.max(lease.lastSeen, now - this.#terms.pingEveryMs));
    } else if (saved.lost !== undefined && lease.lastSeen < saved.lost.at) {
      const { at, until } = saved.lost;
      lease.session = { kind: 'lost', at, until };
      this.#lost.add(lease);
      lease.expiresAt = until;
      lease.savedExpiresAt = until;
    }
  }

  #look(lease: Lease, now: number): void {
    const { session } = lease;
    if (session.kind !== 'held') return;
    const wasUnread = this.#unread.delete(lease);
    session.lookedAt = now;
    if (this.#held.delete(lease)) this.#held.add(lease);
    const heardAt = this.#heardAt(lease.serverId, session.name);
    if (heardAt === null) {
      if (wasUnread) this.orphan(lease, now);
      return;
    }
    session.heardAt = Math.min(now, Math.max(heardAt, session.heardAt ?? 0));
    // What was not looked at showed a guess.
    if (wasUnread) lease.touch(Math.max(session.heardAt, session.beatAt));
    else if (session.heardAt > lease.lastSeen) lease.touch(session.heardAt);
    const byPing = session.heardAt + this.#terms.holdMs;
    const byBeat = session.beatAt > session.heardAt ? session.beatAt + this.#terms.ttlMs : 0;
    const end = Math.max(byPing, byBeat, session.extendedUntil);
    // What was not looked at was given more time than it may have had.
    lease.expiresAt = wasUnread ? end : Math.max(lease.expiresAt, end);
    if (wasUnread) this.#population.expiresSooner(lease);
  }

  #loseUntil(lease: Lease, at: number, until: number): void {
    this.#leave(lease);
    lease.session = { kind: 'lost', at, until };
    this.#lost.add(lease);
    lease.expiresAt = until;
    lease.savedExpiresAt = Math.min(lease.savedExpiresAt, until);
    this.#unsaved.markSessionBehind(lease);
  }

  #leave(lease: Lease): void {
    this.#held.delete(lease);
    this.#unread.delete(lease);
    this.#lost.delete(lease);
    lease.session = NO_SESSION;
  }
}
