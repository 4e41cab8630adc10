/** Request → checked values: the body against its schema and the rules for endpoints, the id out of the path. */
import type { z } from 'zod';
import { heartbeatRequest, isBlank, registerRequest } from '../protocol/protocol.ts';
import type { HeartbeatRequest, RegisterRequest } from '../protocol/protocol.ts';
import { parseObject } from './body.ts';
import { checkEndpoint, type EndpointTerms } from './endpoint.ts';
import { pathOf } from './path.ts';
import { refused, type Parsed } from './parsed.ts';

/** [C1] [C3] [C17] [N1] */
export function parseRegister(bytes: Uint8Array, terms: EndpointTerms): Parsed<RegisterRequest> {
  const body = parseObject(bytes);
  if (!body.ok) return body;
  const { serverId, endpoint, publicKey } = body.value;
  if (isBlank(serverId) || isBlank(endpoint) || isBlank(publicKey))
    return refused({ kind: 'missing-fields' });
  const parsed = check(registerRequest, body.value);
  if (!parsed.ok) return parsed;
  const reachable = checkEndpoint(parsed.value.endpoint, terms);
  return reachable.ok ? parsed : reachable;
}

/** [C7] [C8] [C17] [N3] [N4] */
export function parseHeartbeat(bytes: Uint8Array): Parsed<HeartbeatRequest> {
  const body = parseObject(bytes);
  if (!body.ok) return body;
  if (isBlank(body.value['serverId'])) return refused({ kind: 'missing-server-id' });
  return check(heartbeatRequest, body.value);
}

/** [C11] [N5] The id behind `/servers/`, percent-decoded; a raw `/` in it belongs to the id. */
export function parseServerId(request: Request): Parsed<string> {
  const encoded = pathOf(request).slice('/servers/'.length);
  let decoded: string;
  try {
    decoded = decodeURIComponent(encoded);
  } catch {
    const problem = `"${encoded}" is not percent-encoded UTF-8: send encodeURIComponent(serverId)`;
    return refused({ kind: 'malformed-id', problem });
  }
  const id = registerRequest.shape.serverId.safeParse(decoded);
  if (id.success) return { ok: true, value: id.data };
  return refused({
    kind: 'malformed-id',
    problem: `serverId ${id.error.issues[0]?.message ?? 'is not valid'}`,
  });
}

function check<Value>(schema: z.ZodType<Value>, value: unknown): Parsed<Value> {
  const parsed = schema.safeParse(value);
  if (parsed.success) return { ok: true, value: parsed.data };
  const [issue] = parsed.error.issues;
  const field = issue?.path.join('.') ?? 'body';
  return refused({ kind: 'invalid-field', field, problem: issue?.message ?? 'is not valid' });
}
