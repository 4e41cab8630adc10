/** The routes that write: authorized first, then one call to the object. */
import type { Refusal } from '../../protocol/refusal.ts';
import type { HeartbeatOutcome, RegisteredServer, RegisterOutcome } from '../../rpc/contract.ts';
import { mergePeers } from '../../rpc/merge/peers.ts';
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
  objects,
  respond,
}: Call): Promise<Response | Refusal> {
  const write = await authorizeWrite(request, writeGuard, (body) => parseRegister(body, config));
  if (!write.ok) return write.refusal;
  const { value, proof } = write.value;
  const { endpoints, metadata, instance, ignored, ...named } = value;
  const location = config.recordLocation ? locationOf(request.cf) : undefined;
  const registration: RegisteredServer = {
    ...named,
    metadata: metadata === undefined ? null : JSON.stringify(metadata),
    ...(endpoints !== undefined && { endpoints }),
    ...(proof !== null && { proof }),
    ...(location !== undefined && { location }),
    ...(instance !== undefined && { instance }),
  };
  const outcome: RegisterOutcome = await objects.create(value.serverId, async (registry, shard) =>
    shard === undefined ? registry.register(registration) : registry.register(registration, shard),
  );
  if (outcome.kind !== 'registered') return outcome;
  const answer = { success: true, server: toEntry(outcome.server), lease: outcome.lease };
  return respond.json({ ...answer, ...unknownMembers(ignored) });
}

export async function heartbeat({
  request,
  writeGuard,
  objects,
  respond,
}: Call): Promise<Response | Refusal> {
  const write = await authorizeWrite(request, writeGuard, parseHeartbeat);
  if (!write.ok) return write.refusal;
  const { value, proof } = write.value;
  const { serverId, peers, metadata, instance = null, ignored } = value;
  const metadataText = metadata === undefined ? null : JSON.stringify(metadata);
  const outcome: HeartbeatOutcome = await objects.call(serverId, async (registry) =>
    registry.heartbeat(serverId, peers, metadataText, proof, instance),
  );
  if (outcome === null) return respond.json({ success: true, ...unknownMembers(ignored) });
  if ('kind' in outcome) return outcome;
  const others = await objects.others(serverId);
  const body = others.length === 0 ? outcome : await mergePeers(outcome, others);
  return respond.encodedJson(withUnknownMembers(body, ignored));
}

export async function deregister({
  request,
  writeGuard,
  objects,
  respond,
}: Call): Promise<Response | Refusal> {
  const write = await authorizeWrite(request, writeGuard, () => {
    const id = parseServerId(request);
    return id.ok ? { ok: true, value: { serverId: id.value } } : id;
  });
  if (!write.ok) return write.refusal;
  const { value, proof } = write.value;
  // Before the first registration there is nothing to end, and nothing may be written that would create the list.
  if ((await objects.count()) === null) return respond.json({ success: true });
  const outcome = await objects.call(value.serverId, async (registry) =>
    registry.deregister(value.serverId, proof ?? undefined),
  );
  return outcome.kind === 'deregistered' ? respond.json({ success: true }) : outcome;
}
