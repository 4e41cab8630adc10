import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { join } from '../../../../src/protocol/bytes.ts';
import { Snapshot } from '../../../../src/core/encoding/snapshot.ts';
import { beat, directory, registration, TTL_MS } from '../support.ts';

const decode = (bytes: Uint8Array): unknown =>
  JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(bytes));

/** Any printable text, metadata or none, and any time: what an entry may hold. */
const servers = fc.uniqueArray(
  fc.record({
    serverId: fc.string({ unit: 'grapheme', minLength: 1, maxLength: 20 }),
    endpoint: fc.string({ unit: 'grapheme' }),
    publicKey: fc.string({ unit: 'grapheme' }),
    region: fc.string({ unit: 'grapheme' }),
    metadata: fc.option(fc.dictionary(fc.string(), fc.jsonValue()).map((value) => JSON.stringify(value))),
    at: fc.nat({ max: TTL_MS - 1 }),
  }),
  { selector: (server) => server.serverId, maxLength: 12 },
);

test('the list and every peers answer are the JSON that JSON.stringify would make', () => {
  fc.assert(
    fc.property(servers, fc.maxSafeNat(), (registered, base) => {
      const start = Math.min(base, Number.MAX_SAFE_INTEGER - 2 * TTL_MS);
      const held = directory();
      const snapshot = new Snapshot(held, 1);
      const now = start + TTL_MS - 1;
      const entries = registered.map(({ at, metadata, ...named }) => {
        held.register({ ...named, metadata }, start + at);
        const meta = metadata === null ? {} : { metadata: JSON.parse(metadata) as unknown };
        return { ...named, ...meta, registeredAt: start + at, lastSeen: start + at };
      });
      expect(decode(snapshot.list(now))).toEqual({ servers: entries, timestamp: now });
      for (const own of registered) {
        const lease = held.find(own.serverId)?.lease;
        if (lease === undefined) throw new Error(`${own.serverId} is not held`);
        const peers = entries.filter((entry) => entry.serverId !== own.serverId);
        expect(decode(join(snapshot.peers(lease, now)))).toEqual({ success: true, peers });
      }
    }),
  );
});

/** What may happen between two pictures, to one of a few servers. */
const events = fc.array(
  fc.record({
    kind: fc.constantFrom('register', 'register', 'change', 'heartbeat', 'remove', 'pass', 'look', 'look'),
    id: fc.constantFrom('a', 'bb', 'ccc', 'd', 'ee', 'fff'),
    // Mostly of one length, so that a changed entry often has that of the one before.
    text: fc.constantFrom('x', 'y', 'z', 'longer'),
    // Now and then as long as a lease, and rarely so long that times get more digits.
    ms: fc.constantFrom(1, TTL_MS / 2, TTL_MS, 9 * TTL_MS),
  }),
  { minLength: 20, maxLength: 100 },
);

test('a picture made out of the one before it is the one that would be made from nothing', () => {
  fc.assert(
    fc.property(events, (happened) => {
      const held = directory();
      const snapshot = new Snapshot(held, 0);
      let now = 1;
      for (const { kind, id, text, ms } of happened) {
        if (kind === 'register') held.register(registration(id, { region: text }), now);
        if (kind === 'change') beat(held, id, now, JSON.stringify({ text }));
        if (kind === 'heartbeat') held.heartbeat(id, now);
        if (kind === 'remove') held.remove(id);
        if (kind === 'pass') now += ms;
        if (kind !== 'look') continue;
        const list = decode(snapshot.list(now));
        const entries = Array.from(held.live(), (lease) => {
          const { metadata, ...record } = lease.toRecord();
          return metadata === null ? record : { ...record, metadata: JSON.parse(metadata) as unknown };
        });
        expect(list).toEqual({ servers: entries, timestamp: now });
        for (const lease of held.live()) {
          const peers = entries.filter((entry) => entry.serverId !== lease.serverId);
          expect(decode(join(snapshot.peers(lease, now)))).toEqual({ success: true, peers });
        }
      }
    }),
    { numRuns: 2000 },
  );
});

describe('a picture', () => {
  test('is kept, the very bytes, until it is as old as it may be', () => {
    const held = directory();
    held.register(registration('a'), 0);
    const snapshot = new Snapshot(held, 100);
    const first = snapshot.list(0);
    held.heartbeat('a', 50);
    expect(snapshot.list(99)).toBe(first);
    expect(decode(snapshot.list(100))).toMatchObject({ servers: [{ lastSeen: 50 }], timestamp: 100 });
  });

  test('is taken anew at any change of membership, however young', () => {
    const held = directory();
    const snapshot = new Snapshot(held, 100);
    const empty = snapshot.list(0);
    held.register(registration('a'), 0);
    expect(snapshot.list(0)).not.toBe(empty);
  });

  test('sent before is not written to by those after it', () => {
    const held = directory();
    held.register(registration('a'), 0);
    const snapshot = new Snapshot(held, 1);
    const first = snapshot.list(0);
    const copy = first.slice();
    held.heartbeat('a', 5);
    snapshot.list(5);
    expect(first).toEqual(copy);
  });

  test('is exactly as long as its buffer, because that is what is counted while it is sent', () => {
    const held = directory();
    held.register(registration('a'), 0);
    held.register(registration('b'), 0);
    const snapshot = new Snapshot(held, 1);
    const list = snapshot.list(0);
    expect(list.buffer.byteLength).toBe(list.byteLength);
  });
});
