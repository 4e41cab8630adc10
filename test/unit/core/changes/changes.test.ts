import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { applyDelta } from '../../../../src/client/watch.ts';
import { join } from '../../../../src/protocol/bytes.ts';
import { ChangeLog } from '../../../../src/core/changes/change-log.ts';
import { Changes } from '../../../../src/core/changes/changes.ts';
import { answerSince } from '../../../../src/core/changes/delta.ts';
import { Snapshot } from '../../../../src/core/encoding/snapshot.ts';
import { deltaAnswer, type Entry } from '../../../../src/protocol/protocol.ts';
import { beat, directory, liveIds, registration, staleIds, TTL_MS } from '../support.ts';

test('the log tells each id once that changed after a revision, as far back as it reaches', () => {
  const log = new ChangeLog(3, 100);
  log.record(101, 'a');
  log.record(102, 'b');
  log.record(102, 'c');
  log.record(103, 'a');
  expect(log.since(99)).toBeUndefined();
  expect([...(log.since(100) ?? [])]).toEqual(['a', 'b', 'c']);
  expect([...(log.since(102) ?? [])]).toEqual(['a']);
  expect([...(log.since(103) ?? [])]).toEqual([]);
});

test('the log forgets the oldest changes and knows that it did', () => {
  const log = new ChangeLog(2, 0);
  for (let revision = 1; revision <= 5; revision += 1) log.record(revision, `id-${revision}`);
  expect(log.since(2)).toBeUndefined();
  expect([...(log.since(3) ?? [])]).toEqual(['id-4', 'id-5']);
});

const ids = ['a', 'b', 'c', 'd', 'e'];
const step = fc.oneof(
  fc.record({
    do: fc.constant('register' as const),
    id: fc.constantFrom(...ids),
    region: fc.constantFrom('eu', 'us'),
  }),
  fc.record({ do: fc.constant('remove' as const), id: fc.constantFrom(...ids) }),
  fc.record({ do: fc.constant('heartbeat' as const), id: fc.constantFrom(...ids), n: fc.nat({ max: 2 }) }),
  fc.record({ do: fc.constant('pass' as const), ms: fc.nat({ max: TTL_MS }) }),
  fc.constant({ do: 'sweep' as const }),
  fc.constant({ do: 'save' as const }),
  fc.constant({ do: 'sleep' as const }),
  fc.constant({ do: 'crash' as const }),
  fc.constant({ do: 'restart' as const }),
  fc.constant({ do: 'poll' as const }),
);

/** All but what a heartbeat moves. */
function settled(entries: Iterable<Entry>): unknown[] {
  return Array.from(entries, (entry) => ({ ...entry, lastSeen: 0 })).sort((a, b) =>
    a.serverId < b.serverId ? -1 : 1,
  );
}

test('a client that applies deltas holds exactly the list at every poll, restarts included', () => {
  fc.assert(
    fc.property(fc.array(step, { maxLength: 60 }), (steps) => {
      let now = 1_000_000;
      let lives = 0;
      let held = directory(10, 'first');
      let snapshot = new Snapshot(held, 1);
      const save = () => ({
        at: now,
        leases: [...held.held()].map((lease) => ({ record: lease.toRecord(), expiresAt: lease.expiresAt })),
        revision: held.revision.saved,
      });
      let saved = save();
      const load = (from: typeof saved, isAsSaved: boolean) => {
        lives += 1;
        held = directory(10, `life-${lives}`, Infinity, lives * 1000);
        snapshot = new Snapshot(held, 1);
        for (const { record, expiresAt } of from.leases) held.restore(record, expiresAt);
        held.restored(from.at, isAsSaved ? from.revision : null);
        held.expire(now);
      };
      const client = new Map<string, Entry>();
      let since = '0';
      for (const next of [...steps, { do: 'poll' as const }]) {
        now += 1;
        held.expire(now);
        switch (next.do) {
          case 'register':
            held.register(registration(next.id, { region: next.region }), now);
            break;
          case 'remove':
            held.remove(next.id);
            break;
          case 'heartbeat':
            beat(held, next.id, now, next.n === 0 ? undefined : `{"n":${next.n}}`);
            break;
          case 'pass':
            now += next.ms;
            break;
          case 'sweep':
            held.forget(held.staleBatch(2));
            break;
          case 'save':
            saved = save();
            break;
          case 'sleep':
            saved = save();
            load(saved, true);
            break;
          case 'crash':
            // What came since the last save is lost, whoever saw it.
            load(saved, true);
            break;
          case 'restart':
            saved = save();
            load(saved, false);
            break;
          case 'poll': {
            const delta = answerSince(since, held, now);
            const full = () => join(snapshot.full(now));
            const bytes = delta === 'full' ? full() : delta;
            const answer = deltaAnswer.parse(JSON.parse(new TextDecoder().decode(bytes)));
            applyDelta(client, answer);
            since = answer.revision;
            const entries = JSON.parse(new TextDecoder().decode(full()));
            expect(settled(client.values())).toEqual(settled(deltaAnswer.parse(entries).changed));
            expect([...client.keys()].toSorted()).toEqual(liveIds(held).toSorted());
            break;
          }
        }
      }
    }),
    { numRuns: 300 },
  );
});

