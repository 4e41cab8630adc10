/** Finds the route of each request. HEAD is served wherever GET is, OPTIONS everywhere. */
import { Hono } from 'hono';
import { RegExpRouter } from 'hono/router/reg-exp-router';
import { answer, refuse, withSettings } from './answer.ts';
import { listPathOf, pathOf } from './parse/path.ts';
import { ROUTES } from './routes.ts';

/** In place of the empty path of a list's bare name, which the router can't take; no route is like it. */
const BARE = '/\n';

const app = new Hono<{ Bindings: Env }>({
  router: new RegExpRouter(),
  getPath: (request) => listPathOf(request).path || BARE,
});

// Exactly one handler a request: Hono then calls it without its middleware chain.
for (const route of ROUTES) {
  // Told from another route by a header, it is reached through the handler of that one.
  if (route.upgrades) continue;
  // In Hono's spelling, a parameter that takes all that follows.
  const pattern = route.path.replaceAll(/\{(\w+)\}/g, ':$1{.+}');
  app.on(route.method, pattern, (context) => answer(context.req.raw, context.env, route));
}
// [C14]
app.options('*', (context) =>
  withSettings(context.req.raw, context.env, ({ respond }) => respond.preflight()),
);
app.notFound(({ req: { raw }, env }) => {
  const refused = () => refuse(raw, env, nothingFor(raw));
  const { list, path } = listPathOf(raw);
  if (list === null || path !== '' || (raw.method !== 'GET' && raw.method !== 'HEAD')) return refused();
  // Relative, so that it holds behind any path that the registry is mounted on.
  return withSettings(raw, env, ({ respond }, missing) =>
    missing === undefined ? respond.redirect(`${list}/${new URL(raw.url).search}`) : refused(),
  );
});

/** [C16] */
function nothingFor(request: Request) {
  const { method } = request;
  const path = listPathOf(request).path || BARE;
  const known = ROUTES.map((route) => route.method).filter((of) => app.router.match(of, path)[0].length > 0);
  if (known.length === 0) return { kind: 'no-such-route', path: pathOf(request) } as const;
  const served = new Set(known.flatMap((of) => (of === 'GET' ? ['GET', 'HEAD'] : [of])));
  return { kind: 'method-not-allowed', method, allow: [...served, 'OPTIONS'].join(', ') } as const;
}

/** Answers every request. */
export const handleFetch = (request: Request, env: Env, context: ExecutionContext) =>
  app.fetch(request, env, context);
