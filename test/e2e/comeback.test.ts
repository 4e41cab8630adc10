/** All sessions lost at once: the registry is killed, and its servers come back one by one, without losing their places. */
import { setTimeout as delay } from 'node:timers/promises';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { Subject } from '../../scripts/crash/subject.ts';
import { RecordedClient } from '../../scripts/lib/audit/recorded-client.ts';
import type { Terms } from '../../scripts/lib/audit/terms.ts';
import { timed } from '../../scripts/lib/audit/watch.ts';
import type { Heartbeat } from '../../src/client/client.ts';
import { realEnvironment } from '../../src/client/environment.ts';
import { registrationOf } from './support/started.ts';

const TERMS: Terms = {
  ttlMs: 30_000,
  heartbeatEveryMs: 3000,
  sweepIntervalMs: 1000,
  checkpointIntervalMs: 1000,
  snapshotMaxAgeMs: 250,
};
/** As many in so short a time as 1,000 are in the 30 s that clients have. */
const SERVERS = 200;
const SHARE_OF_JITTER = 0.2;
const JITTER_MS = 30_000 * SHARE_OF_JITTER;
const LIST_EVERY_MS = 100;

let subject: Subject;
let heartbeats: Heartbeat[] = [];

beforeAll(async () => {
  subject = await Subject.prepare(TERMS, 1);
});

afterAll(async () => {
  await Promise.all(heartbeats.map((heartbeat) => heartbeat.stop()));
  await subject.registry.end();
});

it('brings all back, spread over their jitter, none of whom was swept or refused; lists are answered meanwhile', async () => {
  const { auditor, books, client, registry, watch } = subject;
  await subject.start();
  const environment = { ...realEnvironment, random: () => Math.random() * SHARE_OF_JITTER };
  const events = { registered: 0, fellBack: 0, replaced: 0 };
  const heldAt: number[] = [];
  heartbeats = Array.from({ length: SERVERS }, (_, index) => {
    const recorded = new RecordedClient(registry.url, books, { environment });
    const heartbeat = recorded.startHeartbeat(registrationOf(`server-${index}`));
    for (const name of ['registered', 'fellBack', 'replaced'] as const) {
      heartbeat.addEventListener(name, () => (events[name] += 1));
    }
    heartbeat.addEventListener('held', () => heldAt.push(Date.now()));
    return heartbeat;
  });
  await expect.poll(() => heldAt.length, { timeout: 20_000 }).toBe(SERVERS);
  // A session that did not last as long as a heartbeat would be followed by another so much later.
  await delay(TERMS.heartbeatEveryMs + 100);

  await subject.crash();
  const { live } = await subject.start();
  expect(live).toBe(SERVERS);
  const backAt = Date.now();
  const latencies: number[] = [];
  while (heldAt.length < 2 * SERVERS && Date.now() < backAt + 3 * JITTER_MS) {
    const { tookMs, answer } = await timed(() => client.list());
    latencies.push(tookMs);
    expect(answer.servers).toHaveLength(SERVERS);
    await watch.tryToLook([]);
    await delay(LIST_EVERY_MS);
  }
  expect(events).toEqual({ registered: SERVERS, fellBack: SERVERS, replaced: 0 });
  expect(heldAt).toHaveLength(2 * SERVERS);
  expect(Math.max(...latencies)).toBeLessThan(1000);
  // Nobody waits for the others, and no tenth of the time has a quarter of them.
  const tenths = heldAt.slice(SERVERS).map((at) => Math.floor((at - backAt) / (JITTER_MS / 10)));
  const most = Math.max(...tenths.map((tenth) => tenths.filter((other) => other === tenth).length));
  expect(most).toBeLessThan(SERVERS / 4);
  expect(auditor.violations).toEqual([]);
});
