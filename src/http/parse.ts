/** Request → checked values: the body against its schema, the id out of the path. */
import type { z } from 'zod';
import { heartbeatRequest, isBlank, registerRequest } from '../protocol/protocol.ts';
import type { HeartbeatRequest, RegisterRequest } from '../protocol/protocol.ts';
import type { RequestRefusal } from '../protocol/refusal.ts';

export type Parsed<Value> =
  { readonly ok: true; readonly value: Value } | { readonly ok: false; readonly refusal: RequestRefusal };

/** [C1] [C3] [C17] [N1] */
export async function parseRegister(request: Request): Promise<Parsed<RegisterRequest>> {
  const body = await readObject(request);
  if (!body.ok) return body;
  const { serverId, endpoint, publicKey } = body.value;
  if (isBlank(serverId) || isBlank(endpoint) || isBlank(publicKey)) return refuse({ kind: 'missing-fields' });
  return check(registerRequest, body.value);
}

/** [C7] [C8] [C17] [N3] [N4] */
export async function parseHeartbeat(request: Request): Promise<Parsed<HeartbeatRequest>> {
  const body = await readObject(request);
  if (!body.ok) return body;
  if (isBlank(body.value['serverId'])) return refuse({ kind: 'missing-server-id' });
  return check(heartbeatRequest, body.value);
}

/** [C11] [N5] The id behind `/servers/`, percent-decoded; a raw `/` in it belongs to the id. */
export function parseServerId(request: Request): Parsed<string> {
  const encoded = new URL(request.url).pathname.slice('/servers/'.length);
  let decoded: string;
  try {
    decoded = decodeURIComponent(encoded);
  } catch {
    const problem = `"${encoded}" is not percent-encoded UTF-8: send encodeURIComponent(serverId)`;
    return refuse({ kind: 'malformed-id', problem });
  }
  const id = registerRequest.shape.serverId.safeParse(decoded);
  if (id.success) return { ok: true, value: id.data };
  return refuse({
    kind: 'malformed-id',
    problem: `serverId ${id.error.issues[0]?.message ?? 'is not valid'}`,
  });
}

async function readObject(request: Request): Promise<Parsed<Readonly<Record<string, unknown>>>> {
  const text = await request.text();
  if (text.trim() === '') return malformed('the body is empty');
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (error) {
    return malformed(error instanceof Error ? error.message : String(error));
  }
  if (isObject(value)) return { ok: true, value };
  const what = value === null ? 'null' : Array.isArray(value) ? 'an array' : `a ${typeof value}`;
  return malformed(`the body is ${what}`);
}

function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function check<Value>(schema: z.ZodType<Value>, value: unknown): Parsed<Value> {
  const parsed = schema.safeParse(value);
  if (parsed.success) return { ok: true, value: parsed.data };
  const [issue] = parsed.error.issues;
  const field = issue?.path.join('.') ?? 'body';
  return refuse({ kind: 'invalid-field', field, problem: issue?.message ?? 'is not valid' });
}

function malformed(problem: string): Parsed<never> {
  return refuse({ kind: 'malformed-body', problem });
}

function refuse(refusal: RequestRefusal): Parsed<never> {
  return { ok: false, refusal };
}
