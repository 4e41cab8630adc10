/** The routes that write: admitted first, then one call to the object. */
import type { Refusal } from '../../protocol/refusal.ts';
import type { HeartbeatOutcome, RegisterOutcome } from '../../rpc/contract.ts';
import { admit } from '../auth/write-guard.ts';
import type { Call } from '../call.ts';
import { toEntry } from './entry.ts';
import { locationOf } from '../parse/location.ts';
import { unknownMembers, withUnknownMembers } from './unknown-members.ts';
import { parseHeartbeat, parseRegister, parseServerId } from '../parse/writes.ts';

export async function register({
  request,
  config,
  gate,
  registry,
  respond,
}: Call): Promise<Response | Refusal> {
  const admitted = await admit(request, gate, (body) => parseRegister(body, config));
  if (!admitted.ok) return admitted.refusal;
  const { value, proof } = admitted.value;
  const { metadata, ignored, ...named } = value;
  const location = config.recordLocation ? locationOf(request.cf) : undefined;
  const outcome: RegisterOutcome = await registry().register({
    ...named,
    metadata: metadata === undefined ? null : JSON.stringify(metadata),
    ...(proof !== null && { proof }),
    ...(location !== undefined && { location }),
  });
  if (outcome.kind !== 'registered') return outcome;
  const answer = { success: true, server: toEntry(outcome.server), lease: outcome.lease };
  return respond.json({ ...answer, ...unknownMembers(ignored) });
}

export async function heartbeat({ request, gate, registry, respond }: Call): Promise<Response | Refusal> {
  const admitted = await admit(request, gate, parseHeartbeat);
  if (!admitted.ok) return admitted.refusal;
  const { value, proof } = admitted.value;
  const { serverId, peers, metadata, ignored } = value;
  const metadataText = metadata === undefined ? null : JSON.stringify(metadata);
  const outcome: HeartbeatOutcome = await registry().heartbeat(serverId, peers, metadataText, proof);
  if (outcome === null) return respond.json({ success: true, ...unknownMembers(ignored) });
  const isBody = outcome instanceof Uint8Array || outcome instanceof ReadableStream;
  return isBody ? respond.encodedJson(withUnknownMembers(outcome, ignored)) : outcome;
}

export async function deregister({ request, gate, registry, respond }: Call): Promise<Response | Refusal> {
  const admitted = await admit(request, gate, () => {
    const id = parseServerId(request);
    return id.ok ? { ok: true, value: { serverId: id.value } } : id;
  });
  if (!admitted.ok) return admitted.refusal;
  const { value, proof } = admitted.value;
  const outcome = await registry().deregister(value.serverId, proof ?? undefined);
  return outcome.kind === 'deregistered' ? respond.json({ success: true }) : outcome;
}
