/** The routes that write: authorized first, then one call to the object. */
import type { Refusal } from '../../protocol/refusal.ts';
import { mergePeers } from '../../rpc/merge/peers.ts';
import type { SessionOffer } from '../../protocol/session-offer.ts';
import { SESSION_PROTOCOL } from '../../protocol/session.ts';
import type { HeartbeatOutcome, RegisteredServer, RegisterOutcome } from '../../rpc/contract.ts';
import type { ListObjects } from '../../rpc/list-objects.ts';
import { newTicket, type NewTicket } from '../auth/ticket.ts';
import { authorizeWrite } from '../auth/write-guard.ts';
import type { Call } from '../route.ts';
import { toEntry } from './entry.ts';
import { locationOf } from '../parse/location.ts';
import { unknownMembers, withMembers } from './unknown-members.ts';
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
  const offered = config.maxSessions > 0 ? await newTicket(named.serverId) : undefined;
  const server: RegisteredServer = {
    ...named,
    metadata: metadata === undefined ? null : JSON.stringify(metadata),
    ...(endpoints !== undefined && { endpoints }),
    ...(proof !== null && { proof }),
    ...(location !== undefined && { location }),
    ...(instance !== undefined && { instance }),
  };
  const hash = offered?.hash ?? null;
  const outcome: RegisterOutcome = await objects.create(named.serverId, async (registry, shard) =>
    shard === undefined ? registry.register(server, hash) : registry.register(server, hash, shard),
  );
  if (outcome.kind !== 'registered') return outcome;
  const answer = { success: true, server: toEntry(outcome.server), lease: outcome.lease };
  return respond.json({ ...answer, ...offerOf(outcome.session, offered), ...unknownMembers(ignored) });
}

export async function heartbeat({
  request,
  config,
  writeGuard,
  objects,
  respond,
}: Call): Promise<Response | Refusal> {
  const write = await authorizeWrite(request, writeGuard, parseHeartbeat);
  if (!write.ok) return write.refusal;
  const { value, proof } = write.value;
  const { serverId, peers, metadata, instance = null, session, ignored } = value;
  const metadataText = metadata === undefined ? null : JSON.stringify(metadata);
  const offered = session && config.maxSessions > 0 ? await newTicket(serverId) : undefined;
  const outcome: HeartbeatOutcome = await objects.call(serverId, async (registry) =>
    registry.heartbeat(serverId, peers, metadataText, proof, instance, offered?.hash ?? null),
  );
  const more = unknownMembers(ignored);
  if (outcome === null) return respond.json({ success: true, ...more });
  if (!('kind' in outcome)) {
    return respond.encodedJson(withMembers(await withOthers(objects, serverId, outcome), more));
  }
  if (outcome.kind !== 'offered') return outcome;
  const members = { ...offerOf(outcome, offered), ...more };
  if (outcome.body === null) return respond.json({ success: true, ...members });
  return respond.encodedJson(withMembers(await withOthers(objects, serverId, outcome.body), members));
}

/** The peers of the server's own object, and of the others where the list has several. */
async function withOthers(
  objects: ListObjects,
  serverId: string,
  peers: Uint8Array | ReadableStream<Uint8Array>,
): Promise<Uint8Array | ReadableStream<Uint8Array>> {
  const others = await objects.others(serverId);
  return others.length === 0 ? peers : mergePeers(peers, others);
}

/** What an answer says of the session that the object offers. */
function offerOf(
  outcome: { readonly pingEveryMs: number } | undefined,
  offered: NewTicket | undefined,
): { readonly session?: SessionOffer } {
  if (outcome === undefined || offered === undefined) return {};
  const { pingEveryMs } = outcome;
  return { session: { ticket: offered.ticket, protocol: SESSION_PROTOCOL, pingEveryMs } };
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
