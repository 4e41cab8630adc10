/** Sessions beside a naive model: opened, pinged, closed, late, replaced, with heartbeats, sleeps and crashes between. */
import * as fc from 'fast-check';
import { expect, test } from 'vitest';
import { Directory } from '../../../../src/core/leases/directory.ts';
import type { StoredServer } from '../../../../src/core/leases/lease.ts';
import { lostGraceMs } from '../../../../src/core/leases/sessions.ts';
import { registration } from '../support.ts';

const TERMS = {
  ttlMs: 300_000,
  holdMs: 75_000,
  pingEveryMs: 30_000,
  maxServers: 9,
  maxListBytes: Infinity,
};
const { ttlMs, holdMs } = TERMS;
const IDS = ['a', 'b'] as const;

/** What is true of one server, as its owner would tell it. */
interface Truth {
  beatAt: number;
  session: string | null;
  /** The last ping of that session, or its opening. */
  pingAt: number;
  lost: { at: number; until: number } | null;
}

interface Socket {
  readonly id: string;
  heardAt: number;
}

class World {
  now = 1_000_000;
  readonly sockets = new Map<string, Socket>();
  /** Sockets that closed, whose close event has not come yet. */
  readonly closing: { id: string; name: string }[] = [];
  memory = new Map<string, Truth>();
  disk = new Map<string, Truth>();
  readonly rows = new Map<string, StoredServer>();
  directory = this.#load();
  #names = 0;

  #load(): Directory {
    return new Directory(TERMS, 'life', 0, (_, name) => this.sockets.get(name)?.heardAt ?? null);
  }

  #write(id: string): void {
    const lease = this.directory.find(id)?.lease;
    const truth = this.memory.get(id);
    if (lease === undefined || truth === undefined) return;
    this.rows.set(id, lease.toRow());
    this.directory.unsaved.rowWritten(lease);
    this.disk.set(id, structuredClone(truth));
  }

  register(id: string): void {
    this.directory.register(registration(id), this.now);
    this.memory.set(id, this.#beaten(this.memory.get(id)));
    this.#write(id);
  }

  beat(id: string): void {
    if (this.directory.heartbeat(id, this.now) === undefined) return;
    this.memory.set(id, this.#beaten(this.memory.get(id)));
  }

  #beaten(before: Truth | undefined): Truth {
    const truth = before ?? { beatAt: 0, session: null, pingAt: 0, lost: null };
    return { ...truth, beatAt: this.now, lost: null };
  }

  open(id: string): void {
    const lease = this.directory.find(id)?.lease;
    if (lease === undefined) return;
    this.#names += 1;
    const name = `session-${this.#names}`;
    const { session: old } = this.memory.get(id) ?? { session: null };
    this.sockets.set(name, { id, heardAt: this.now });
    this.directory.hold(lease, name, this.now);
    this.memory.set(id, { beatAt: 0, session: name, pingAt: this.now, lost: null });
    // Replaced: its socket closes, and the event comes late.
    if (old !== null) this.closing.push({ id, name: old });
    this.#write(id);
  }

  ping(id: string): void {
    const truth = this.memory.get(id);
    const socket = typeof truth?.session === 'string' ? this.sockets.get(truth.session) : undefined;
    if (truth === undefined || socket === undefined) return;
    socket.heardAt = this.now;
    truth.pingAt = this.now;
  }

  /** The client of the session is gone; the event follows at once or late. */
  close(id: string): void {
    const truth = this.memory.get(id);
    if (typeof truth?.session !== 'string') return;
    this.closing.push({ id, name: truth.session });
    this.#closed(this.closing.length - 1);
  }

  lateClose(): void {
    if (this.closing.length > 0) this.#closed(0);
  }

  #closed(index: number): void {
    const [closed] = this.closing.splice(index, 1);
    if (closed === undefined) return;
    const { id, name } = closed;
    const truth = this.memory.get(id);
    this.directory.sessions.lose(id, name, this.now);
    this.sockets.delete(name);
    if (truth?.session !== name) return;
    truth.session = null;
    if (truth.beatAt <= truth.pingAt) truth.lost = { at: this.now, until: this.now + lostGraceMs(ttlMs) };
  }

  /** As the saver does: all that moved. */
  save(): void {
    for (const id of this.memory.keys()) this.#write(id);
  }

  sleep(): void {
    this.save();
    this.#reload();
  }

  /** A deploy or a crash: sockets are gone without an event, and what was not saved. */
  crash(): void {
    this.sockets.clear();
    this.closing.length = 0;
    this.memory = structuredClone(this.disk);
    for (const truth of this.memory.values()) {
      if (truth.session === null) continue;
      truth.session = null;
      truth.lost = { at: this.now, until: this.now + ttlMs };
    }
    this.#reload();
    this.save();
  }

  #reload(): void {
    this.directory = this.#load();
    for (const row of this.rows.values()) this.directory.restore(row, row.lastSeen + ttlMs, this.now);
    if (this.sockets.size === 0) this.directory.sessions.orphanAll(this.now);
    this.directory.restored(0, null);
    while (this.directory.sessions.readSome(1, this.now));
  }

  check(): void {
    this.directory.expire(this.now);
    for (const [id, truth] of this.memory) {
      const isLive = this.directory.find(id)?.status === 'live';
      const { surely, maybe } = endOf(truth);
      if (this.now < surely) expect(isLive, `${id} is listed`).toBe(true);
      if (this.now >= maybe) expect(isLive, `${id} is not listed`).toBe(false);
      // A session that is over is told so by its next frame, and closed by the alarm.
      if (!isLive && truth.session !== null) {
        this.sockets.delete(truth.session);
        Object.assign(truth, { session: null, lost: { at: this.now, until: this.now } });
      }
    }
  }
}

