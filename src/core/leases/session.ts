/** What a lease has to do with sessions: the ticket that may open one, the one that holds it, or that it was lost. */

/** Opens one session. The registry keeps its hash, so that a ticket can't be read from the disk. */
export interface Ticket {
  /** SHA-256 of the ticket, in base64url. */
  readonly hash: string;
  /** Epoch milliseconds at which it is over. */
  readonly until: number;
}

/** An open socket holds the lease. */
export interface HeldSession {
  readonly kind: 'held';
  /** No two sessions have one name: what an old session says late is never taken for the word of a new one. */
  readonly name: string;
  /** When it was last heard, as far as was looked; null from a load until the first look. Epoch milliseconds. */
  heardAt: number | null;
  /** When its socket was last looked at. Epoch milliseconds. */
  lookedAt: number;
  /** When the server last came by HTTP since the session was opened; 0 where it did not. */
  beatAt: number;
  /** The lease lasts so long in any case: after a downtime of the registry. */
  extendedUntil: number;
}

/** The session ended at `at` without a word of its server; the lease lasts until `until`, unless the server comes back. */
export interface LostSession {
  readonly kind: 'lost';
  readonly at: number;
  readonly until: number;
}

export type SessionState = { readonly kind: 'none' } | HeldSession | LostSession;

/** One for all leases without a session. */
export const NO_SESSION: SessionState = { kind: 'none' };

/** What of it is on disk. The times of pings are not: they outlive a sleep in the runtime. */
export interface SavedSession {
  readonly ticket?: Ticket;
  /** Epoch seconds at which the last request was signed that a ticket was given for. */
  readonly offeredFor?: number;
  /** The name of the session that holds the lease. */
  readonly held?: string;
  readonly lost?: { readonly at: number; readonly until: number };
}

/**
 * Why sessions were lost: their sockets closed, by the server's end or without a word; what they sent ended them; no ping
 * came in time; a deploy or a crash took them. Who deregisters or is replaced loses nothing.
 */
export type LossReason = 'closed' | 'bad-frame' | 'silent' | 'restart';

/** Since the object was loaded. */
export interface SessionFigures {
  opened: number;
  readonly lost: Record<LossReason, number>;
}

export function heldUnder(name: string, now: number, heardAt: number | null = now, beatAt = 0): HeldSession {
  return { kind: 'held', name, heardAt, lookedAt: now, beatAt, extendedUntil: 0 };
}
