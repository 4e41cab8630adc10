/** May this request write? Credentials, limits, body and signature, in that order, before the object is called. */
import type { Proof } from '../../rpc/contract.ts';
import type { Credentials, Proved, Subject } from './credentials.ts';
import { addressOf } from '../parse/address.ts';
import { readBody } from '../parse/body.ts';
import type { WriteLimits } from './rate-limits.ts';
import type { Parsed } from '../parse/parsed.ts';

/** What decides over writes. `limits` is absent where none are kept. */
export interface WriteGuard {
  readonly credentials: Credentials;
  readonly limits: WriteLimits | undefined;
}

/** A write that may go to the object. `proof` is null where the writer is trusted with every server. */
export interface AuthorizedWrite<Value> {
  readonly value: Value;
  readonly proof: Proof | null;
}

/** `parse` gets the body's bytes; a request without one, such as a DELETE, has none. */
export async function authorizeWrite<Value extends Subject>(
  request: Request,
  { credentials, limits }: WriteGuard,
  parse: (body: Uint8Array) => Parsed<Value>,
): Promise<Parsed<AuthorizedWrite<Value>>> {
  const trust = credentials.checkCredentials(request);
  if (trust.ok && trust.value === 'must-be-signed')
    return authorizeSigned(request, { credentials, limits }, parse);

  const over = await limits?.ofAddress(addressOf(request), trust.ok);
  if (over !== undefined) return { ok: false, refusal: over };
  if (!trust.ok) return trust;
  const body = await readBody(request);
  if (!body.ok) return body;
  const parsed = parse(body.value);
  if (!parsed.ok) return parsed;
  const { value } = parsed;
  const overOfServer = await limits?.ofServer(value.serverId);
  return overOfServer === undefined
    ? { ok: true, value: { value, proof: null } }
    : { ok: false, refusal: overOfServer };
}

/**
 * Only the signature tells whose budget a write is of, so it is checked first: a bounded piece of work. Whatever is
 * refused on the way to it, a malformed body too, counts among the refused writes of its address.
 */
async function authorizeSigned<Value extends Subject>(
  request: Request,
  { credentials, limits }: WriteGuard,
  parse: (body: Uint8Array) => Parsed<Value>,
): Promise<Parsed<AuthorizedWrite<Value>>> {
  const proved = await prove(request, credentials, parse);
  const over = await limits?.ofAddress(addressOf(request), proved.ok);
  if (over !== undefined) return { ok: false, refusal: over };
  if (!proved.ok) return proved;
  const { value, proof, signature } = proved.value;
  const overOfServer = await limits?.ofSigned(value.serverId, proof.key, signature);
  return overOfServer === undefined
    ? { ok: true, value: { value, proof } }
    : { ok: false, refusal: overOfServer };
}

async function prove<Value extends Subject>(
  request: Request,
  credentials: Credentials,
  parse: (body: Uint8Array) => Parsed<Value>,
): Promise<Parsed<Proved & { readonly value: Value }>> {
  const body = await readBody(request);
  if (!body.ok) return body;
  const parsed = parse(body.value);
  if (!parsed.ok) return parsed;
  const proved = await credentials.verifySignature(request, body.value, parsed.value);
  return proved.ok ? { ok: true, value: { ...proved.value, value: parsed.value } } : proved;
}
