/** Where the load goes: whether that is this machine, whether a registry is there, what its clock says, and its leases. */
import { RegistryClient, RegistryError } from '../../src/client/client.ts';
import type { LeaseTerms } from '../../src/protocol/protocol.ts';
import type { Terms } from '../lib/audit/terms.ts';
import { PAID_PRICES } from '../lib/prices.ts';
import type { LoadOptions } from './options.ts';

/** A target that can't be loaded; its message is for the user. */
export class TargetError extends Error {
  override readonly name = 'TargetError';
}

const CLOCK_READINGS = 5;
const CHECK_WITHIN_MS = 5000;

/** True where a URL leads to this machine and nowhere else. */
export function isLoopback({ hostname }: URL): boolean {
  return hostname === 'localhost' || hostname === '[::1]' || /^127(\.\d{1,3}){3}$/.test(hostname);
}

/** What a target will get, and what Cloudflare may charge for it, in one sentence. */
export function trafficNotice(url: URL, options: LoadOptions): string {
  const { servers, heartbeatEveryMs, readRate, durationMs, rampMs, churnPerMinute } = options;
  const seconds = (durationMs + rampMs) / 1000;
  const heartbeats = Math.ceil((servers * seconds * 1000) / heartbeatEveryMs);
  const lists = Math.ceil(readRate * (durationMs / 1000));
  const registrations = Math.ceil(servers * (1 + (churnPerMinute * seconds) / 60));
  // Each is deregistered at the end, and asked after once a second.
  const requests = heartbeats + lists + 2 * registrations + Math.ceil(seconds);
  const dollars =
    requests * (PAID_PRICES.workerRequest + PAID_PRICES.objectRequest) +
    2 * registrations * PAID_PRICES.rowWritten;
  return (
    `${url.origin} will get about ${requests.toLocaleString('en-US')} requests in ${Math.ceil(seconds)} s ` +
    `(${heartbeats} heartbeats, ${lists} lists, ${registrations} registrations), at list price about $${dollars.toFixed(4)}; ` +
    `${servers} test servers show in its list meanwhile.`
  );
}

/**
 * Variables of a registry started for a run. Leases are shorter than in production, so that servers that die are seen
 * to leave within a run of a minute: a lease outlives one heartbeat and a third, with the jitter of the client.
 */
export function localVariables(options: LoadOptions) {
  const { list, servers, sessions, watchers, heartbeatEveryMs, churnPerMinute, durationMs } = options;
  const everRegistered = servers * (1 + (churnPerMinute * durationMs) / 60_000);
  return {
    LISTS: list,
    SERVER_TTL_MS: Math.ceil((heartbeatEveryMs * 4) / 3),
    HEARTBEAT_INTERVAL_MS: heartbeatEveryMs,
    SWEEP_INTERVAL_MS: 10_000,
    CHECKPOINT_INTERVAL_MS: 10_000,
    ...(sessions > 0 && { MAX_SESSIONS: Math.max(2000, Math.ceil(sessions * 1.1)) }),
    ...(watchers > 0 && { MAX_WATCHERS: Math.max(1000, Math.ceil(watchers * 1.1)) }),
    MAX_SERVERS: Math.max(10_000, Math.ceil(everRegistered * 1.1)),
  };
}

/** What the registry there promises. Rejects with a `TargetError` unless one answers that this token may write to. */
export async function learnTerms(url: URL, options: LoadOptions): Promise<Terms> {
  const { list, token, allowanceMs, heartbeatEveryMs } = options;
  const clock = await readClock(url);
  const client = new RegistryClient(url, {
    list,
    timeoutMs: CHECK_WITHIN_MS,
    ...(token !== undefined && { token }),
  });
  const lease = await askForLease(client);
  if (lease.ttlMs < heartbeatEveryMs * 1.2) {
    throw new TargetError(
      `--heartbeat-every ${heartbeatEveryMs / 1000}s is too slow for leases of ${lease.ttlMs / 1000} s there.`,
    );
  }
  return {
    ...lease,
    clock,
    listLagMs: allowanceMs,
    snapshotMaxAgeMs: 0,
    // Nobody says how often it sweeps, and lists don't depend on it.
    sweepIntervalMs: Infinity,
    checkpointIntervalMs: lease.ttlMs / 4,
    // As long as a network or a proxy may hold a request up.
    givenUpMs: 60_000,
  };
}

/** Learns it from a registration that is taken back at once. */
async function askForLease(client: RegistryClient): Promise<LeaseTerms> {
  const serverId = `load-probe-${Date.now().toString(36)}`;
  try {
    await client.stats();
    const endpoint = 'wss://load-probe.example.net:4433/play';
    const { lease } = await client.register({ serverId, endpoint, publicKey: 'none' });
    await client.deregister(serverId);
    return lease;
  } catch (error) {
    if (error instanceof RegistryError) throw new TargetError(error.message, { cause: error });
    throw error;
  }
}

/** Bounds of the registry's clock less ours, from a few readings of it. */
async function readClock(url: URL): Promise<NonNullable<Terms['clock']>> {
  const address = `${url.href.replace(/\/+$/, '')}/health`;
  let [atLeastMs, atMostMs] = [-Infinity, Infinity];
  for (let reading = 0; reading < CLOCK_READINGS; reading += 1) {
    const sentAt = Date.now();
    const health = await getJson(address);
    const receivedAt = Date.now();
    const serverAt = isHealth(health) ? Date.parse(health.timestamp) : Number.NaN;
    if (Number.isNaN(serverAt))
      throw new TargetError(`${address} doesn't answer as a Rollcall registry does.`);
    atLeastMs = Math.max(atLeastMs, serverAt - receivedAt);
    atMostMs = Math.min(atMostMs, serverAt + 1 - sentAt);
  }
  return { atLeastMs, atMostMs };
}

async function getJson(address: string): Promise<unknown> {
  let response: Response;
  try {
    response = await fetch(address, { signal: AbortSignal.timeout(CHECK_WITHIN_MS) });
  } catch (error) {
    const cause = error instanceof Error && error.cause instanceof Error ? error.cause : error;
    const reason = cause instanceof Error ? cause.message || cause.name : String(cause);
    throw new TargetError(`Nothing answers at ${address}: ${reason}.`, { cause: error });
  }
  return response.json().catch(() => undefined);
}

function isHealth(value: unknown): value is { readonly timestamp: string } {
  return (
    typeof value === 'object' &&
    value !== null &&
    'service' in value &&
    value.service === 'rollcall' &&
    'timestamp' in value &&
    typeof value.timestamp === 'string'
  );
}
