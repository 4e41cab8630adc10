/** Every reason for which a request is refused, as a union of tagged reasons; `http/respond.ts` gives each a status. */

/** What the registry itself refuses: it depends on who is held. */
export type RegistryRefusal =
  | { readonly kind: 'not-registered' }
  | { readonly kind: 'registry-full'; readonly maxServers: number; readonly retryAfterMs: number };

/** What is refused before the registry is asked. */
export type RequestRefusal =
  | { readonly kind: 'malformed-body'; readonly problem: string }
  | { readonly kind: 'missing-fields' }
  | { readonly kind: 'missing-server-id' }
  | { readonly kind: 'invalid-field'; readonly field: string; readonly problem: string }
  | { readonly kind: 'malformed-id'; readonly problem: string }
  | { readonly kind: 'writes-refused'; readonly problem: string }
  | { readonly kind: 'no-such-route'; readonly path: string }
  | { readonly kind: 'method-not-allowed'; readonly method: string; readonly allow: string };

/** What went wrong on our side. `incident` stands in the log beside the cause. */
export type Failure =
  | { readonly kind: 'misconfigured'; readonly problem: string }
  | { readonly kind: 'unavailable' }
  | { readonly kind: 'internal'; readonly incident: string };

export type Refusal = RegistryRefusal | RequestRefusal | Failure;
