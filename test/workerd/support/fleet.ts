/** Registrations for tests, objects of their own, and time that is set rather than waited for. */
import { env } from 'cloudflare:workers';
import { abortAllDurableObjects, runInDurableObject } from 'cloudflare:test';
import { vi } from 'vitest';
import type { RegisteredServer } from '../../../src/core/leases/lease.ts';
import { listAnswer, type ListAnswer } from '../../../src/protocol/protocol.ts';
import type { QueryOutcome } from '../../../src/rpc/contract.ts';
import type { ServerRegistry } from '../../../src/registry/registry.ts';

export type RegistryStub = DurableObjectStub<ServerRegistry>;

/** The defaults of wrangler.toml that the tests count with. */
export const TTL_MS = 300_000;
export const HEARTBEAT_MS = 60_000;
export const SWEEP_MS = 60_000;
export const CHECKPOINT_MS = 60_000;

let objects = 0;

/** An object that no other test uses: storage is shared within a file. */
export function freshRegistry(): RegistryStub {
  objects += 1;
  return env.SERVER_REGISTRY.getByName(`test-${objects}`);
}

/** Runs `callback` with the object itself and its state. */
export function inside<Result>(
  stub: RegistryStub,
  callback: (registry: ServerRegistry, state: DurableObjectState) => Result | Promise<Result>,
): Promise<Result> {
  return runInDurableObject<ServerRegistry, Result>(stub, callback);
}

/** The same object by a new stub: one whose object was reset stays broken. */
export function again(stub: RegistryStub): RegistryStub {
  return env.SERVER_REGISTRY.get(stub.id);
}

/** Drops the memory of every object and keeps the disk. Returns a working stub of this one. */
export async function evict(stub: RegistryStub): Promise<RegistryStub> {
  await abortAllDurableObjects();
  return again(stub);
}

export function registration(serverId: string, more: Partial<RegisteredServer> = {}): RegisteredServer {
  return {
    serverId,
    endpoint: `wss://${encodeURIComponent(serverId)}.example`,
    publicKey: 'key',
    region: 'eu',
    metadata: null,
    ...more,
  };
}

/** Registers `count` servers named `<prefix>0`, `<prefix>1`, … from inside the object; returns their ids. */
export async function registerMany(stub: RegistryStub, count: number, prefix = 'server-'): Promise<string[]> {
  const ids = Array.from({ length: count }, (_, index) => `${prefix}${index}`);
  await inside(stub, async (registry) => {
    await Promise.all(ids.map((id) => registry.register(registration(id))));
  });
  return ids;
}

/** The body of an answer that has one, as JSON. */
export async function parseBody(answer: QueryOutcome): Promise<unknown> {
  if (answer.kind !== 'listed') throw new Error(`expected a list, got ${answer.kind}`);
  return new Response(answer.body).json();
}

/** The whole list, as the object answers it. */
export async function listOf(registry: RegistryStub | ServerRegistry): Promise<ListAnswer> {
  return listAnswer.parse(await parseBody(await registry.listServers(null)));
}

export async function listedIds(stub: RegistryStub): Promise<string[]> {
  return (await listOf(stub)).servers.map((server) => server.serverId);
}

/** The ids of the rows on disk, in order. */
export async function storedIds(stub: RegistryStub): Promise<string[]> {
  return inside(stub, async (_, state) => {
    const rows = await state.storage.list({ prefix: 'server:' });
    return Array.from(rows.keys(), (key) => key.slice('server:'.length));
  });
}

const MONTH_MS = 30 * 86_400_000;

/**
 * Stops the clock, a month ahead: alarms go by the real clock, so none rings by itself while a test sets the time.
 * `passMs` moves it, `releaseTime` lets it go.
 */
export function holdTime(): number {
  const start = Date.now() + MONTH_MS;
  vi.useFakeTimers({ toFake: ['Date'], now: start });
  return start;
}

export function passMs(durationMs: number): number {
  const now = Date.now() + durationMs;
  vi.setSystemTime(now);
  return now;
}

/** Lets a TTL pass but for `exceptMs`, with every alarm of it rung on time, but for the one that is due at its end. */
export async function passTtlWithAlarms(stub: RegistryStub, exceptMs = 0): Promise<void> {
  for (let passedMs = CHECKPOINT_MS; passedMs < TTL_MS; passedMs += CHECKPOINT_MS) {
    passMs(CHECKPOINT_MS);
    await inside(stub, (registry) => registry.alarm());
  }
  passMs(CHECKPOINT_MS - exceptMs);
}

/** Rings while the disk refuses deletes, which throws the object's memory away. Returns what the alarm threw. */
export function ringWithoutDisk(stub: RegistryStub): Promise<string> {
  return inside(stub, (registry, { storage }) => {
    vi.spyOn(storage, 'delete').mockRejectedValueOnce(new Error('disk is away'));
    return registry.alarm().then(
      () => 'nothing',
      (error: unknown) => String(error),
    );
  }).catch(String);
}

export function releaseTime(): void {
  vi.useRealTimers();
}
