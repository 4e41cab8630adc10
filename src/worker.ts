/** The entry: the fetch handler and the Durable Object class, nothing else. */
import { app } from './http/routes.ts';

export { ServerRegistry } from './registry/registry.ts';

export default { fetch: app.fetch } satisfies ExportedHandler<Env>;
