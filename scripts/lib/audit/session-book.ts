/** The sessions of a run: which server was held by one from when to when, and what that says of its lease. */
import type { LeaseBounds } from './lease-bounds.ts';
import type { Belief } from './history.ts';
import { NOISE_MS, type Terms } from './terms.ts';

/** How long a lease is left that a session lost, at most. */
const LONGEST_GRACE_MS = 15_000;
/** So many ping intervals may pass without a ping. */
const PINGS = 2.5;

/** One session; epoch milliseconds. */
interface Session {
  readonly openedAt: number;
  /** When the registry had said that it holds; undefined before. */
  heldAt: number | undefined;
  /** How long the lease lasts from a ping on. */
  holdMs: number;
  /** When its client saw that it was over. */
  endedAt: number | undefined;
  /** When its server had gone over to heartbeats. */
  leftAt: number | undefined;
  /** When the registry was killed that had it open. */
  orphanedAt: number | undefined;
  /** When the next life of the registry began. */
  revivedAt: number | undefined;
}

/** What becomes of a session, to be told as it happens. */
export interface SessionRecord {
  held(pingEveryMs: number, at: number): void;
  ended(at: number): void;
}

/** How long a lease of these terms is left that a session lost. */
export function sessionGraceMs({ ttlMs }: Terms): number {
  return Math.min(LONGEST_GRACE_MS, Math.floor(ttlMs / 4));
}

export class SessionBook {
  readonly #terms: Terms;
  /** The latest of each server. */
  readonly #sessions = new Map<string, Session>();
  readonly #guessed = new Set<string>();

  constructor(terms: Terms) {
    this.#terms = terms;
  }

  /** How many are held now. */
  get held(): number {
    const isHeld = ({ heldAt, endedAt }: Session) => heldAt !== undefined && endedAt === undefined;
    return [...this.#sessions.values()].filter(isHeld).length;
  }

  /** Whether a session of this server was held last, or still is. */
  has(serverId: string): boolean {
    return this.#sessions.has(serverId);
  }

  /** Whether a load may have taken this server for alive, by a session whose pings nobody knows any more. */
  mayBeGuessed(serverId: string): boolean {
    return this.#sessions.has(serverId) || this.#guessed.has(serverId);
  }

  /** The upgrade is being sent. */
  opening(serverId: string, at: number): SessionRecord {
    const session: Session = {
      openedAt: at,
      heldAt: undefined,
      holdMs: this.#terms.ttlMs,
      endedAt: undefined,
      leftAt: undefined,
      orphanedAt: undefined,
      revivedAt: undefined,
    };
    this.#sessions.set(serverId, session);
    return {
      held: (pingEveryMs, heldAt) => {
        session.heldAt = heldAt;
        session.holdMs = Math.min(Math.floor(PINGS * pingEveryMs), this.#terms.ttlMs);
      },
      ended: (endedAt) => {
        session.endedAt = endedAt;
      },
    };
  }

  /** A heartbeat or a registration by HTTP was acknowledged that was sent at `at`: after a session, it holds by that. */
  beat(serverId: string, at: number): void {
    const session = this.#sessions.get(serverId);
    if (session?.endedAt !== undefined && at > session.endedAt) session.leftAt ??= at;
  }

  /** The registry was killed: no socket is left. */
  killed(at: number): void {
    for (const [serverId, session] of this.#sessions) {
      session.orphanedAt ??= at;
      this.#guessed.add(serverId);
    }
  }

  /** The registry answers again; its process was started at `spawnedAt`. */
  up(spawnedAt: number): void {
    for (const session of this.#sessions.values()) {
      if (session.orphanedAt !== undefined) session.revivedAt ??= spawnedAt;
    }
  }

  /** What is known of the session of a server, as a line for its account. */
  account(serverId: string, time: (ms: number) => string): readonly string[] {
    const session = this.#sessions.get(serverId);
    if (session === undefined) return [];
    const moments = [
      ['opening', session.openedAt],
      ['held', session.heldAt],
      ['ended', session.endedAt],
      ['left for heartbeats', session.leftAt],
      ['orphaned', session.orphanedAt],
    ] as const;
    const told = moments.flatMap(([what, at]) => (at === undefined ? [] : [`${what} at ${time(at)}`]));
    return [`its session: ${told.join(', ')}; held for ${session.holdMs} ms from a ping`];
  }

  /** The bounds of a lease that heartbeats hold, narrowed or widened by what is known of its session. */
  bounds(
    serverId: string,
    { mustBeHeld, seenFrom, seenUntil }: Belief,
    byBeats: LeaseBounds,
    upAt: number,
  ): Omit<LeaseBounds, 'mayHoldUntil'> {
    const session = this.#sessions.get(serverId);
    if (session === undefined || seenFrom >= (session.leftAt ?? Infinity)) return byBeats;
    const { openedAt, heldAt, endedAt, orphanedAt, revivedAt = -Infinity, holdMs } = session;
    const graceMs = sessionGraceMs(this.#terms);
    // Whoever never heard that it holds can't tell since when the registry took it for lost.
    const lostFrom = heldAt === undefined ? openedAt : (endedAt ?? Infinity);
    if (orphanedAt !== undefined) {
      // A load finds it held, or lost; either way it may last a TTL from there.
      const wasHeld = heldAt !== undefined && heldAt < orphanedAt && lostFrom >= orphanedAt;
      const atLeast = mustBeHeld && wasHeld ? revivedAt + graceMs : -Infinity;
      const byLoss = wasHeld ? Infinity : lostFrom + graceMs;
      return {
        mustListUntil: Math.max(Math.min(byBeats.mustListUntil, seenFrom + holdMs, byLoss), atLeast),
        mayListUntil: Math.max(byBeats.mayListUntil, upAt + this.#terms.ttlMs + NOISE_MS),
      };
    }
    const byPings = { from: seenFrom + holdMs, until: seenUntil + this.#terms.ttlMs };
    if (endedAt === undefined) {
      return {
        mustListUntil: Math.min(byBeats.mustListUntil, byPings.from, lostFrom + graceMs),
        mayListUntil: Math.max(byBeats.mayListUntil, byPings.until),
      };
    }
    const mustListUntil = Math.min(byBeats.mustListUntil, byPings.from, lostFrom + graceMs);
    const goneAt = endedAt + graceMs + NOISE_MS;
    // What was never held goes on by heartbeats; a beat after the end does so as well.
    const isSharp = heldAt !== undefined && seenUntil <= endedAt;
    return { mustListUntil, mayListUntil: isSharp ? goneAt : Math.max(byBeats.mayListUntil, goneAt) };
  }
}
