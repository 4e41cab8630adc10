/** The route table: parse → one call to the object → respond. */
import { Hono, type Context } from 'hono';
import { ConfigError } from '../config.ts';
import { entry, type Entry, type ServerAnswer } from '../protocol/protocol.ts';
import type { Refusal } from '../protocol/refusal.ts';
import type { GetOutcome, HeartbeatWish, RegisterOutcome, ServerRecord } from '../registry/outcomes.ts';
import { VERSION } from '../version.ts';
import { admit } from './admit.ts';
import { errorsPage } from './errors-page.ts';
import { logRefusedWrite } from './log.ts';
import { parseHeartbeat, parseRegister, parseServerId } from './parse.ts';
import { Responder } from './respond.ts';
import { settingsOf, type Settings } from './settings.ts';

type RequestContext = Context<{ Bindings: Env }>;

/** What a handler gets: the request, the object, and what the configuration makes of the rest. */
interface Call extends Settings {
  readonly request: Request;
  readonly registry: ReturnType<typeof registryOf>;
}

type Handler = (call: Call) => Response | Refusal | Promise<Response | Refusal>;

/** Which object serves a request: one, for now. */
function registryOf(env: Env) {
  return env.SERVER_REGISTRY.getByName('global');
}

function handle(handler: Handler, onRefusal?: (request: Request, refusal: Refusal) => void) {
  return async (context: RequestContext) => {
    const request = context.req.raw;
    const settings = settingsOf(context.env);
    const result = await handler({ request, registry: registryOf(context.env), ...settings });
    if (!(result instanceof Response)) onRefusal?.(request, result);
    const response = result instanceof Response ? result : settings.respond.refuse(result);
    return request.method === 'HEAD' ? headOf(response) : response;
  };
}

/** A route that writes: the log has one line for each request it refuses. */
function handleWrite(route: string, handler: Handler) {
  return handle(handler, (request, refusal) => {
    logRefusedWrite(request, route, refusal);
  });
}

/** [N7] The runtime names the length of a body that it sends, so here it is named for the one it would have sent. */
async function headOf(response: Response): Promise<Response> {
  const { byteLength } = await response.arrayBuffer();
  const headers = new Headers(response.headers);
  headers.set('Content-Length', String(byteLength));
  return new Response(null, { status: response.status, headers });
}

function onlyAllow(allow: string) {
  return handle(({ request: { method } }) => ({ kind: 'method-not-allowed', method, allow }));
}

export const app = new Hono<{ Bindings: Env }>();

app.options(
  '*',
  handle(({ respond }) => respond.preflight()),
);

app.get('/servers', handle(list));
app.post('/servers', handleWrite('POST /servers', register));
app.all('/servers', onlyAllow('GET, HEAD, POST, OPTIONS'));

app.post('/servers/heartbeat', handleWrite('POST /servers/heartbeat', heartbeat));
app.get('/servers/:id{.+}', handle(get));
app.delete('/servers/:id{.+}', handleWrite('DELETE /servers/<id>', deregister));
app.all('/servers/heartbeat', onlyAllow('GET, HEAD, POST, DELETE, OPTIONS'));
app.all('/servers/:id{.+}', onlyAllow('GET, HEAD, DELETE, OPTIONS'));

app.get('/stats', handle(stats));
app.get('/health', handle(health));
app.get('/errors', handle(errors));
app.get('/', handle(info));
app.get('/api/info', handle(info));
for (const path of ['/stats', '/health', '/errors', '/', '/api/info']) {
  app.all(path, onlyAllow('GET, HEAD, OPTIONS'));
}

app.notFound(handle(({ request }) => ({ kind: 'no-such-route', path: new URL(request.url).pathname })));
app.onError((error, context) => fail(error, context));

async function list({ registry, respond }: Call): Promise<Response> {
  return respond.encodedJson(await registry.listServers());
}

