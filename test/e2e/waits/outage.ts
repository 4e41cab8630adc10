/** An outage of three TTLs under a thousand servers: nobody who comes back loses a place, and nobody else keeps one. */
import { setTimeout as delay } from 'node:timers/promises';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { Subject } from '../../../scripts/crash/subject.ts';
import { RecordedClient } from '../../../scripts/lib/audit/recorded-client.ts';
import { graceMs, sweptWithinMs, type Terms } from '../../../scripts/lib/audit/terms.ts';
import { RegistryError, type Heartbeat, type Registration } from '../../../src/client/client.ts';

const TERMS: Terms = {
  ttlMs: 15_000,
  heartbeatEveryMs: 5000,
  sweepIntervalMs: 1000,
  checkpointIntervalMs: 1000,
  snapshotMaxAgeMs: 250,
};
/** Kept by the client, through the outage: each finds out by itself that the registry is back. */
const KEPT = ids('kept', 100);
/** Heartbeat again over the interval that follows the outage, one after the other. */
const RESUMING = ids('resuming', 900);
const LIVE = [...KEPT, ...RESUMING];
/** Die while the registry is down. */
const SILENT = ids('silent', 100);
const AT_ONCE = 16;
const LIST_EVERY_MS = 400;

let subject: Subject;
let client: RecordedClient;
let heartbeats: Heartbeat[] = [];

beforeAll(async () => {
  subject = await Subject.prepare(TERMS, 1);
  client = new RecordedClient(subject.registry.url, subject.books);
});

afterAll(async () => {
  await Promise.all(heartbeats.map((heartbeat) => heartbeat.stop()));
  await subject.registry.end();
});

/** The outage alone is 45 s; the rest takes 15 s where nothing else runs. */
const TEST_TIMEOUT_MS = 240_000;

it.concurrent(
  'sweeps none of 1,000 servers that resume after three TTLs, and the silent ones on time',
  async () => {
    const { ledger, auditor, watch } = subject;
    await subject.start();
    heartbeats = KEPT.map((id) => client.startHeartbeat(registrationOf(id), { session: false }));
    await forAll([...RESUMING, ...SILENT], (id) => client.register(registrationOf(id)));
    await renewAll([...RESUMING, ...SILENT]);
    for (const id of KEPT) ledger.setKeepsOn(id, true);
    // Longer than a checkpoint may take.
    await delay(TERMS.checkpointIntervalMs * 1.5);
    const before = await watch.stats();
    expect(before).toMatchObject({ live: LIVE.length + SILENT.length, stale: 0, absence: null });

    const leftAt = Date.now();
    await subject.crash();
    await delay(3 * TERMS.ttlMs);

    const { live, stale, absence } = await subject.start();
    expect({ live, stale }).toEqual({ live: LIVE.length + SILENT.length, stale: 0 });
    expect(absence?.leases).toBe(LIVE.length + SILENT.length);
    expect(absence?.from).toBeGreaterThan(leftAt - 2 * TERMS.checkpointIntervalMs);
    expect(absence?.from).toBeLessThan(leftAt + 2 * TERMS.checkpointIntervalMs);
    const backAt = absence?.until ?? Number.NaN;
    const lookUp = new AbortController();
    const looking = look(lookUp.signal);

    await Promise.all(
      RESUMING.map(async (id, index) => {
        await delay((TERMS.heartbeatEveryMs * index) / RESUMING.length);
        await client.heartbeat(id);
        ledger.setKeepsOn(id, true);
      }),
    );
    const goneAt = backAt + graceMs(TERMS) + sweptWithinMs(TERMS);
    await delay(goneAt - Date.now());
    lookUp.abort();
    await looking;
    await watch.look([...LIVE, ...SILENT]);

    expect(auditor.violations).toEqual([]);
    const { servers } = await client.list();
    expect(servers.map(({ serverId }) => serverId).toSorted()).toEqual(LIVE.toSorted());
    expect(await watch.stats()).toMatchObject({
      live: LIVE.length,
      stale: 0,
      swept: before.swept + SILENT.length,
      absence,
    });
  },
  TEST_TIMEOUT_MS,
);

/** Makes every lease young, however busy the machine: again and again until it took less than half of a lease. */
async function renewAll(serverIds: readonly string[]): Promise<void> {
  let tookMs: number;
  do {
    const beganAtMs = performance.now();
    await forAll(serverIds, async (id) => {
      try {
        await client.heartbeat(id);
      } catch (error) {
        if (!(error instanceof RegistryError && error.refusedWith(404))) throw error;
        await client.register(registrationOf(id));
      }
    });
    tookMs = performance.now() - beganAtMs;
  } while (tookMs > TERMS.ttlMs / 2);
}

/** List after list, each compared with what must and may be on it. */
async function look(signal: AbortSignal): Promise<void> {
  while (!signal.aborted) {
    expect(await subject.watch.tryToLook([])).toBe(true);
    await delay(LIST_EVERY_MS);
  }
}

async function forAll(serverIds: readonly string[], call: (id: string) => Promise<unknown>): Promise<void> {
  const queue = [...serverIds];
  const callNext = async () => {
    for (let id = queue.pop(); id !== undefined; id = queue.pop()) await call(id);
  };
  await Promise.all(Array.from({ length: AT_ONCE }, callNext));
}

function ids(name: string, count: number): string[] {
  return Array.from({ length: count }, (_, index) => `${name}:${index + 1}`);
}

function registrationOf(serverId: string): Registration {
  return {
    serverId,
    endpoint: `wss://${serverId.replace(':', '-')}.example.com`,
    publicKey: 'key',
    region: 'eu',
  };
}
