/** The route table: parse → one call to the object → respond. */
import { Hono, type Context } from 'hono';
import { cors } from 'hono/cors';
import { ConfigError, parseConfig, type Config } from '../config.ts';
import { entry, type Entry, type ServerAnswer } from '../protocol/protocol.ts';
import type { Refusal } from '../protocol/refusal.ts';
import type { GetOutcome, RegisterOutcome, ServerRecord } from '../registry/outcomes.ts';
import { VERSION } from '../version.ts';
import { refuseWrite } from './access.ts';
import { parseHeartbeat, parseRegister, parseServerId } from './parse.ts';
import { CORS, Responder } from './respond.ts';

type RequestContext = Context<{ Bindings: Env }>;

/** What a handler gets: the request, the checked configuration, the object, and the maker of answers. */
interface Call {
  readonly request: Request;
  readonly config: Config;
  readonly registry: ReturnType<typeof registryOf>;
  readonly respond: Responder;
}

/** Which object serves a request: one, for now. */
function registryOf(env: Env) {
  return env.SERVER_REGISTRY.getByName('global');
}

const settings = new WeakMap<Env, { readonly config: Config; readonly respond: Responder }>();

function settingsOf(env: Env) {
  let known = settings.get(env);
  if (known === undefined) {
    const config = parseConfig(env);
    known = { config, respond: new Responder(config) };
    settings.set(env, known);
  }
  return known;
}

function handle(handler: (call: Call) => Response | Promise<Response>) {
  return async (context: RequestContext) => {
    const request = context.req.raw;
    const response = await handler({
      request,
      registry: registryOf(context.env),
      ...settingsOf(context.env),
    });
    return request.method === 'HEAD' ? headOf(response) : response;
  };
}

/** [N7] The runtime names the length of a body that it sends, so here it is named for the one it would have sent. */
async function headOf(response: Response): Promise<Response> {
  const { byteLength } = await response.arrayBuffer();
  const headers = new Headers(response.headers);
  headers.set('Content-Length', String(byteLength));
  return new Response(null, { status: response.status, headers });
}

function refuse(reason: (request: Request) => Refusal) {
  return handle(({ request, respond }) => respond.refuse(reason(request)));
}

function onlyAllow(allow: string) {
  return refuse(({ method }) => ({ kind: 'method-not-allowed', method, allow }));
}

export const app = new Hono<{ Bindings: Env }>();

app.options('*', (context, next) =>
  cors({
    origin: settingsOf(context.env).config.corsOrigin,
    allowMethods: [...CORS.methods],
    allowHeaders: [...CORS.headers],
    maxAge: 86_400,
  })(context, next),
);

app.get('/servers', handle(list));
app.post('/servers', handle(register));
app.all('/servers', onlyAllow('GET, HEAD, POST, OPTIONS'));

app.post('/servers/heartbeat', handle(heartbeat));
app.get('/servers/:id{.+}', handle(get));
app.delete('/servers/:id{.+}', handle(deregister));
app.all('/servers/heartbeat', onlyAllow('GET, HEAD, POST, DELETE, OPTIONS'));
app.all('/servers/:id{.+}', onlyAllow('GET, HEAD, DELETE, OPTIONS'));

app.get('/stats', handle(stats));
app.get('/health', handle(health));
app.get('/', handle(info));
app.get('/api/info', handle(info));
for (const path of ['/stats', '/health', '/', '/api/info']) app.all(path, onlyAllow('GET, HEAD, OPTIONS'));

app.notFound(refuse(({ url }) => ({ kind: 'no-such-route', path: new URL(url).pathname })));
app.onError((error, context) => fail(error, context));

async function list({ registry, respond }: Call): Promise<Response> {
  return respond.encodedJson(await registry.listServers());
}

async function register({ request, config, registry, respond }: Call): Promise<Response> {
  const refusal = refuseWrite(config);
  if (refusal !== undefined) return respond.refuse(refusal);
  const parsed = await parseRegister(request);
  if (!parsed.ok) return respond.refuse(parsed.refusal);
  const { metadata, ...named } = parsed.value;
  const outcome: RegisterOutcome = await registry.register({
    ...named,
    metadata: metadata === undefined ? null : JSON.stringify(metadata),
  });
  if (outcome.kind !== 'registered') return respond.refuse(outcome);
  return respond.json({ success: true, server: toEntry(outcome.server), lease: outcome.lease });
}

async function heartbeat({ request, config, registry, respond }: Call): Promise<Response> {
  const refusal = refuseWrite(config);
  if (refusal !== undefined) return respond.refuse(refusal);
  const parsed = await parseHeartbeat(request);
  if (!parsed.ok) return respond.refuse(parsed.refusal);
  const { serverId, peers, metadata } = parsed.value;
  const wish = metadata === undefined ? { peers } : { peers, metadata: JSON.stringify(metadata) };
  const outcome = await registry.heartbeat(serverId, wish);
  switch (outcome.kind) {
    case 'renewed':
      return respond.json({ success: true });
    case 'renewed-with-peers':
      return respond.encodedJson(outcome.body);
    case 'not-registered':
      return respond.refuse(outcome);
  }
}

async function get({ request, registry, respond }: Call): Promise<Response> {
  const id = parseServerId(request);
  if (!id.ok) return respond.refuse(id.refusal);
  const outcome: GetOutcome = await registry.getServer(id.value);
  if (outcome.kind !== 'found') return respond.refuse(outcome);
  const { server, status, expiresAt } = outcome;
  return respond.json({ server: toEntry(server), status, expiresAt } satisfies ServerAnswer);
}

async function deregister({ request, config, registry, respond }: Call): Promise<Response> {
  const refusal = refuseWrite(config);
  if (refusal !== undefined) return respond.refuse(refusal);
  const id = parseServerId(request);
  if (!id.ok) return respond.refuse(id.refusal);
  await registry.deregister(id.value);
  return respond.json({ success: true });
}

async function stats({ registry, respond }: Call): Promise<Response> {
  return respond.json(await registry.stats());
}

function health({ respond }: Call): Response {
  return respond.json({ status: 'ok', service: 'rollcall', timestamp: new Date().toISOString() });
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
    },
  });
}

/** The stored form has metadata as JSON text; the wire has it as the object it was, or not at all. */
function toEntry({ metadata, registeredAt, lastSeen, ...named }: ServerRecord): Entry {
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
