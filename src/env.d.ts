/** The bindings of wrangler.toml, as the Worker and the object see them. */
import type { ServerRegistry } from './registry/registry.ts';
import type * as Worker from './worker.ts';

declare global {
  namespace Cloudflare {
    interface Env {
      readonly SERVER_REGISTRY: DurableObjectNamespace<ServerRegistry>;
      readonly SERVER_TTL_MS: string;
      readonly HEARTBEAT_INTERVAL_MS: string;
      readonly SWEEP_INTERVAL_MS: string;
      readonly CHECKPOINT_INTERVAL_MS: string;
      readonly SNAPSHOT_MAX_AGE_MS: string;
      readonly MAX_SERVERS: string;
      readonly WRITE_ACCESS: string;
      readonly CORS_ORIGIN: string;
    }
    interface GlobalProps {
      readonly mainModule: typeof Worker;
    }
  }
  interface Env extends Cloudflare.Env {}
}
