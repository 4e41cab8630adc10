/** The route table. HEAD is served wherever GET is, OPTIONS everywhere. */
import { Hono } from 'hono';
import { cors } from 'hono/cors';
import { RegExpRouter } from 'hono/router/reg-exp-router';
import { answer, refuse, withSettings, type Handler } from './call.ts';
import { pathOf } from './parse/path.ts';
import { metrics } from './handlers/metrics.ts';
import { errors, get, health, info, list, stats } from './handlers/reads.ts';
import { CORS } from './respond.ts';
import { deregister, heartbeat, register } from './handlers/writes.ts';

type Method = 'GET' | 'POST' | 'DELETE';

/** A raw `/` in an id belongs to the id. POST alone has a route of the name `heartbeat`: a server may be called so. */
const ROUTES: readonly (readonly [Method, path: string, Handler])[] = [
  ['GET', '/servers', list],
  ['POST', '/servers', register],
  ['POST', '/servers/heartbeat', heartbeat],
  ['GET', '/servers/:id{.+}', get],
  ['DELETE', '/servers/:id{.+}', deregister],
  ['GET', '/stats', stats],
  ['GET', '/metrics', metrics],
  ['GET', '/health', health],
  ['GET', '/errors', errors],
  ['GET', '/', info],
  ['GET', '/api/info', info],
];

const app = new Hono<{ Bindings: Env }>({ router: new RegExpRouter(), getPath: pathOf });

// Exactly one handler a request: Hono then calls it without its middleware chain.
for (const [method, path, handler] of ROUTES) {
  app.on(method, path, (context) => answer(context.req.raw, context.env, handler, `${method} ${path}`));
}
// [C14]
app.options('*', async (context, next) => {
  const granted = await withSettings(context.env, ({ config, respond }) => {
    respond.protect(context.res.headers);
    const { methods, headers, preflightSeconds } = CORS;
    const terms = { allowMethods: [...methods], allowHeaders: [...headers], maxAge: preflightSeconds };
    return cors({ origin: config.corsOrigin, ...terms })(context, next);
  });
  return granted ?? context.body(null, 204);
});
app.notFound((context) =>
  refuse(context.req.raw, context.env, nothingFor(context.req.method, context.req.path)),
);

/** [C16] */
function nothingFor(method: string, path: string) {
  const known = ROUTES.map(([of]) => of).filter((of) => app.router.match(of, path)[0].length > 0);
  if (known.length === 0) return { kind: 'no-such-route', path } as const;
  const served = new Set(known.flatMap((of) => (of === 'GET' ? ['GET', 'HEAD'] : [of])));
  return { kind: 'method-not-allowed', method, allow: [...served, 'OPTIONS'].join(', ') } as const;
}

/** Answers every request. */
export const handleFetch = (request: Request, env: Env, context: ExecutionContext) =>
  app.fetch(request, env, context);
