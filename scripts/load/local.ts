/** The registry that is started for a run without `--url`. */
import { startLocalRegistry, type LocalRegistry } from '../support/local-registry.ts';
import type { LoadOptions } from './options.ts';

/**
 * Its variables. Leases are shorter than in production, so that servers that die are seen to leave within a run of a
 * minute: a lease outlives one heartbeat and a third, with the jitter of the client.
 */
export function localVariables({ servers, heartbeatEveryMs, churnPerMinute, durationMs }: LoadOptions) {
  const ttlMs = Math.ceil((heartbeatEveryMs * 4) / 3);
  const everRegistered = servers * (1 + (churnPerMinute * durationMs) / 60_000);
  return {
    SERVER_TTL_MS: ttlMs,
    HEARTBEAT_INTERVAL_MS: heartbeatEveryMs,
    SWEEP_INTERVAL_MS: 10_000,
    CHECKPOINT_INTERVAL_MS: 10_000,
    MAX_SERVERS: Math.max(10_000, Math.ceil(everRegistered * 1.1)),
  };
}

export function startLocal(options: LoadOptions): Promise<LocalRegistry> {
  return startLocalRegistry({ vars: localVariables(options) });
}
