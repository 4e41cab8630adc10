/** What each call to the object answers, over RPC: unions told apart by `kind`. Times are epoch milliseconds. */
import type { LeaseStatus } from '../core/directory.ts';
import type { Proof, ServerRecord } from '../core/lease.ts';
import type { LeaseTerms, StatsAnswer } from '../protocol/protocol.ts';
import type { OwnershipRefusal, RegistryRefusal } from '../protocol/refusal.ts';

export type { Proof, Registration, ServerRecord } from '../core/lease.ts';

type Refused<Kind extends RegistryRefusal['kind']> = Extract<RegistryRefusal, { readonly kind: Kind }>;

export type RegisterOutcome =
  | { readonly kind: 'registered'; readonly server: ServerRecord; readonly lease: LeaseTerms }
  | Refused<'registry-full'>
  | OwnershipRefusal;

export interface HeartbeatWish {
  /** Whether the answer brings every other live entry. */
  readonly peers: boolean;
  /** JSON text that replaces the entry's metadata. */
  readonly metadata?: string;
  /** Who signed the heartbeat; absent where the writer is trusted. */
  readonly proof?: Proof;
}

export type HeartbeatOutcome =
  | { readonly kind: 'renewed' }
  | { readonly kind: 'renewed-with-peers'; readonly body: Uint8Array }
  | Refused<'not-registered'>
  | OwnershipRefusal;

export type ListOutcome =
  | {
      readonly kind: 'listed';
      /** UTF-8 JSON. */
      readonly body: Uint8Array;
      readonly etag: string;
      /** Of the body, in standard base64; null where the registry does not sign. */
      readonly signature: string | null;
    }
  /** The client has this list already. */
  | { readonly kind: 'unchanged'; readonly etag: string };

/** UTF-8 JSON, and its signature in standard base64. */
export interface SignedBody {
  readonly body: Uint8Array;
  readonly signature: string;
}

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
