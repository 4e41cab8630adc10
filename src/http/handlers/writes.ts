/** The routes that write: authorized first, then one call to the object. */
import type { Refusal } from '../../protocol/refusal.ts';
import type { SessionOffer } from '../../protocol/session-offer.ts';
import { SESSION_PROTOCOL } from '../../protocol/session.ts';
import type { HeartbeatOutcome, RegisterOutcome } from '../../rpc/contract.ts';
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
  registry,
  respond,
}: Call): Promise<Response | Refusal> {
  const write = await authorizeWrite(request, writeGuard, (body) => parseRegister(body, config));
  if (!write.ok) return write.refusal;
  const { value, proof } = write.value;
  const { endpoints, metadata, instance, ignored, ...named } = value;
  const location = config.recordLocation ? locationOf(request.cf) : undefined;
  const offered = config.maxSessions > 0 ? await newTicket(named.serverId) : undefined;
  const server = {
    ...named,
    metadata: metadata === undefined ? null : JSON.stringify(metadata),
    ...(endpoints !== undefined && { endpoints }),
    ...(proof !== null && { proof }),
    ...(location !== undefined && { location }),
    ...(instance !== undefined && { instance }),
  };
  const outcome: RegisterOutcome = await registry().register(server, offered?.hash ?? null);
  if (outcome.kind !== 'registered') return outcome;
  const answer = { success: true, server: toEntry(outcome.server), lease: outcome.lease };
  return respond.json({ ...answer, ...offerOf(outcome.session, offered), ...unknownMembers(ignored) });
}

export async function heartbeat({
  request,
  config,
  writeGuard,
  registry,
  respond,
}: Call): Promise<Response | Refusal> {
  const write = await authorizeWrite(request, writeGuard, parseHeartbeat);
  if (!write.ok) return write.refusal;
  const { value, proof } = write.value;
  const { serverId, peers, metadata, instance = null, session, ignored } = value;
  const metadataText = metadata === undefined ? null : JSON.stringify(metadata);
  const offered = session && config.maxSessions > 0 ? await newTicket(serverId) : undefined;
  const outcome: HeartbeatOutcome = await registry().heartbeat(
    serverId,
    peers,
    metadataText,
    proof,
    instance,
    offered?.hash ?? null,
  );
  const more = unknownMembers(ignored);
  if (outcome === null) return respond.json({ success: true, ...more });
  if (!('kind' in outcome)) return respond.encodedJson(withMembers(outcome, more));
  if (outcome.kind !== 'offered') return outcome;
  const members = { ...offerOf(outcome, offered), ...more };
  if (outcome.body === null) return respond.json({ success: true, ...members });
  return respond.encodedJson(withMembers(outcome.body, members));
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
