/** Which metadata the next request carries, so that none of it can ever cost its server the lease. */
import type { Metadata } from '../protocol/protocol.ts';
import { isRecord } from './answers.ts';
import type { RegistryError } from './errors.ts';

/** Metadata as it was handed in once: the same object handed in again is another one. */
export interface Carried {
  readonly metadata: Metadata;
}

/** Refusals that speak of the credentials, the id or the address: what the body holds can't be why. */
const NOT_ABOUT_THE_BODY: ReadonlySet<number> = new Set([401, 404, 405, 410]);

/**
 * The metadata of one server: what it registers with, and what its owner set since.
 *
 * Metadata whose request is refused for good becomes a suspect, and the next request goes without it. Where that one
 * is accepted, the metadata was at fault and is dropped; where it is refused for good as well, something else was, and
 * the metadata is carried again.
 */
export class MetadataToSend {
  /** What a registration carries: the first metadata, and later the last that the registry took. */
  #known: Carried | undefined;
  /** What the owner set and the registry has yet to take. */
  #pending: Carried | undefined;
  readonly #suspects = new Set<Carried>();
  /**
   * True where the next request carries nothing that the owner set, however new: an owner that sets metadata that is
   * always refused, and more often than requests are sent, must not keep all of them from being accepted.
   */
  #isHeldBack = false;

  constructor(first: Metadata | undefined) {
    this.#known = first && { metadata: first };
  }

  /** Takes the metadata as it is now, in place of what was set before. */
  set(metadata: Metadata): void {
    this.#pending = { metadata: copyOf(metadata) };
  }

  /** What a registration is to carry: the newest metadata that nothing speaks against. */
  get forRegistration(): Carried | undefined {
    const known = this.#known;
    return this.forHeartbeat ?? (known !== undefined && this.#suspects.has(known) ? undefined : known);
  }

  /** What a heartbeat is to carry: metadata that the registry does not have yet. */
  get forHeartbeat(): Carried | undefined {
    return this.#isHeldBack ? undefined : this.#pending;
  }

  /** A request that carried this was accepted: whatever it went without was at fault. */
  accepted(carried: Carried | undefined): void {
    if (this.#known !== undefined && this.#suspects.has(this.#known)) this.#known = undefined;
    if (this.#pending !== undefined && this.#suspects.has(this.#pending)) this.#pending = undefined;
    this.#acquit();
    if (carried === undefined) return;
    this.#known = carried;
    if (this.#pending === carried) this.#pending = undefined;
  }

  /** A request that carried this failed. Gives the metadata that the next one goes without because of that. */
  failed(carried: Carried | undefined, error: RegistryError): Metadata | undefined {
    const { fault, permanent } = error;
    const isAboutTheBody = fault.kind !== 'refused' || !NOT_ABOUT_THE_BODY.has(fault.status);
    if (!permanent || !isAboutTheBody || fault.kind === 'redirected') return undefined;
    if (carried === undefined) {
      this.#acquit();
      return undefined;
    }
    this.#suspects.add(carried);
    if (carried !== this.#known) this.#isHeldBack = true;
    return carried.metadata;
  }

  #acquit(): void {
    this.#suspects.clear();
    this.#isHeldBack = false;
  }
}

/** A copy that its owner's later changes don't reach. What JSON can't hold stays as it is: its request will say why. */
function copyOf(metadata: Metadata): Metadata {
  try {
    const copy: unknown = JSON.parse(JSON.stringify(metadata));
    return isRecord(copy) ? copy : metadata;
  } catch {
    return metadata;
  }
}
