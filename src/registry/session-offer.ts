/** Which leases are offered a session, and the ticket that opens it. */
import type { Config } from '../config.ts';
import type { Directory } from '../core/leases/directory.ts';
import type { Lease, Proof } from '../core/leases/lease.ts';
import { TICKET_MS } from '../protocol/session.ts';

export interface OfferTerms {
  readonly config: Config;
  readonly directory: Directory;
}

/** What an answer says of the session that it offers; the ticket itself is known to the Worker alone. */
export interface Offer {
  readonly pingEveryMs: number;
}

/**
 * To a registration. Whatever ticket the lease had is spent, as it may be another host's, or of another key. The caller
 * writes the row.
 */
export function offerToRegistered(
  lease: Lease,
  ticketHash: string | null,
  terms: OfferTerms,
  now: number,
): Offer | undefined {
  const isOffered = ticketHash !== null && hasRoom(lease, terms);
  terms.directory.sessions.offer(lease, isOffered ? { hash: ticketHash, until: now + TICKET_MS } : null);
  return isOffered ? { pingEveryMs: terms.config.pingEveryMs } : undefined;
}

/**
 * To a heartbeat that asks. A signed one may be sent again by whoever saw it: so it must be signed later than what got a
 * ticket before. The caller writes the row.
 */
export function offerToHeartbeat(
  lease: Lease,
  ticketHash: string,
  proof: Proof | null,
  terms: OfferTerms,
  now: number,
): Offer | undefined {
  const lastOffer = Math.max(lease.offeredFor, lease.proof?.createdSeconds ?? 0);
  if (proof !== null && proof.createdSeconds <= lastOffer) return undefined;
  if (!hasRoom(lease, terms)) return undefined;
  const ticket = { hash: ticketHash, until: now + TICKET_MS };
  terms.directory.sessions.offer(lease, ticket, proof?.createdSeconds);
  return { pingEveryMs: terms.config.pingEveryMs };
}

/** A lease that is held has its place. */
function hasRoom({ session }: Lease, { config, directory }: OfferTerms): boolean {
  return directory.sessions.count - (session.kind === 'held' ? 1 : 0) < config.maxSessions;
}
