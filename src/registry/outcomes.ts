/** What each call to the object answers: unions told apart by `kind`. Times are epoch milliseconds. */
import type { LeaseStatus } from '../core/directory.ts';
import type { ServerRecord } from '../core/lease.ts';
import type { LeaseTerms, StatsAnswer } from '../protocol/protocol.ts';
import type { OwnershipRefusal, QueryRefusal, RegistryRefusal } from '../protocol/refusal.ts';

export type { Proof, Registration, ServerRecord } from '../core/lease.ts';

type Refused<Kind extends RegistryRefusal['kind']> = Extract<RegistryRefusal, { readonly kind: Kind }>;

export type RegisterOutcome =
  | { readonly kind: 'registered'; readonly server: ServerRecord; readonly lease: LeaseTerms }
  | Refused<'registry-full'>
  | OwnershipRefusal;

/** Renewed: null, or the answer with every other live entry as UTF-8 JSON where that was wanted. */
export type HeartbeatOutcome =
  null | Uint8Array | ReadableStream<Uint8Array> | Refused<'not-registered'> | OwnershipRefusal;

export type ListOutcome =
  | {
      readonly kind: 'listed';
      /** UTF-8 JSON. */
      readonly body: Uint8Array | ReadableStream<Uint8Array>;
      /** Null where the answer has none. */
      readonly etag: string | null;
      /** Of the body, in standard base64; null where the registry does not sign. */
      readonly signature: string | null;
    }
  /** The client has this list already. */
  | { readonly kind: 'unchanged'; readonly etag: string };

export type QueryOutcome = ListOutcome | QueryRefusal;

export type GetOutcome =
  | {
      readonly kind: 'found';
      readonly server: ServerRecord;
      readonly status: LeaseStatus;
      readonly expiresAt: number;
    }
  | Refused<'not-registered'>;

export type DeregisterOutcome = { readonly kind: 'deregistered' } | OwnershipRefusal;

export type RegistryStats = StatsAnswer;
