/** Who may take a place, and who keeps his, when the registry or a key is full. */
import { beforeEach, describe, expect, it } from 'vitest';
import { Departures } from '../../../src/core/departures.ts';
import { Directory } from '../../../src/core/directory.ts';
import type { Proof, Registration } from '../../../src/core/lease.ts';
import { Ownership } from '../../../src/core/ownership.ts';

const TERMS = { ttlMs: 300_000, maxServers: 3, maxServersPerKey: 2 };
const NOW = 1_700_000_000_000;
const MINUTE = 60_000;

let directory: Directory;
let departures: Departures;
let ownership: Ownership;

beforeEach(() => {
  const encoder = new TextEncoder();
  directory = new Directory(TERMS, (text) => encoder.encode(text), 0);
  departures = new Departures();
  ownership = new Ownership(directory, departures, TERMS);
});

function proof(key: string, createdSeconds = 1): Proof {
  return { key, createdSeconds: NOW / 1000 + createdSeconds };
}
function registering(serverId: string, by?: Proof): Registration {
  const named = { serverId, endpoint: 'wss://a.example', publicKey: 'key', region: 'eu', metadata: null };
  return by === undefined ? named : { ...named, proof: by };
}
function register(serverId: string, by?: Proof, now = NOW): string {
  const refusal = ownership.refuseRegistration(registering(serverId, by), now);
  if (refusal !== undefined) return refusal.kind;
  directory.register(registering(serverId, by), now);
  departures.remove(serverId);
  return 'ok';
}

describe('a full registry', () => {
  it('refuses newcomers, and nobody who is held', () => {
    for (const id of ['a', 'b', 'c']) expect(register(id)).toBe('ok');
    expect(register('d')).toBe('full');
    expect(register('a')).toBe('ok');
    expect(directory.heartbeat('b', NOW)).toBeDefined();
  });

  it('keeps the place of a departed id for its owner, until the alarm has deleted it', () => {
    expect(register('a', proof('A'))).toBe('ok');
    expect(register('b', proof('B'))).toBe('ok');
    expect(register('c', proof('C'))).toBe('ok');
    ownership.depart('a', proof('A', 2), NOW);
    expect(register('d', proof('D'))).toBe('full');
    expect(register('a', proof('A', 3))).toBe('ok');
    ownership.depart('a', proof('A', 4), NOW);
    const later = NOW + 2 * MINUTE;
    departures.forget(departures.overBatch(later, 10));
    expect(register('d', proof('D'), later)).toBe('ok');
  });
});

describe('a key', () => {
  it('holds so many servers, those of the last minute included', () => {
    expect(register('a', proof('A'))).toBe('ok');
    expect(register('b', proof('A'))).toBe('ok');
    expect(register('c', proof('A'))).toBe('key-full');
    expect(register('a', proof('A', 2))).toBe('ok');
    ownership.depart('b', proof('A', 2), NOW);
    expect(register('c', proof('A'))).toBe('key-full');
    expect(register('b', proof('A', 3))).toBe('ok');
    ownership.depart('b', undefined, NOW);
    expect(register('c', proof('A'))).toBe('ok');
  });

  it('is counted anew after a restart', () => {
    directory.restore({ ...registering('a', proof('A')), registeredAt: NOW, lastSeen: NOW }, NOW + MINUTE);
    departures.add({ serverId: 'b', key: 'A', createdSeconds: NOW / 1000, until: NOW + MINUTE });
    expect(register('c', proof('A'))).toBe('key-full');
    directory.expire(NOW + MINUTE);
    directory.forget(directory.staleBatch(10));
    expect(register('c', proof('A'))).toBe('ok');
  });
});

describe('a departure', () => {
  it('is remembered as long as something older could be replayed, of a clock ahead as well', () => {
    expect(register('a', proof('A', 50))).toBe('ok');
    ownership.depart('a', proof('A', 60), NOW);
    const stillFresh = NOW + 60_000 + 59_999;
    expect(ownership.refuseRegistration(registering('a', proof('A', 50)), stillFresh)).toMatchObject({
      kind: 'replayed',
    });
    expect(departures.find('a', stillFresh + 1)).toBeUndefined();
  });

  it('is not made of an id that nobody signed for', () => {
    expect(register('a')).toBe('ok');
    expect(ownership.depart('a', undefined, NOW)).toBeUndefined();
    expect(ownership.depart('unknown', proof('A'), NOW)).toBeUndefined();
    expect(departures.size).toBe(0);
  });

  it('at the word of the operator is of nobody else: a stranger who signs a deregistration binds nothing', () => {
    expect(register('a', proof('A'))).toBe('ok');
    const removed = ownership.depart('a', undefined, NOW);
    expect(ownership.refuseDeregistration('a', proof('S', 50), NOW)).toBeUndefined();
    expect(ownership.depart('a', proof('S', 50), NOW)).toBe(removed);
    expect(departures.find('a', NOW)).toEqual({ ...removed, key: null });
    expect(departures.ownedBy('S')).toBe(0);
    expect(register('a', proof('B', 2))).toBe('ok');
  });

  it('that departed anew while its row was deleted is remembered', () => {
    const over = { serverId: 'a', key: 'A', createdSeconds: 1, until: NOW };
    departures.add(over);
    const batch = departures.overBatch(NOW, 10);
    departures.add({ ...over, until: NOW + MINUTE });
    departures.forget(batch);
    expect(departures.find('a', NOW)).toBeDefined();
    expect(departures.ownedBy('A')).toBe(1);
  });
});
