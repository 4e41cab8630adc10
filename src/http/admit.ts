/** From a request to a write that may go to the object: credential, limits, body and signature, in that order. */
import type { Proof } from '../rpc/contract.ts';
import type { Access, Subject } from './access.ts';
import { addressOf } from './address.ts';
import { readBody } from './body.ts';
import type { WriteLimits } from './limits.ts';
import type { Parsed } from './parsed.ts';

/** What decides over writes. `limits` is absent where none are kept. */
export interface Gate {
  readonly access: Access;
  readonly limits: WriteLimits | undefined;
}

/** A write that may go to the object. `proof` is null where the writer is trusted with every server. */
export interface Admitted<Value> {
  readonly value: Value;
  readonly proof: Proof | null;
}

/** `parse` gets the body's bytes; a request without one, such as a DELETE, has none. */
export async function admit<Value extends Subject>(
  request: Request,
  { access, limits }: Gate,
  parse: (body: Uint8Array) => Parsed<Value>,
): Promise<Parsed<Admitted<Value>>> {
  const address = limits === undefined ? undefined : addressOf(request);
  const standing = access.atTheDoor(request);
  const trusted = standing.ok && standing.value === 'trusted';
  if (limits !== undefined && (trusted || !standing.ok)) {
    const over = await limits.ofAddress(address, trusted);
    if (over !== undefined) return { ok: false, refusal: over };
  }
  if (!standing.ok) return standing;

  const body = await readBody(request);
  if (!body.ok) return body;
  const parsed = parse(body.value);
  if (!parsed.ok) return parsed;
  const { value } = parsed;

  let proof: Proof | null = null;
  if (!trusted) {
    const proved = await access.proofOf(request, body.value, value);
    const over = await limits?.ofAddress(address, proved.ok);
    if (over !== undefined) return { ok: false, refusal: over };
    if (!proved.ok) return proved;
    proof = proved.value;
  }
  const over = await limits?.ofServer(value.serverId, proof?.key);
  return over === undefined ? { ok: true, value: { value, proof } } : { ok: false, refusal: over };
}
