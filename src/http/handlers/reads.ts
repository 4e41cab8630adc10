/** The routes that read. Anyone may. */
import type { ServerAnswer } from '../../protocol/protocol.ts';
import type { Refusal } from '../../protocol/refusal.ts';

import { readChanges, readList, readListHead, readPage, readServer, readStats } from '../../rpc/list-stub.ts';
import { VERSION } from '../../version.ts';
import type { Call } from '../call.ts';
import { toEntry } from './entry.ts';
import { errorsPage } from './operators.ts';
import { parseListRequest } from '../parse/list-query.ts';
import { parseServerId } from '../parse/writes.ts';
import { placeOf } from '../parse/location.ts';

export async function list({ request, registry, respond }: Call): Promise<Response | Refusal> {
  const parsed = parseListRequest(request.url, () => placeOf(request.cf));
  if (!parsed.ok) return parsed.refusal;
  const wish = parsed.value;
  const knownEtags = request.headers.get('If-None-Match');
  switch (wish.kind) {
    case 'all': {
      const head = request.method === 'HEAD' && knownEtags === null && (await readListHead(registry));
      if (head) return respond.listHead(head);
      return respond.list(await readList(registry, knownEtags), 'public');
    }
    case 'since':
      return respond.list(await readChanges(registry, wish.revision), 'public');
    case 'page': {
      // What moves with every heartbeat, or with the place of the reader, has no tag and is never unchanged.
      const { query, isPersonal } = wish;
      const isTagged = query.sort !== 'lastSeen' && !isPersonal;
      const answer = await readPage(registry, query, isTagged ? knownEtags : null);
      if ('kind' in answer) return answer;
      return respond.list(isTagged ? answer : { ...answer, etag: null }, isPersonal ? 'private' : 'public');
    }
  }
}

export async function get({ request, registry, respond }: Call): Promise<Response | Refusal> {
  const id = parseServerId(request);
  if (!id.ok) return id.refusal;
  const outcome = await readServer(registry, id.value);
  if (outcome.kind !== 'found') return outcome;
  const { server, status, expiresAt } = outcome;
  return respond.json({ server: toEntry(server), status, expiresAt } satisfies ServerAnswer);
}

export async function stats({ registry, respond }: Call): Promise<Response> {
  return respond.json(await readStats(registry));
}

export function health({ respond }: Call): Response {
  return respond.json({ status: 'ok', service: 'rollcall', timestamp: new Date().toISOString() });
}

export function errors({ respond }: Call): Response {
  return respond.json(errorsPage());
}

export function info({ respond }: Call): Response {
  return respond.json({
    name: 'rollcall',
    version: VERSION,
    description:
      'A server registry: servers register, heartbeat, and drop off the list when they fall silent.',
    endpoints: {
      'GET /servers': 'every live server',
      'POST /servers': 'register: {serverId, endpoint, publicKey, region?, metadata?}',
      'POST /servers/heartbeat': 'stay listed: {serverId, peers?, metadata?}',
      'GET /servers/<id>': 'one server, live or stale',
      'DELETE /servers/<id>': 'deregister',
      'GET /stats': 'what the registry holds and has swept',
      'GET /metrics': 'the same and more for Prometheus',
      'GET /health': 'is the Worker up',
      'GET /errors': 'what each error means',
    },
  });
}
