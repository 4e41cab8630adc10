import * as fc from 'fast-check';
import { expect, test } from 'vitest';
import { applyDelta } from '../../../../src/client/watch.ts';
import { join } from '../../../../src/core/encoding/bytes.ts';
import { ChangeLog } from '../../../../src/core/changes/change-log.ts';
import { answerSince } from '../../../../src/core/changes/delta.ts';
import { Snapshot } from '../../../../src/core/encoding/snapshot.ts';
import { deltaAnswer, type Entry } from '../../../../src/protocol/protocol.ts';
import { beat, directory, liveIds, registration, TTL_MS } from '../support.ts';

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
      let held = directory(10, now);
      let snapshot = new Snapshot(held, 1);
      const client = new Map<string, Entry>();
      let since = 0;
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
          case 'restart': {
            const before = [...held.held()].map((lease) => ({
              record: lease.toRecord(),
              expiresAt: lease.expiresAt,
            }));
            held = directory(10, now * 1000);
            snapshot = new Snapshot(held, 1);
            for (const { record, expiresAt } of before) held.restore(record, expiresAt);
            break;
          }
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
