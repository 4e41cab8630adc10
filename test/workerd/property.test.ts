/** Whatever happens in whatever order, the registry agrees with a model of a dozen lines. */
import * as fc from 'fast-check';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import type { ServerRegistry } from '../../src/registry/registry.ts';
import {
  evict,
  freshRegistry,
  HEARTBEAT_MS,
  holdTime,
  inside,
  listOf,
  passMs,
  registration,
  releaseTime,
  TTL_MS,
} from './support/fleet.ts';

const GRACE_MS = HEARTBEAT_MS * 1.5;

/** What must hold for one id: listed before `surelyUntil`, not listed from `atMostUntil` on. */
interface Bounds {
  heardAt: number;
  /** The latest time of it that is surely on disk. */
  savedAt: number;
  /** The latest that may be there. Ahead of a clock that stepped back, it counts as now at every load. */
  onDiskAt: number;
  surelyUntil: number;
  atMostUntil: number;
  /** Of the last registration. */
  instance: string | undefined;
  endpoints: readonly string[] | undefined;
}

/**
 * Three things drop memory, and each has a rule of its own:
 * - an idle *sleep* comes only when nothing is unsaved: whoever was answered 200 within the TTL is listed;
 * - a *deploy* and a *crash* may cost what came since the last save, but no two heartbeats in a row: a heartbeat whose
 *   predecessor is not on disk is there when it is answered.
 */
class Model {
  readonly servers = new Map<string, Bounds>();

  register(id: string, now: number, said: Pick<Bounds, 'instance' | 'endpoints'>): void {
    const until = now + TTL_MS;
    const onDiskAt = Math.max(now, this.servers.get(id)?.onDiskAt ?? 0);
    const times = { heardAt: now, savedAt: now, onDiskAt, surelyUntil: until, atMostUntil: until };
    this.servers.set(id, { ...said, ...times });
  }

  hear(id: string, now: number): void {
    const before = this.servers.get(id);
    if (before === undefined) throw new Error(`${id} was answered, but is not held`);
    // One that is over by what the disk says is not waited for, but saved at the next turn.
    const isOver = before.savedAt + TTL_MS <= now && before.surelyUntil <= now;
    const isCovered = now - before.savedAt <= 1.25 * HEARTBEAT_MS;
    const savedAt = isCovered || isOver ? before.savedAt : now;
    const until = now + TTL_MS;
    const onDiskAt = Math.max(now, before.onDiskAt);
    const times = { heardAt: now, savedAt, onDiskAt, surelyUntil: until, atMostUntil: until };
    this.servers.set(id, { ...before, ...times });
  }

  /** Why a heartbeat is refused; null where it is not. */
  refusal(id: string, instance: string | undefined): { kind: string } | null {
    const held = this.servers.get(id);
    if (held === undefined) return { kind: 'not-registered' };
    const isOther = instance !== undefined && held.instance !== undefined && instance !== held.instance;
    return isOther ? { kind: 'replaced' } : null;
  }

  save(): void {
    for (const bounds of this.servers.values()) bounds.savedAt = bounds.heardAt;
  }

  /** Memory is lost; `graceUntil` is the end of the extension that a downtime gave, or 0. */
  comeBack(now: number, graceUntil: number): void {
    for (const bounds of this.servers.values()) {
      bounds.surelyUntil = Math.min(bounds.surelyUntil, bounds.savedAt + TTL_MS, now + TTL_MS);
      const latest = Math.max(bounds.atMostUntil, bounds.onDiskAt + TTL_MS, graceUntil);
      bounds.atMostUntil = Math.min(latest, now + TTL_MS);
      bounds.heardAt = Math.min(bounds.heardAt, now);
      bounds.savedAt = Math.min(bounds.savedAt, now);
    }
  }
}

const ids = ['a', 'b/c', 'ed25519:x+y/z==', '🎮'];
const instance = fc.constantFrom(undefined, undefined, 'one', 'two');
const endpoints = fc.constantFrom(undefined, ['wss://a.example', 'udp://a.example:1']);
const step = fc.oneof(
  {
    weight: 4,
    arbitrary: fc.record({
      do: fc.constant('register' as const),
      id: fc.constantFrom(...ids),
      instance,
      endpoints,
    }),
  },
  {
    weight: 6,
    arbitrary: fc.record({ do: fc.constant('heartbeat' as const), id: fc.constantFrom(...ids), instance }),
  },
  {
    weight: 2,
    arbitrary: fc.record({ do: fc.constant('deregister' as const), id: fc.constantFrom(...ids) }),
  },
  { weight: 4, arbitrary: fc.constant({ do: 'list' as const }) },
  { weight: 5, arbitrary: fc.constant({ do: 'ring' as const }) },
  { weight: 2, arbitrary: fc.constant({ do: 'sleep' as const }) },
  { weight: 1, arbitrary: fc.constant({ do: 'deploy' as const }) },
  { weight: 2, arbitrary: fc.constant({ do: 'crash' as const }) },
  {
    weight: 6,
    arbitrary: fc.record({
      do: fc.constant('pass' as const),
      ms: fc.constantFrom(1, 999, 30_000, HEARTBEAT_MS, 100_000, TTL_MS - 1, TTL_MS, 3 * TTL_MS),
    }),
  },
  {
    weight: 1,
    arbitrary: fc.record({
      do: fc.constant('step back' as const),
      ms: fc.constantFrom(1, 10_000, 2 * TTL_MS),
    }),
  },
);

