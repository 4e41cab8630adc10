/**
 * The route table, the schemas and the table of problems → one document of OpenAPI 3.1. A test keeps docs/openapi.json as
 * this makes it; the Worker serves that file, and has nothing of this on board.
 */
import { PROBLEMS } from '../../protocol/problems.ts';
import type { Refusal } from '../../protocol/refusal.ts';
import { VERSION } from '../../version.ts';
import type { Parameter, Route } from '../route.ts';
import { namedSchemas, plainSchema, referenceTo, type JsonSchema } from './schemas.ts';

type Kind = Refusal['kind'];

/** What was really sent and answered: the examples of the document. */
export interface Examples {
  /** Requests and answers of a route, by a few words on each. */
  readonly of: (
    route: Route,
  ) => readonly { readonly title: string; readonly body?: unknown; readonly answer: unknown }[];
  /** The body of the answer with a problem. */
  readonly problem: (kind: Kind) => unknown;
}

/** What every route may answer. */
const ALWAYS: readonly Kind[] = ['no-such-list', 'misconfigured', 'unavailable', 'internal'];

const SECURITY = {
  writes: [{}, { token: [] }, { signature: [], signatureInput: [] }],
  metrics: [{}, { metricsToken: [] }],
};

const DESCRIPTION = `A server registry: servers register, heartbeat, and drop off the list when they fall silent.

Reads are open. Who may write depends on the registry: holders of its token, holders of the key that they registered, or anyone. A path that is not described here is answered by 404 (no-such-route), another method by 405 (method-not-allowed).`;

export function openApiDocument(routes: readonly Route[], examples: Examples): JsonSchema {
  const paths: Record<string, Record<string, JsonSchema>> = {};
  for (const route of routes) {
    const item = (paths[route.path] ??= {});
    item[route.method.toLowerCase()] = operationOf(route, examples);
  }
  return {
    openapi: '3.1.1',
    info: {
      title: 'Rollcall',
      version: VERSION,
      description: DESCRIPTION,
      license: { name: 'MIT', identifier: 'MIT' },
    },
    servers: [
      { url: '/', description: 'The registry that this document comes from: its list `default`.' },
      {
        url: '/lists/{list}',
        description: 'The same routes, for one of its lists.',
        variables: { list: { default: 'default', description: 'A name that GET /lists has.' } },
      },
    ],
    tags: [
      { name: 'servers', description: 'The list, and how to stay on it.' },
      { name: 'registry', description: 'The registry itself.' },
    ],
    paths,
    components: {
      schemas: namedSchemas(),
      examples: Object.fromEntries(
        kindsOf(routes).map((kind) => [
          kind,
          { summary: PROBLEMS[kind].title, value: examples.problem(kind) },
        ]),
      ),
      securitySchemes: SECURITY_SCHEMES,
    },
  };
}

const SECURITY_SCHEMES = {
  token: {
    type: 'http',
    scheme: 'bearer',
    description: 'The REGISTRY_TOKEN, where WRITE_ACCESS is `token`.',
  },
  signature: {
    type: 'apiKey',
    in: 'header',
    name: 'Signature',
    description: 'Where WRITE_ACCESS is `signed`: HTTP Message Signatures (RFC 9421) with Ed25519.',
  },
  signatureInput: {
    type: 'apiKey',
    in: 'header',
    name: 'Signature-Input',
    description: 'What the signature covers: "@method", "@target-uri" and "content-digest".',
  },
  metricsToken: { type: 'http', scheme: 'bearer', description: 'The METRICS_TOKEN, where one is set.' },
};

/** Every problem that some route may answer, once. */
function kindsOf(routes: readonly Route[]): Kind[] {
  return [...new Set([...routes.flatMap(({ problems }) => problems), ...ALWAYS])];
}

function operationOf(route: Route, examples: Examples): JsonSchema {
  const { operation, path, summary, needs, body, parameters = [] } = route;
  const seen = examples.of(route);
  const id = path.includes('{id}') ? [PATH_ID] : [];
  return {
    operationId: operation,
    tags: [path.startsWith('/servers') ? 'servers' : 'registry'],
    summary,
    security: needs === undefined ? [] : SECURITY[needs],
    parameters: [...id, ...parameters.map(parameterOf)],
    ...(body !== undefined && {
      requestBody: {
        required: true,
        content: { 'application/json': { schema: referenceTo(body), ...valuesOf(seen, 'body') } },
      },
    }),
    responses: { ...successes(route, seen), ...failures(route) },
  };
}

const PATH_ID = {
  name: 'id',
  in: 'path',
  required: true,
  description: 'The serverId, percent-encoded. A raw `/` in it belongs to it as well.',
  schema: { type: 'string' },
  example: 'eu-1',
};

function parameterOf({ name, description, schema, example }: Parameter): JsonSchema {
  return { name, in: 'query', description, schema: plainSchema(schema), example };
}

function successes(route: Route, seen: ReturnType<Examples['of']>): JsonSchema {
  const { answer, answerType = 'application/json', answerToBrowsers, isConditional, upgrades } = route;
  const type = answerType.split(';')[0] ?? answerType;
  return {
    ...(upgrades && { 101: { description: 'The WebSocket is open.' } }),
    200: {
      description: 'Done.',
      content: {
        [type]: { schema: referenceTo(answer), ...valuesOf(seen, 'answer') },
        ...(answerToBrowsers !== undefined && { [answerToBrowsers]: { schema: { type: 'string' } } }),
      },
    },
    ...(isConditional && { 304: { description: 'It is as it was: `If-None-Match` names its `ETag`.' } }),
  };
}

/** One answer for each status, with an example of every problem that has it. */
function failures({ problems }: Route): JsonSchema {
  const byStatus = new Map<number, Kind[]>();
  for (const kind of [...problems, ...ALWAYS]) {
    const { status } = PROBLEMS[kind];
    byStatus.set(status, [...(byStatus.get(status) ?? []), kind]);
  }
  const responses = Array.from(
    byStatus,
    ([status, kinds]) =>
      [
        status,
        {
          description: kinds
            .map((kind) => `${kind}: ${PROBLEMS[kind].meaning} ${PROBLEMS[kind].advice}`)
            .join('\n\n'),
          content: {
            'application/problem+json': {
              schema: { $ref: '#/components/schemas/Problem' },
              examples: Object.fromEntries(
                kinds.map((kind) => [kind, { $ref: `#/components/examples/${kind}` }]),
              ),
            },
          },
        },
      ] as const,
  );
  return Object.fromEntries(responses);
}

function valuesOf(seen: ReturnType<Examples['of']>, side: 'body' | 'answer') {
  const values = seen.flatMap(({ title, [side]: value }) =>
    value === undefined ? [] : [[title, { value }] as const],
  );
  return values.length === 0 ? {} : { examples: Object.fromEntries(values) };
}
