/** What one run of the demo does and when: worked out from its options alone. */
import type { Registration } from '../../src/client/client.ts';
import { DEFAULT_LIST } from '../../src/protocol/lists.ts';
import type { Terms } from '../lib/audit/terms.ts';

/** Everything that is settled before the run begins. Times count from the moment the registry answers. */
export interface Plan {
  /** The list that the servers are on. */
  list: string;
  servers: number;
  /** How many of them fall silent. */
  killed: number;
  /** The terms of the leases. */
  ttlMs: number;
  heartbeatEveryMs: number;
  /** Shortest time between two sweeps: how long the stale are there to be seen. */
  sweepIntervalMs: number;
  checkpointIntervalMs: number;
  /** The registrations are spread over this time, and the heartbeats with them. */
  registerWithinMs: number;
  /** Where registering takes longer than this, all that follows comes that much later. */
  registeredByMs: number;
  killAtMs: number;
  endAtMs: number;
}

export const MIN_SECONDS = 10;
export const MAX_SECONDS = 3600;
export const MAX_SERVERS = 5000;

/**
 * Heartbeats a second that `wrangler dev` answers on a small machine with room to spare: it was measured at 1,400
 * requests a second with the machine to itself, but here the whole fleet shares the machine with it.
 */
const HEARTBEATS_PER_SECOND = 150;

/** Shares of the whole run. The last lease of the killed ends, and is swept, by 0.2 + 0.3 + 0.2 of it. */
const REGISTER_SHARE = 0.1;
const REGISTERED_SHARE = 0.15;
const KILL_SHARE = 0.2;
const TTL_SHARE = 0.3;
const SWEEP_SHARE = 0.2;
const HEARTBEAT_SHARE = 0.06;
/** The registry grants no heartbeat interval above a third of the TTL. */
const MAX_HEARTBEAT_SHARE = TTL_SHARE / 3;

/** The shortest run, in whole seconds, in which `servers` servers can be kept alive. */
export function minSeconds(servers: number): number {
  return Math.max(MIN_SECONDS, Math.ceil(servers / HEARTBEATS_PER_SECOND / MAX_HEARTBEAT_SHARE));
}

/** The plan of a run of `seconds`, which must not be less than `minSeconds(servers)`. */
export function planRun(servers: number, killed: number, seconds: number, list = DEFAULT_LIST): Plan {
  const endAtMs = seconds * 1000;
  const ttlMs = Math.round(TTL_SHARE * endAtMs);
  return {
    list,
    servers,
    killed,
    ttlMs,
    heartbeatEveryMs: Math.round(
      Math.max(HEARTBEAT_SHARE * endAtMs, (servers / HEARTBEATS_PER_SECOND) * 1000),
    ),
    sweepIntervalMs: Math.round(SWEEP_SHARE * endAtMs),
    checkpointIntervalMs: Math.round(ttlMs / 4),
    registerWithinMs: REGISTER_SHARE * endAtMs,
    registeredByMs: REGISTERED_SHARE * endAtMs,
    killAtMs: KILL_SHARE * endAtMs,
    endAtMs,
  };
}

/** Servers killed where nobody said how many: a third, and at least one. */
export function defaultKilled(servers: number): number {
  return Math.max(1, Math.round(servers / 3));
}

const REGIONS = ['eu-central', 'eu-west', 'us-east', 'us-west', 'ap-south'] as const;

/** What the nth server says of itself. Ids are as in the field, with characters that a path has to encode. */
export function registrationOf(index: number): Registration {
  const serverId = `demo:${String(index + 1).padStart(4, '0')}/+=`;
  return {
    serverId,
    endpoint: `wss://server-${index + 1}.demo.example.com`,
    publicKey: `key of ${serverId}`,
    region: REGIONS[index % REGIONS.length] ?? REGIONS[0],
    metadata: { players: index % 17 },
  };
}

/** Whether the nth server is one of those that are killed, which are spread evenly over the fleet. */
export function dies({ servers, killed }: Plan, index: number): boolean {
  return Math.floor(((index + 1) * killed) / servers) > Math.floor((index * killed) / servers);
}

/** Whether the nth server holds a session; every other one heartbeats. Of those that die, so does every second one. */
export function holds(plan: Plan, index: number): boolean {
  return Math.floor(((index + 1) * plan.killed) / plan.servers) % 2 === 1;
}

/** What the registry promises in such a run. */
export function termsOf(plan: Plan): Terms {
  return { ...plan, snapshotMaxAgeMs: 1000 };
}

/** The registry, with times so short that a lease ends while one watches. */
export function variables(plan: Plan): Record<string, string | number> {
  return {
    LISTS: plan.list,
    SERVER_TTL_MS: plan.ttlMs,
    HEARTBEAT_INTERVAL_MS: plan.heartbeatEveryMs,
    SWEEP_INTERVAL_MS: plan.sweepIntervalMs,
    CHECKPOINT_INTERVAL_MS: plan.checkpointIntervalMs,
    // The whole fleet has one address.
    RATE_LIMIT: 'off',
  };
}