beforeEach(() => {
  vi.spyOn(console, 'warn').mockReturnValue();
});
afterEach(() => {
  vi.restoreAllMocks();
  releaseTime();
});

/** The clock as the registry sees it: it never steps back, until the object is loaded again. */
class SteadyTime {
  #ahead = 0;
  now(): number {
    return Date.now() + this.#ahead;
  }
  stepBack(durationMs: number): void {
    passMs(-durationMs);
    this.#ahead += durationMs;
  }
  reload(): void {
    this.#ahead = 0;
  }
}

async function check(registry: ServerRegistry, model: Model, now: number): Promise<void> {
  const { servers } = await listOf(registry);
  const listed = new Set(servers.map((server) => server.serverId));
  for (const { serverId, endpoints: shown } of servers)
    expect(shown, 'as last registered').toEqual(model.servers.get(serverId)?.endpoints);
  for (const id of ids) {
    const bounds = model.servers.get(id);
    if (bounds === undefined) {
      expect(listed, 'never registered, or deregistered').not.toContain(id);
      expect((await registry.getServer(id)).kind, 'never registered, or deregistered').toBe('not-registered');
    } else if ((await registry.getServer(id)).kind === 'not-registered') {
      expect(now >= bounds.surelyUntil, 'only a server that was silent is swept').toBe(true);
      model.servers.delete(id);
    } else {
      if (now < bounds.surelyUntil) expect(listed, 'was heard within its lease').toContain(id);
      if (now >= bounds.atMostUntil) expect(listed, 'is silent for longer than its lease').not.toContain(id);
    }
  }
  const { live, stale } = registry.stats();
  expect(live).toBe(listed.size);
  expect(live + stale).toBe(model.servers.size);
}

test('registers, heartbeats, deregisters, lists, alarms, sleeps, deploys, crashes, downtimes and clock steps', async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(step, { minLength: 5, maxLength: 60 }), async (steps) => {
      releaseTime();
      holdTime();
      const time = new SteadyTime();
      const model = new Model();
      let stub = freshRegistry();
      // Loaded before the first step: a clock steps back only for a registry that has seen it.
      await stub.stats();
      for (const next of steps) {
        switch (next.do) {
          case 'register': {
            const more = {
              ...(next.instance !== undefined && { instance: next.instance }),
              ...(next.endpoints !== undefined && { endpoints: next.endpoints }),
            };
            expect((await stub.register(registration(next.id, more))).kind).toBe('registered');
            model.register(next.id, time.now(), next);
            break;
          }
          case 'heartbeat': {
            const refusal = model.refusal(next.id, next.instance);
            const outcome = await stub.heartbeat(next.id, false, null, null, next.instance);
            expect(outcome, 'held or not, by this host or another').toEqual(refusal);
            if (refusal === null) model.hear(next.id, time.now());
            break;
          }
          case 'deregister':
            await stub.deregister(next.id);
            model.servers.delete(next.id);
            break;
          case 'list':
            break;
          case 'ring': {
            const { nextAlarmAt } = await stub.stats();
            passMs(Math.max(0, (nextAlarmAt ?? 0) - Date.now()));
            await inside(stub, (registry) => registry.alarm());
            // Between two slices of a sweep, saving is put off.
            if ((await stub.stats()).stale === 0) model.save();
            break;
          }
          case 'sleep':
          case 'deploy':
          case 'crash': {
            // The timer of a save keeps an idle object awake, so it falls asleep behind it.
            if (next.do === 'sleep') {
              await stub.save();
              model.save();
            }
            const { nextAlarmAt, absence: before } = await stub.stats();
            // A deploy resets an object between two of its calls, a crash takes what is on its way to the disk as well.
            if (next.do === 'deploy') await inside(stub, (_, { storage }) => storage.sync());
            time.reload();
            stub = await evict(stub);
            const { absence } = await stub.stats();
            const isNew = absence !== null && absence.from !== before?.from;
            if (isNew) expect(Date.now() - (nextAlarmAt ?? Infinity)).toBeGreaterThan(HEARTBEAT_MS);
            model.comeBack(time.now(), absence === null ? 0 : absence.until + GRACE_MS);
            break;
          }
          case 'pass':
            passMs(next.ms);
            break;
          case 'step back':
            time.stepBack(next.ms);
            break;
        }
        await inside(stub, (registry) => check(registry, model, time.now()));
      }
    }),
    { numRuns: 150 },
  );
}, 120_000);
