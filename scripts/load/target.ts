/** Where the load goes: whether that is this machine, whether a registry is there, and what its clock says. */
import { RegistryClient } from '../../src/client/client.ts';
import { PAID_PRICES } from '../bench/prices.ts';
import type { LoadOptions } from './options.ts';

/** A target that can't be loaded; its message is for the user. */
export class TargetError extends Error {
  override readonly name = 'TargetError';
}

/** Bounds of the registry's clock less ours, in milliseconds. */
export interface ClockOffset {
  readonly atLeastMs: number;
  readonly atMostMs: number;
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

/** Rejects with a `TargetError` unless a registry answers there that this token may ask. */
export async function checkTarget(url: URL, token: string | undefined): Promise<ClockOffset> {
  const offsets: ClockOffset[] = [];
  for (let reading = 0; reading < CLOCK_READINGS; reading += 1) offsets.push(await readClock(url));
  const client = new RegistryClient(url, {
    timeoutMs: CHECK_WITHIN_MS,
    ...(token !== undefined && { token }),
  });
  try {
    await client.stats();
  } catch (error) {
    throw new TargetError(error instanceof Error ? error.message : String(error), { cause: error });
  }
  return {
    atLeastMs: Math.max(...offsets.map(({ atLeastMs }) => atLeastMs)),
    atMostMs: Math.min(...offsets.map(({ atMostMs }) => atMostMs)),
  };
}

async function readClock(url: URL): Promise<ClockOffset> {
  const address = `${url.href.replace(/\/+$/, '')}/health`;
  const sentAt = Date.now();
  const health = await getJson(address);
  const receivedAt = Date.now();
  const serverAt = isHealth(health) ? Date.parse(health.timestamp) : Number.NaN;
  if (Number.isNaN(serverAt)) throw new TargetError(`${address} doesn't answer as a Rollcall registry does.`);
  return { atLeastMs: serverAt - receivedAt, atMostMs: serverAt + 1 - sentAt };
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
  try {
    return await response.json();
  } catch {
    throw new TargetError(`${address} doesn't answer as a Rollcall registry does.`);
  }
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
