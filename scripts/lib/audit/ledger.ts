/** The ledger: everything that was asked and acknowledged in a run, and when the registry was up, down or away. */
import { Downtimes, type Downtime } from './downtimes.ts';
import type { LeaseBounds } from './lease-bounds.ts';
import { SessionBook } from './session-book.ts';
import { History, type Belief, type Reading, type Sent, type Write } from './history.ts';
import { DYING_MS, GIVEN_UP_MS, graceMs, NOISE_MS, sweptWithinMs, unsavedMs, type Terms } from './terms.ts';

/** One life of the registry, and what went before it. Epoch milliseconds; -Infinity before the first. */
export interface Life {
  /** When the life before it ended that had answered anything. */
  readonly aliveUntil: number;
  /** When its process was started for the first time after that, and when for the last. */
  readonly firstSpawnedAt: number;
  readonly spawnedAt: number;
  /** When the last process before it was crashed. */
  readonly killedAt: number;
  /** When it answered for the first time. */
  readonly upAt: number;
}

const NO_LIFE: Life = {
  aliveUntil: -Infinity,
  firstSpawnedAt: -Infinity,
  spawnedAt: -Infinity,
  killedAt: -Infinity,
  upAt: -Infinity,
};
const NO_BELIEF: Belief = {
  mustBeHeld: false,
  mayBeHeld: false,
  seenFrom: -Infinity,
  seenUntil: -Infinity,
  registrations: [],
  metadata: new Set(),
};
export class Ledger {
  readonly terms: Terms;
  readonly sessions: SessionBook;
  readonly downtimes: Downtimes;
  /** The current life, or the last one while the registry is down. */
  life: Life = NO_LIFE;
  /** Acknowledged writes. */
  acknowledged = 0;
  /** Writes whose answer never came. */
  unknown = 0;
  readonly #histories = new Map<string, History>();
  readonly #keepingOn = new Set<string>();
  readonly #pending = new Set<Sent>();
  #phase: 'down' | 'starting' | 'up' = 'down';
  #aliveUntil = -Infinity;
  #killedAt = -Infinity;
  #firstSpawnedAt: number | null = null;
  #spawnedAt = -Infinity;

  constructor(terms: Terms) {
    this.terms = terms;
    this.sessions = new SessionBook(terms);
    this.downtimes = new Downtimes(terms);
  }

  ids(): IterableIterator<string> {
    return this.#histories.keys();
  }

  get size(): number {
    return this.#histories.size;
  }

  /** The writes of a server that may still count, the oldest first. */
  writes(serverId: string): readonly Sent[] {
    return this.#histories.get(serverId)?.writes ?? [];
  }

  /** What may be held of a server at a reading, leaving `except` out of account. */
  belief(serverId: string, reading: Reading, except?: Sent): Belief {
    return this.#histories.get(serverId)?.belief(reading, except) ?? NO_BELIEF;
  }

  /** Whether this server has been registered and goes on heartbeating, and tries again as soon as it can. */
  keepsOn(serverId: string): boolean {
    return this.#keepingOn.has(serverId);
  }

  setKeepsOn(serverId: string, keepsOn: boolean): void {
    if (keepsOn) this.#keepingOn.add(serverId);
    else this.#keepingOn.delete(serverId);
  }

  /** A write goes out. */
  sent(serverId: string, write: Write, at: number): Sent {
    const sent: Sent = { write, sentAt: at, doneAt: Infinity, outcome: 'pending', registeredAt: undefined };
    let history = this.#histories.get(serverId);
    if (history === undefined) this.#histories.set(serverId, (history = new History()));
    history.add(sent);
    this.#pending.add(sent);
    return sent;
  }

  /** Its 200 came. */
  acknowledge(sent: Sent, at: number, registeredAt?: number): void {
    this.acknowledged += 1;
    this.#pending.delete(sent);
    sent.registeredAt = registeredAt;
    // An answer that was read after the crash was given before it: durable, if it answers a registration or a
    // deregistration, and as easily lost as any heartbeat otherwise.
    const wasCrashed = sent.outcome !== 'pending';
    if (!wasCrashed) sent.doneAt = at;
    sent.outcome = wasCrashed && sent.write.kind === 'heartbeat' ? 'lost' : 'acknowledged';
  }