/** Until when a server must be listed, and from when on it must not be. */
function endOf({ beatAt, session, pingAt, lost }: Truth): { surely: number; maybe: number } {
  if (session !== null) {
    const byPing = pingAt + holdMs;
    const byBeat = beatAt === 0 ? 0 : beatAt + ttlMs;
    return { surely: beatAt > pingAt ? Math.max(byPing, byBeat) : byPing, maybe: Math.max(byPing, byBeat) };
  }
  const end = lost === null ? beatAt + ttlMs : lost.until;
  return { surely: end, maybe: end };
}

type Step = (world: World) => void;
const id = fc.constantFrom(...IDS);
const step: fc.Arbitrary<readonly [string, Step]> = fc.oneof(
  id.map((of) => [`register ${of}`, (world: World) => world.register(of)] as const),
  id.map((of) => [`beat ${of}`, (world: World) => world.beat(of)] as const),
  id.map((of) => [`open ${of}`, (world: World) => world.open(of)] as const),
  id.map((of) => [`ping ${of}`, (world: World) => world.ping(of)] as const),
  id.map((of) => [`close ${of}`, (world: World) => world.close(of)] as const),
  fc.constant(['late close', (world: World) => world.lateClose()] as const),
  fc.constant(['save', (world: World) => world.save()] as const),
  fc.constant(['sleep', (world: World) => world.sleep()] as const),
  fc.constant(['crash', (world: World) => world.crash()] as const),
  fc.constant(['look', (world: World) => world.directory.sessions.look(world.now)] as const),
);
const waits = fc.constantFrom(1, 5000, 14_999, 30_000, 74_999, 75_000, 150_000, 299_999);

test('who is listed is who pinged, beat or was lost a moment ago, whatever happens in which order', () => {
  fc.assert(
    fc.property(fc.array(fc.tuple(step, waits), { maxLength: 40 }), (steps) => {
      const world = new World();
      world.register('a');
      for (const [[, act], waitMs] of steps) {
        world.now += waitMs;
        world.check();
        act(world);
        world.check();
      }
    }),
    { numRuns: 3000 },
  );
});

test('a server that pings for hours while nobody looks is listed, and so it is for a TTL after a crash', () => {
  const world = new World();
  world.register('a');
  world.open('a');
  for (let minute = 0; minute < 180; minute += 1) {
    world.now += 30_000;
    world.ping('a');
  }
  world.check();
  world.crash();
  world.now += ttlMs - 1;
  world.crash();
  world.check();
  world.now += 1;
  world.check();
  expect(world.directory.find('a')?.status).toBe('stale');
});

test('a late close of the session before changes nothing', () => {
  const world = new World();
  world.register('a');
  world.open('a');
  world.open('a');
  world.lateClose();
  expect(world.directory.find('a')?.lease.session).toMatchObject({ kind: 'held', name: 'session-2' });
});

test('the ticket of a registration is spent by the next one, by an opening, and not by a sleep', () => {
  const world = new World();
  world.register('a');
  const ticket = { hash: 'hash', until: world.now + 30_000 };
  const lease = world.directory.find('a')?.lease;
  if (lease === undefined) throw new Error('a is held');
  world.directory.sessions.offer(lease, ticket);
  world.sleep();
  expect(world.directory.find('a')?.lease.ticket).toEqual(ticket);
  world.open('a');
  expect(world.directory.find('a')?.lease.ticket).toBeNull();
});

test('a list looks at a slice of the sockets, at none twice in ten seconds, and at all that it shows within thirty', () => {
  const sessions = 1000;
  let looks = 0;
  const heard = { at: 0 };
  const terms = { ...TERMS, maxServers: sessions };
  const directory = new Directory(terms, 'life', 0, () => {
    looks += 1;
    return heard.at;
  });
  const start = 1_000_000;
  for (let index = 0; index < sessions; index += 1) {
    const lease = directory.register(registration(`s${index}`), start);
    if (typeof lease === 'string') throw new Error(lease);
    directory.hold(lease, `session-${index}`, start);
  }
  const looksAt = (now: number) => {
    const before = looks;
    directory.sessions.look(now);
    return looks - before;
  };
  const oldest = () => Math.min(...Array.from(directory.live(), ({ lastSeen }) => lastSeen));
  expect(looksAt(start + 9_999)).toBe(0);
  heard.at = start + 10_000;
  expect([1, 2, 3, 4, 5].map((after) => looksAt(start + 10_000 + after))).toEqual([250, 250, 250, 250, 0]);
  expect(oldest()).toBe(heard.at);
  // Where lists are rare, one looks at whatever it would show too old.
  heard.at = start + 45_000;
  expect(looksAt(start + 45_000)).toBe(sessions);
  expect(oldest()).toBe(heard.at);
});
