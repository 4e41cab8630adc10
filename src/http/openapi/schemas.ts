/** The schemas of the protocol → JSON Schema, each under a name of its own. */
import { z } from 'zod';
import { listsAnswer } from '../../protocol/lists-answer.ts';
import * as protocol from '../../protocol/protocol.ts';

export type JsonSchema = Readonly<Record<string, unknown>>;

const REQUESTS = { Registration: protocol.registerRequest, Heartbeat: protocol.heartbeatRequest };

const ANSWERS = {
  Entry: protocol.entry,
  Location: protocol.location,
  LeaseTerms: protocol.leaseTerms,
  Registered: protocol.registerAnswer,
  Heard: protocol.heartbeatAnswer,
  Deregistered: protocol.deregisterAnswer,
  List: protocol.listAnswer,
  Page: protocol.pageAnswer,
  Delta: protocol.deltaAnswer,
  AnyList: protocol.anyListAnswer,
  Server: protocol.serverAnswer,
  Stats: protocol.statsAnswer,
  Metrics: protocol.metricsAnswer,
  Lists: listsAnswer,
  Health: protocol.healthAnswer,
  Errors: protocol.errorsAnswer,
  Overview: protocol.infoAnswer,
  OpenApi: protocol.openApiAnswer,
  Problem: protocol.problem,
};

const NAMES = new Map<z.ZodType, string>(
  Object.entries({ ...REQUESTS, ...ANSWERS }).map(([name, schema]) => [schema, name]),
);

/** Every named schema. */
export function namedSchemas(): Record<string, JsonSchema> {
  return { ...schemasOf(REQUESTS, 'input'), ...schemasOf(ANSWERS, 'output') };
}

/**
 * Points to a named schema.
 *
 * @throws Error where it has no name here
 */
export function referenceTo(schema: z.ZodType): JsonSchema {
  const name = NAMES.get(schema);
  if (name === undefined) throw new Error('a schema of the route table has no name in openapi/schemas.ts');
  return { $ref: `#/components/schemas/${name}` };
}

/** The JSON Schema of one that has no name. */
export function plainSchema(schema: z.ZodType): JsonSchema {
  return tidied(z.toJSONSchema(schema, OPTIONS));
}

const OPTIONS = {
  unrepresentable: 'any',
  override: ({ jsonSchema }) => tidy(jsonSchema),
} as const satisfies Parameters<typeof z.toJSONSchema>[1];

function schemasOf(schemas: Readonly<Record<string, z.ZodType>>, io: 'input' | 'output') {
  const registry = z.registry<{ id: string }>();
  for (const [id, schema] of Object.entries(schemas)) registry.add(schema, { id });
  const uri = (id: string) => `#/components/schemas/${id}`;
  const made = z.toJSONSchema(registry, { ...OPTIONS, io, uri });
  return Object.fromEntries(Object.entries(made.schemas).map(([id, schema]) => [id, tidied(schema)]));
}

function tidied({ $schema: _dialect, $id: _uri, ...schema }: JsonSchema): JsonSchema {
  return schema;
}

/** An answer may get members with the next release: no schema forbids them. No integer says that it is a safe one. */
function tidy(schema: Record<string, unknown>): void {
  if (schema['additionalProperties'] === false) delete schema['additionalProperties'];
  if (schema['minimum'] === Number.MIN_SAFE_INTEGER) delete schema['minimum'];
  if (schema['maximum'] === Number.MAX_SAFE_INTEGER) delete schema['maximum'];
}
