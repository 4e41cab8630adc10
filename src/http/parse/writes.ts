/** The body of a write → checked values: against its schema and the rules for endpoints and numbers. */
import type { z } from 'zod';
import { heartbeatRequest, isBlank, registerRequest } from '../../protocol/protocol.ts';
import type { HeartbeatRequest, RegisterRequest } from '../../protocol/protocol.ts';
import { parseObject, type ParsedObject } from './body.ts';
import { checkEndpoint, type EndpointTerms } from './endpoint.ts';
import { findInexact } from '../../protocol/numbers.ts';
import { refused, type Parsed } from './parsed.ts';

/** A body that keeps the rules. `ignored` names the members of it that are not known, and so not kept. */
type Body<Value> = Value & { readonly ignored: readonly string[] };

const REGISTER_MEMBERS: ReadonlySet<string> = new Set(Object.keys(registerRequest.shape));
const HEARTBEAT_MEMBERS: ReadonlySet<string> = new Set(Object.keys(heartbeatRequest.shape));

/** Where a server is, checked: `endpoints` only where there are two or more. */
interface Endpoints {
  readonly endpoint: string;
  readonly endpoints: string[] | undefined;
}

/** [C1] [C3] [C17] [N1] [N17] */
export function parseRegister(
  bytes: Uint8Array,
  terms: EndpointTerms,
): Parsed<Body<RegisterRequest & Endpoints>> {
  const body = parseObject(bytes);
  if (!body.ok) return body;
  const { serverId, endpoint, endpoints, publicKey } = body.value.members;
  const isUnreachable = isBlank(endpoint) && isBlank(endpoints);
  if (isBlank(serverId) || isUnreachable || isBlank(publicKey)) return refused({ kind: 'missing-fields' });
  const parsed = check(registerRequest, body.value, REGISTER_MEMBERS);
  if (!parsed.ok) return parsed;
  const reachable = checkEndpoints(parsed.value, terms);
  return reachable.ok ? { ok: true, value: { ...parsed.value, ...reachable.value } } : reachable;
}

/** [N19] The first endpoint by itself, and all of them only where there are more. */
function checkEndpoints(
  { endpoint = '', endpoints = [] }: RegisterRequest,
  terms: EndpointTerms,
): Parsed<Endpoints> {
  const [first = endpoint, second] = endpoints;
  if (endpoint !== '' && endpoint !== first) {
    const problem = 'must be the same as the first of endpoints, or be left out';
    return refused({ kind: 'invalid-field', field: 'endpoint', problem });
  }
  const named = endpoints.map((url, index) => [url, `endpoints.${index}`] as const);
  for (const [url, field] of named.length === 0 ? [[first, 'endpoint'] as const] : named) {
    const reachable = checkEndpoint(url, terms, field);
    if (!reachable.ok) return reachable;
  }
  return { ok: true, value: { endpoint: first, endpoints: second === undefined ? undefined : endpoints } };
}

/** [C7] [C8] [C17] [N3] [N4] [N17] */
export function parseHeartbeat(bytes: Uint8Array): Parsed<Body<HeartbeatRequest>> {
  const body = parseObject(bytes);
  if (!body.ok) return body;
  if (isBlank(body.value.members['serverId'])) return refused({ kind: 'missing-server-id' });
  return check(heartbeatRequest, body.value, HEARTBEAT_MEMBERS);
}

function check<Value extends { readonly metadata?: unknown }>(
  schema: z.ZodType<Value>,
  { members, text }: ParsedObject,
  known: ReadonlySet<string>,
): Parsed<Body<Value>> {
  const parsed = schema.safeParse(withoutNulls(members));
  if (!parsed.success) {
    const [issue] = parsed.error.issues;
    const field = issue?.path.join('.') ?? 'body';
    return refused({ kind: 'invalid-field', field, problem: issue?.message ?? 'is not valid' });
  }
  if (parsed.data.metadata !== undefined) {
    const inexact = findInexact(text, 'metadata');
    if (inexact !== undefined) {
      const problem = `is ${inexact.source}, which readers would see as another number: send it as a string`;
      return refused({ kind: 'invalid-field', field: inexact.path, problem });
    }
  }
  return { ok: true, value: { ...parsed.data, ignored: unknownNames(members, known) } };
}

/** Null means absent, as it does to the original registry. */
function withoutNulls(members: ParsedObject['members']): ParsedObject['members'] {
  const values = Object.values(members);
  if (!values.includes(null)) return members;
  return Object.fromEntries(Object.entries(members).filter(([, value]) => value !== null));
}

const NONE: readonly string[] = [];

function unknownNames(members: ParsedObject['members'], known: ReadonlySet<string>): readonly string[] {
  const names = Object.keys(members);
  return names.every((name) => known.has(name)) ? NONE : names.filter((name) => !known.has(name));
}
