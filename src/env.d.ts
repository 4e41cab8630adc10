/** The bindings of wrangler.toml, as the Worker and the object see them. */
import type { FileBucket } from './registry/publisher.ts';
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
      readonly SHARDS: string;
      readonly MAX_SERVERS: string;
      readonly MAX_LIST_BYTES: string;
      readonly MAX_SESSIONS: string;
      readonly WRITE_ACCESS: string;
      readonly RECORD_LOCATION: string;
      readonly MAX_WATCHERS: string;
      readonly LIST_MAX_AGE_S: string;
      readonly METRICS_MAX_AGE_S: string;
      readonly PUBLISH_INTERVAL_S: string;
      /** Secrets: unset until somebody sets them. */
      readonly BOOTSTRAP_SIGNING_KEY?: string;
      readonly REGISTRY_TOKEN?: string;
      readonly LIST_TOKENS?: string;
      readonly METRICS_TOKEN?: string;
      readonly REGISTRY_TOKEN_PREVIOUS?: string;
      readonly MAX_SERVERS_PER_KEY: string;
      readonly RATE_LIMIT: string;
      readonly ALLOW_PRIVATE_ENDPOINTS: string;
      /** Absent where the Worker runs without the bindings of wrangler.toml. */
      readonly WRITES_PER_ADDRESS?: RateLimit;
      readonly WRITES_PER_SERVER?: RateLimit;
      readonly ENDPOINT_SCHEMES: string;
      readonly CORS_ORIGIN: string;
      readonly LISTS: string;
      readonly LIST_SETTINGS: string;
      readonly PUBLIC_ORIGIN: string;
      /** Where the list is written as files. Absent where nobody asked for that. */
      readonly LIST_FILES?: FileBucket;
      /** The files of the page. Absent where the Worker runs without the assets of wrangler.toml. */
      readonly ASSETS?: Fetcher;
    }
    interface GlobalProps {
      readonly mainModule: typeof Worker;
    }
  }
  interface Env extends Cloudflare.Env {}
}
