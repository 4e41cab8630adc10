/** Who may take a place, and who keeps his, when the registry or a key is full. */
import { beforeEach, describe, expect, it } from 'vitest';
import { Tombstones } from '../../../../src/core/leases/tombstones.ts';
import { Directory } from '../../../../src/core/leases/directory.ts';
import type { Proof, RegisteredServer } from '../../../../src/core/leases/lease.ts';
import { Ownership } from '../../../../src/core/leases/ownership.ts';

const TERMS = {
  ttlMs: 300_000,
  holdMs: 75_000,
  pingEveryMs: 30_000,
  maxServers: 3,
  maxListBytes: 1_000_000,
  maxServersPerKey: 2,
};
const NOW = 1_700_000_000_000;
const MINUTE = 60_000;

let directory: Directory;
let tombstones: Tombstones;
let ownership: Ownership;

beforeEach(() => {
  directory = new Directory(TERMS, 'life', 0);
  tombstones = new Tombstones();
  ownership = new Ownership(directory, tombstones, TERMS);
});

function proof(key: string, createdSeconds = 1): Proof {
  return { key, createdSeconds: NOW / 1000 + createdSeconds };
}
function registering(serverId: string, by?: Proof): RegisteredServer {
  const named = { serverId, endpoint: 'wss://a.example', publicKey: 'key', region: 'eu', metadata: null };
  return by === undefined ? named : { ...named, proof: by };
}
function register(serverId: string, by?: Proof, now = NOW): string {
  const refusal = ownership.refuseRegistration(registering(serverId, by), now);
  if (refusal !== undefined) return refusal.kind;
  directory.register(registering(serverId, by), now);
  tombstones.remove(serverId);
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
    ownership.deregister('a', proof('A', 2), NOW);
    expect(register('d', proof('D'))).toBe('full');
    expect(register('a', proof('A', 3))).toBe('ok');
    ownership.deregister('a', proof('A', 4), NOW);
    const later = NOW + 3 * MINUTE;
    tombstones.forget(tombstones.overBatch(later, 10));
    expect(register('d', proof('D'), later)).toBe('ok');
  });
});

describe('a key', () => {
  it('holds so many servers, those of the last minute included', () => {
    expect(register('a', proof('A'))).toBe('ok');
    expect(register('b', proof('A'))).toBe('ok');
    expect(register('c', proof('A'))).toBe('key-full');
    expect(register('a', proof('A', 2))).toBe('ok');
    ownership.deregister('b', proof('A', 2), NOW);
    expect(register('c', proof('A'))).toBe('key-full');
    expect(register('b', proof('A', 3))).toBe('ok');
    ownership.deregister('b', undefined, NOW);
    expect(register('c', proof('A'))).toBe('ok');
  });

  it('is counted anew after a restart', () => {
    directory.restore({ ...registering('a', proof('A')), registeredAt: NOW, lastSeen: NOW }, NOW + MINUTE);
    tombstones.add({ serverId: 'b', key: 'A', createdSeconds: NOW / 1000, until: NOW + MINUTE });
    expect(register('c', proof('A'))).toBe('key-full');
    directory.expire(NOW + MINUTE);
    directory.forget(directory.staleBatch(10));
    expect(register('c', proof('A'))).toBe('ok');
  });
});

describe('a tombstone', () => {
  it('is remembered as long as something older could be replayed, by clocks a minute apart as well', () => {
    expect(register('a', proof('A', 50))).toBe('ok');
    ownership.deregister('a', proof('A', 60), NOW);
    const stillFresh = NOW + 60_000 + 60_000 + 59_999;
    expect(ownership.refuseRegistration(registering('a', proof('A', 50)), stillFresh)).toMatchObject({
      kind: 'replayed',
    });
    expect(tombstones.find('a', stillFresh + 1)).toBeUndefined();
  });

  it('is not made of an id that nobody signed for', () => {
    expect(register('a')).toBe('ok');
    expect(ownership.deregister('a', undefined, NOW)).toBeUndefined();
    expect(ownership.deregister('unknown', proof('A'), NOW)).toBeUndefined();
    expect(tombstones.size).toBe(0);
  });

  it('at the word of the operator is of nobody else: a stranger who signs a deregistration binds nothing', () => {
    expect(register('a', proof('A'))).toBe('ok');
    const removed = ownership.deregister('a', undefined, NOW);
    expect(ownership.refuseDeregistration('a', proof('S', 50), NOW)).toBeUndefined();
    expect(ownership.deregister('a', proof('S', 50), NOW)).toBe(removed);
    expect(tombstones.find('a', NOW)).toEqual({ ...removed, key: null });
    expect(tombstones.ownedBy('S')).toBe(0);
    expect(register('a', proof('B', 2))).toBe('ok');
  });

  it('made anew while its row was deleted is remembered', () => {
    const over = { serverId: 'a', key: 'A', createdSeconds: 1, until: NOW };
    tombstones.add(over);
    const batch = tombstones.overBatch(NOW, 10);
    tombstones.add({ ...over, until: NOW + MINUTE });
    tombstones.forget(batch);
    expect(tombstones.find('a', NOW)).toBeDefined();
    expect(tombstones.ownedBy('A')).toBe(1);
  });
});
