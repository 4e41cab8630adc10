/** A value that a request brought, checked, or the reason why it is refused. */
import type { RequestRefusal } from '../../protocol/refusal.ts';

export type Parsed<Value> =
  { readonly ok: true; readonly value: Value } | { readonly ok: false; readonly refusal: RequestRefusal };

export function refused(refusal: RequestRefusal): Parsed<never> {
  return { ok: false, refusal };
}
