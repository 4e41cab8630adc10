/**
 * Whose id is it? What only the registry can decide about a write, since it depends on what was accepted before.
 *
 * - The first signed registration binds an id to its key. The binding lasts as long as the entry, and after a
 *   deregistration as long as the tombstone.
 * - A registration or deregistration is accepted only if it was signed later than the last one of that id.
 * - Who comes without a proof was found trustworthy before: in token mode, in open mode, and as the operator.
 * - Of two hosts that may both write, the one that registered last holds the id; the other one is told.
 */
import { SIGNATURE_WINDOW_SECONDS } from '../../protocol/signing.ts';
import type { OwnershipRefusal } from '../../protocol/refusal.ts';
import type { Directory } from './directory.ts';
import type { Proof, RegisteredServer } from './lease.ts';
import type { Tombstone, Tombstones } from './tombstones.ts';

/**
 * The Worker judges how old a signature is by its own clock, the object ends a tombstone by its own: what the one still
 * accepts, the other must still remember.
 */
const CLOCK_SKEW_MS = 60_000;

export interface OwnershipTerms {
  /** Ids held and tombstones, at most. */
  readonly maxServers: number;
  /** Of those, at most this many under one key. */
  readonly maxServersPerKey: number;
}

export class Ownership {
  readonly #directory: Directory;
  readonly #tombstones: Tombstones;
  readonly #terms: OwnershipTerms;

  constructor(directory: Directory, tombstones: Tombstones, terms: OwnershipTerms) {
    this.#directory = directory;
    this.#tombstones = tombstones;
    this.#terms = terms;
  }

  /** Why this registration is refused; `full` is for newcomers alone. */
  refuseRegistration(
    { serverId, publicKey, proof }: RegisteredServer,
    now: number,
  ): OwnershipRefusal | { readonly kind: 'full' } | undefined {
    const held = this.#directory.find(serverId)?.lease;
    const tombstone = this.#tombstones.find(serverId, now);
    if (proof !== undefined) {
      // An entry that nobody signed for is from before writes were signed. It is bound to the key it names.
      const isUnbound = held !== undefined && held.proof === undefined;
      if (isUnbound && held.publicKey !== publicKey) return { kind: 'not-owner' };
      const last = held?.proof ?? tombstone;
      const refusal = last && refuseAfter(last, proof);
      if (refusal !== undefined) return refusal;
      const { maxServersPerKey } = this.#terms;
      if (last?.key !== proof.key && this.#ownedBy(proof.key) >= maxServersPerKey) {
        return { kind: 'key-full', maxServersPerKey };
      }
    }
    if (held !== undefined || tombstone !== undefined) return undefined;
    const taken = this.#directory.heldCount + this.#tombstones.size;
    return taken >= this.#terms.maxServers ? { kind: 'full' } : undefined;
  }

  /** Why this heartbeat is refused. It may be as old as the registration, which it can overtake on its way. */
  refuseHeartbeat(
    serverId: string,
    proof: Proof,
  ): OwnershipRefusal | { readonly kind: 'not-registered' } | undefined {
    const last = this.#directory.find(serverId)?.lease.proof;
    // As for an unknown id: the server is to register, which then binds the id to its key.
    if (last === undefined) return { kind: 'not-registered' };
    if (last.key !== proof.key) return { kind: 'not-owner' };
    return proof.createdSeconds < last.createdSeconds ? replayed(last) : undefined;
  }

  /**
   * Whether another host registered the id since this one did. Not known, and so not said, where the last registration
   * named no instance: it may be this host's own, from before a rollback.
   */
  isReplaced(serverId: string, instance: string): boolean {
    const last = this.#directory.find(serverId)?.lease.instance;
    return last !== undefined && last !== instance;
  }

  /** Why this deregistration is refused. */
  refuseDeregistration(serverId: string, proof: Proof, now: number): OwnershipRefusal | undefined {
    const held = this.#directory.find(serverId)?.lease;
    const last = held?.proof ?? this.#tombstones.find(serverId, now);
    if (last !== undefined) return refuseAfter(last, proof);
    return held === undefined ? undefined : { kind: 'not-owner' };
  }

  /** Ends a lease at its owner's or the operator's word. What is to be remembered of it, if anything. */
  deregister(serverId: string, proof: Proof | undefined, now: number): Tombstone | undefined {
    const before = this.#tombstones.find(serverId, now);
    const last = this.#directory.find(serverId)?.lease.proof ?? before;
    // Whoever signs it: nobody owns what the operator removed, and so nobody takes it along by leaving.
    if (before?.key === null && last === before) return before;
    this.#directory.remove(serverId);
    if (last === undefined) return undefined;
    const createdSeconds = Math.max(last.createdSeconds, proof?.createdSeconds ?? 0);
    const tombstone: Tombstone = {
      serverId,
      // After the operator's word anyone may claim the id: the owner may have lost his key.
      key: proof?.key ?? null,
      createdSeconds,
      until: Math.max(now, createdSeconds * 1000) + SIGNATURE_WINDOW_SECONDS * 1000 + CLOCK_SKEW_MS,
    };
    this.#tombstones.add(tombstone);
    return tombstone;
  }

  #ownedBy(key: string): number {
    return this.#directory.ownedBy(key) + this.#tombstones.ownedBy(key);
  }
}

function refuseAfter(
  last: Pick<Tombstone, 'key' | 'createdSeconds'>,
  proof: Proof,
): OwnershipRefusal | undefined {
  if (last.key !== null && last.key !== proof.key) return { kind: 'not-owner' };
  return proof.createdSeconds <= last.createdSeconds ? replayed(last) : undefined;
}

function replayed({ createdSeconds }: Pick<Proof, 'createdSeconds'>): OwnershipRefusal {
  return { kind: 'replayed', acceptedAt: createdSeconds };
}
