/** The routes that read. Anyone may. */
import type { ServerAnswer } from '../../protocol/protocol.ts';
import type { Refusal } from '../../protocol/refusal.ts';
import {
  readChanges,
  readPage,
  readServer,
  readWhole,
  readWholeHead,
  type TooLargeToSign,
} from '../../rpc/list-reads.ts';
import { parseListRequest } from '../parse/list-query.ts';
import { geoPointOf } from '../parse/location.ts';
import { parseServerId } from '../parse/path.ts';
import type { ListReply } from '../../rpc/list-stub.ts';
import type { Responder } from '../respond.ts';
import type { Call } from '../route.ts';
import { toEntry } from './entry.ts';

export async function list({ request, objects, respond }: Call): Promise<Response | Refusal> {
  const parsed = parseListRequest(request.url, () => geoPointOf(request.cf));
  if (!parsed.ok) return parsed.refusal;
  const listRequest = parsed.value;
  const knownEtags = request.headers.get('If-None-Match');
  switch (listRequest.kind) {
    case 'all': {
      const head = request.method === 'HEAD' && knownEtags === null && (await readWholeHead(objects));
      if (head) return respond.listHead(head);
      return listed(respond, await readWhole(objects, knownEtags));
    }
    case 'since':
      return listed(respond, await readChanges(objects, listRequest.revision));
    case 'page': {
      // What moves with every heartbeat, or with the place of the reader, has no tag and is never unchanged.
      const { query, isPersonal } = listRequest;
      const isTagged = query.sort !== 'lastSeen' && !isPersonal;
      const answer = await readPage(objects, query, isTagged ? knownEtags : null);
      if ('kind' in answer) return answer;
      return respond.list(isTagged ? answer : { ...answer, etag: null }, isPersonal ? 'private' : 'public');
    }
  }
}

function listed(respond: Responder, answer: ListReply | TooLargeToSign): Response | Refusal {
  return 'kind' in answer ? answer : respond.list(answer, 'public');
}

export async function get({ request, objects, respond }: Call): Promise<Response | Refusal> {
  const id = parseServerId(request);
  if (!id.ok) return id.refusal;
  const outcome = await readServer(objects, id.value);
  if (outcome.kind !== 'found') return outcome;
  const { server, status, expiresAt } = outcome;
  return respond.json({ server: toEntry(server), status, expiresAt } satisfies ServerAnswer);
}