async function register({ request, config, gate, registry, respond }: Call): Promise<Response | Refusal> {
  const admitted = await admit(request, gate, (body) => parseRegister(body, config.allowPrivateEndpoints));
  if (!admitted.ok) return admitted.refusal;
  const { value, proof } = admitted.value;
  const { metadata, ...named } = value;
  const outcome: RegisterOutcome = await registry.register({
    ...named,
    metadata: metadata === undefined ? null : JSON.stringify(metadata),
    ...(proof !== null && { proof }),
  });
  if (outcome.kind !== 'registered') return outcome;
  return respond.json({ success: true, server: toEntry(outcome.server), lease: outcome.lease });
}

async function heartbeat({ request, gate, registry, respond }: Call): Promise<Response | Refusal> {
  const admitted = await admit(request, gate, parseHeartbeat);
  if (!admitted.ok) return admitted.refusal;
  const { value, proof } = admitted.value;
  const { serverId, peers, metadata } = value;
  const wish: HeartbeatWish = {
    peers,
    ...(metadata !== undefined && { metadata: JSON.stringify(metadata) }),
    ...(proof !== null && { proof }),
  };
  const outcome = await registry.heartbeat(serverId, wish);
  switch (outcome.kind) {
    case 'renewed':
      return respond.json({ success: true });
    case 'renewed-with-peers':
      return respond.encodedJson(outcome.body);
    case 'not-registered':
    case 'not-owner':
    case 'replayed':
    case 'key-full':
      return outcome;
  }
}

async function get({ request, registry, respond }: Call): Promise<Response | Refusal> {
  const id = parseServerId(request);
  if (!id.ok) return id.refusal;
  const outcome: GetOutcome = await registry.getServer(id.value);
  if (outcome.kind !== 'found') return outcome;
  const { server, status, expiresAt } = outcome;
  return respond.json({ server: toEntry(server), status, expiresAt } satisfies ServerAnswer);
}

async function deregister({ request, gate, registry, respond }: Call): Promise<Response | Refusal> {
  const admitted = await admit(request, gate, () => {
    const id = parseServerId(request);
    return id.ok ? { ok: true, value: { serverId: id.value } } : id;
  });
  if (!admitted.ok) return admitted.refusal;
  const { value, proof } = admitted.value;
  const outcome = await registry.deregister(value.serverId, proof ?? undefined);
  return outcome.kind === 'deregistered' ? respond.json({ success: true }) : outcome;
}

async function stats({ registry, respond }: Call): Promise<Response> {
  return respond.json(await registry.stats());
}

function health({ respond }: Call): Response {
  return respond.json({ status: 'ok', service: 'rollcall', timestamp: new Date().toISOString() });
}

function errors({ respond }: Call): Response {
  return respond.json(errorsPage());
}

function info({ respond }: Call): Response {
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
      'GET /health': 'is the Worker up',
      'GET /errors': 'what each error means',
    },
  });
}

/** The stored form has metadata as JSON text; the wire has it as the object it was, or not at all. */
function toEntry(record: ServerRecord): Entry {
  const { metadata, registeredAt, lastSeen, serverId, endpoint, publicKey, region } = record;
  const named = { serverId, endpoint, publicKey, region };
  if (metadata === null) return { ...named, registeredAt, lastSeen };
  return { ...named, metadata: entry.shape.metadata.parse(JSON.parse(metadata)), registeredAt, lastSeen };
}

function fail(error: Error, context: RequestContext): Response {
  if (error instanceof ConfigError) {
    return new Responder({ corsOrigin: '*' }).refuse({ kind: 'misconfigured', problem: error.message });
  }
  const incident = crypto.randomUUID();
  const { method, path } = context.req;
  console.error(JSON.stringify({ event: 'request-failed', incident, method, path, cause: error.stack }));
  const { respond } = settingsOf(context.env);
  // The platform marks errors of an object that is overloaded or was reset (developers.cloudflare.com/durable-objects/best-practices/error-handling/).
  const passing = Reflect.get(error, 'overloaded') === true || Reflect.get(error, 'retryable') === true;
  return respond.refuse(passing ? { kind: 'unavailable' } : { kind: 'internal', incident });
}
