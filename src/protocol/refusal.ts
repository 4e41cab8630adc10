/** Every reason for which a request is refused, as a union of tagged reasons; `http/problems.ts` gives each a status. */

/** What the registry itself refuses: it depends on who is held. */
export type RegistryRefusal =
  | { readonly kind: 'not-registered' }
  /** Another instance registered the id since. */
  | { readonly kind: 'replaced' }
  /** `shards` where these are the limits of one object of several. `maxListBytes` where it is the bytes that are too many. */
  | {
      readonly kind: 'registry-full';
      readonly maxServers: number;
      readonly maxListBytes?: number;
      readonly shards?: number;
      readonly retryAfterMs: number;
    }
  | OwnershipRefusal;

/** Why nobody may follow the list now. */
export type WatchRefusal =
  /** As many do as may. */
  | {
      readonly kind: 'too-many-watchers';
      readonly maxWatchers: number;
      readonly retryAfterMs: number;
    }
  /** The list has several objects, and each would tell of its own changes alone. */
  | { readonly kind: 'not-watchable' };

/** Why a query of the list has no answer. */
export type QueryRefusal =
  /** Over what is listed now, it would take longer than a query may. */
  { readonly kind: 'query-too-costly' } | Extract<RequestRefusal, { readonly kind: 'invalid-field' }>;

/** What the registry refuses to a signed writer. */
export type OwnershipRefusal =
  /** The id is bound to another key. */
  | { readonly kind: 'not-owner' }
  /** Signed no later than what was accepted of this id before; `acceptedAt` is in epoch seconds, as `created` is. */
  | { readonly kind: 'replayed'; readonly acceptedAt: number }
  | { readonly kind: 'key-full'; readonly maxServersPerKey: number };

/** What is refused before the registry is asked. */
export type RequestRefusal =
  | { readonly kind: 'malformed-body'; readonly problem: string }
  | { readonly kind: 'missing-fields' }
  | { readonly kind: 'missing-server-id' }
  | { readonly kind: 'invalid-field'; readonly field: string; readonly problem: string }
  | { readonly kind: 'query-too-long'; readonly maxBytes: number }
  /** An upgrade to a session without the right subprotocol and a ticket. */
  | { readonly kind: 'malformed-upgrade' }
  | { readonly kind: 'malformed-id'; readonly problem: string }
  | { readonly kind: 'private-endpoint'; readonly host: string }
  | { readonly kind: 'body-too-large'; readonly maxBytes: number }
  /** A page of another origin than the configured one. */
  | { readonly kind: 'foreign-origin'; readonly origin: string; readonly allowed: string }
  | { readonly kind: 'unsupported-media-type'; readonly contentType: string }
  /** Where a token is asked for and none is set. */
  | { readonly kind: 'writes-closed' }
  | {
      readonly kind: 'unauthorized';
      readonly wants: 'token' | 'signature' | 'metrics-token';
      readonly problem: string;
    }
  /** The id is that of another key. The registry refuses it by the same name where it is bound to one. */
  | { readonly kind: 'not-owner' }
  | { readonly kind: 'rate-limited'; readonly per: 'address' | 'server'; readonly retryAfterMs: number }
  /** A list of several objects, which the Worker puts together, has more than it can sign. */
  | { readonly kind: 'too-large-to-sign'; readonly maxBytes: number }
  /** `isImplied`: the path names no list, and so means `default`. */
  | { readonly kind: 'no-such-list'; readonly list: string; readonly isImplied: boolean }
  | { readonly kind: 'no-such-route'; readonly path: string }
  | { readonly kind: 'method-not-allowed'; readonly method: string; readonly allow: string };

/** What went wrong on our side. `incident` stands in the log beside the cause. */
export type Failure =
  | { readonly kind: 'misconfigured'; readonly problem: string }
  | { readonly kind: 'unavailable' }
  | { readonly kind: 'internal'; readonly incident: string };

export type Refusal = RegistryRefusal | RequestRefusal | QueryRefusal | WatchRefusal | Failure;