test('when more ran out than are left, the list is the smaller answer, and no ids are kept for it', () => {
  const servers = directory();
  for (let number = 0; number < 300; number += 1) servers.register(registration(`gone-${number}`), 0);
  for (let number = 0; number < 200; number += 1)
    servers.register(registration(`left-${number}`), TTL_MS / 2);
  const before = servers.revision.toString();
  expect(servers.expire(TTL_MS)).toBe(true);
  expect(liveIds(servers)).toHaveLength(200);
  expect(staleIds(servers)).toHaveLength(300);
  expect(answerSince(before, servers, TTL_MS)).toBe('full');
  const behind = servers.revision.toString();
  expect(behind).not.toBe(before);
  servers.heartbeat('gone-7', TTL_MS);
  expect([...(servers.changedSince(behind) ?? [])]).toEqual(['gone-7']);
});

test('none of the ids is no change: nobody who follows the list is to wait behind it', () => {
  let told = 0;
  const changes = new Changes('one', 0, () => (told += 1));
  changes.record([]);
  changes.recordMost(0);
  expect([told, changes.revision.counter]).toEqual([0, 0]);
  changes.record(['a']);
  expect(told).toBe(1);
});

describe('a revision', () => {
  test('goes on over a sleep: only what changed behind it is told', () => {
    const before = directory(10, 'one');
    before.register(registration('a'), 0);
    const seen = before.revision.toString();
    const after = directory(10, 'two', Infinity, 1000);
    after.restore({ ...registration('a'), registeredAt: 0, lastSeen: 0 }, TTL_MS);
    after.restored(0, before.revision.saved);
    expect(after.revision.toString()).toBe(seen);
    expect([...(after.changedSince(seen) ?? ['unknown'])]).toEqual([]);
    after.register(registration('b'), 1);
    expect([...(after.changedSince(seen) ?? [])]).toEqual(['b']);
  });

  test('that a crash undid is known to nobody', () => {
    const before = directory(10, 'one');
    const { saved } = before.revision;
    before.register(registration('lost'), 0);
    const seen = before.revision.toString();
    const after = directory(10, 'two', Infinity, 1000);
    after.restored(0, saved);
    for (const id of ['a', 'b', 'c']) after.register(registration(id), 1);
    expect(after.changedSince(seen)).toBeUndefined();
  });

  test('begins a new life where the clock stepped back behind it', () => {
    const { saved } = directory(10, 'one', Infinity, 5000).revision;
    const before = directory(10, 'two', Infinity, 1000);
    before.restored(0, { ...saved, counter: 5001 });
    expect(before.revision.toString()).toBe('two.0');
    expect(before.changedSince('one.5001')).toBeUndefined();
  });

  test.each(['0', '1', 'other.0', 'one.-1', 'one.1e3', 'one.x', 'one.', '.0', 'one', ''])(
    'of another form or life is not known: %j',
    (text) => {
      const servers = directory(10, 'one');
      servers.register(registration('a'), 0);
      expect(servers.changedSince(text)).toBeUndefined();
    },
  );
});
