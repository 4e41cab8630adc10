/** The routes that write: authorized first, then one call to the object. */
import type { Refusal } from '../../protocol/refusal.ts';
import type { HeartbeatOutcome, RegisterOutcome } from '../../rpc/contract.ts';
import { authorizeWrite } from '../auth/write-guard.ts';
import type { Call } from '../route.ts';
import { toEntry } from './entry.ts';
import { locationOf } from '../parse/location.ts';
import { unknownMembers, withUnknownMembers } from './unknown-members.ts';
import { parseServerId } from '../parse/path.ts';
import { parseHeartbeat, parseRegister } from '../parse/writes.ts';

export async function register({
  request,
  config,
  writeGuard,
  registry,
  respond,
}: Call): Promise<Response | Refusal> {
  const write = await authorizeWrite(request, writeGuard, (body) => parseRegister(body, config));
  if (!write.ok) return write.refusal;
  const { value, proof } = write.value;
  const { endpoints, metadata, instance, ignored, ...named } = value;
  const location = config.recordLocation ? locationOf(request.cf) : undefined;
  const outcome: RegisterOutcome = await registry().register({
    ...named,
    metadata: metadata === undefined ? null : JSON.stringify(metadata),
    ...(endpoints !== undefined && { endpoints }),
    ...(proof !== null && { proof }),
    ...(location !== undefined && { location }),
    ...(instance !== undefined && { instance }),
  });
  if (outcome.kind !== 'registered') return outcome;
  const answer = { success: true, server: toEntry(outcome.server), lease: outcome.lease };
  return respond.json({ ...answer, ...unknownMembers(ignored) });
}

export async function heartbeat({
  request,
  writeGuard,
  registry,
  respond,
}: Call): Promise<Response | Refusal> {
  const write = await authorizeWrite(request, writeGuard, parseHeartbeat);
  if (!write.ok) return write.refusal;
  const { value, proof } = write.value;
  const { serverId, peers, metadata, instance = null, ignored } = value;
  const metadataText = metadata === undefined ? null : JSON.stringify(metadata);
  const outcome: HeartbeatOutcome = await registry().heartbeat(
    serverId,
    peers,
    metadataText,
    proof,
    instance,
  );
  if (outcome === null) return respond.json({ success: true, ...unknownMembers(ignored) });
  return 'kind' in outcome ? outcome : respond.encodedJson(withUnknownMembers(outcome, ignored));
}

export async function deregister({
  request,
  writeGuard,
  registry,
  respond,
}: Call): Promise<Response | Refusal> {
  const write = await authorizeWrite(request, writeGuard, () => {
    const id = parseServerId(request);
    return id.ok ? { ok: true, value: { serverId: id.value } } : id;
  });
  if (!write.ok) return write.refusal;
  const { value, proof } = write.value;
  const outcome = await registry().deregister(value.serverId, proof ?? undefined);
  return outcome.kind === 'deregistered' ? respond.json({ success: true }) : outcome;
}
