/** The entry: the fetch handler and the Durable Object class, nothing else but a line in the log at the start. */
import { env } from 'cloudflare:workers';
import { handleFetch } from './http/router.ts';
import { announce } from './http/settings.ts';

export { ServerRegistry } from './registry/registry.ts';

announce(env);

export default { fetch: handleFetch } satisfies ExportedHandler<Env>;