  /** It was refused, or never reached the registry, so it changed nothing. */
  refuse(serverId: string, sent: Sent): void {
    this.#pending.delete(sent);
    this.#histories.get(serverId)?.remove(sent);
  }

  /** No answer came, so it may have been carried out or not. */
  fail(sent: Sent, at: number): void {
    // Where a crash cut it off, that is noted already.
    if (!this.#pending.delete(sent)) return;
    this.unknown += 1;
    sent.outcome = 'unknown';
    sent.doneAt = at + (this.terms.givenUpMs ?? GIVEN_UP_MS);
  }

  /** SIGKILL is being sent: what is on its way may be carried out or not, and what is unsaved may be lost. */
  killed(at: number): void {
    for (const sent of this.#pending) {
      sent.outcome = 'unknown';
      sent.doneAt = at + DYING_MS;
    }
    this.unknown += this.#pending.size;
    this.#pending.clear();
    const unsavedFrom = at - unsavedMs(this.terms);
    for (const history of this.#histories.values()) {
      for (const sent of history.writes) {
        // What had been given up is not carried out any more.
        if (sent.outcome === 'unknown') sent.doneAt = Math.min(sent.doneAt, at + DYING_MS);
        const isUnsaved = sent.write.kind === 'heartbeat' && sent.doneAt > unsavedFrom;
        if (isUnsaved && sent.outcome === 'acknowledged') sent.outcome = 'lost';
      }
    }
    this.sessions.killed(at);
    if (this.#phase === 'up') this.#aliveUntil = at;
    else this.downtimes.unheard(this.#aliveUntil - NOISE_MS, at);
    this.#killedAt = at;
    this.#phase = 'down';
  }

  /** The process is about to be started: from now on a request may reach it. */
  spawned(at: number): void {
    this.#firstSpawnedAt ??= at;
    this.#spawnedAt = at;
    this.#phase = 'starting';
  }

  /** The object has answered. */
  up(at: number): void {
    this.life = {
      aliveUntil: this.#aliveUntil,
      firstSpawnedAt: this.#firstSpawnedAt ?? at,
      spawnedAt: this.#spawnedAt,
      killedAt: this.#killedAt,
      upAt: at,
    };
    this.#firstSpawnedAt = null;
    this.#phase = 'up';
    this.sessions.up(this.life.spawnedAt);
  }

  /** Until when a server of which this is believed must, and may, be listed and held. */
  bounds(serverId: string, belief: Belief): LeaseBounds {
    const byBeats = this.#byBeats(serverId, belief);
    if (!belief.mayBeHeld) return byBeats;
    const { mustListUntil, mayListUntil } = this.sessions.bounds(serverId, belief, byBeats, this.life.upAt);
    return { mustListUntil, mayListUntil, mayHoldUntil: this.#mayHoldUntil(mayListUntil) };
  }

  #mayHoldUntil(mayListUntil: number): number {
    return Math.max(mayListUntil, this.life.upAt) + sweptWithinMs(this.terms);
  }

  #byBeats(serverId: string, { mustBeHeld, mayBeHeld, seenFrom, seenUntil }: Belief): LeaseBounds {
    // Before the registry has told what it makes of its downtime, any lease may have been extended.
    const latest =
      this.#phase === 'up' ? this.#leaseEnd(seenUntil, this.downtimes.possibleFor(serverId)) : Infinity;
    const mayListUntil = mayBeHeld ? latest : -Infinity;
    return {
      mustListUntil: mustBeHeld ? this.#leaseEnd(seenFrom, this.downtimes.certainFor(serverId)) : -Infinity,
      mayListUntil,
      mayHoldUntil: this.#mayHoldUntil(mayListUntil),
    };
  }

  /** A lease ends a TTL after it was renewed, unless it was live when the registry left: then after the extension. */
  #leaseEnd(seenAt: number, downtimes: readonly Downtime[]): number {
    let end = seenAt + this.terms.ttlMs;
    for (const { from, until } of downtimes) {
      if (end > from) end = Math.max(end, until + graceMs(this.terms));
    }
    return end;
  }
}
