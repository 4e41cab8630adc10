/** A server's history forgets what no longer counts, and nothing that does. */
import { expect, it } from 'vitest';
import { History, type Sent, type Write } from '../../../../../scripts/lib/audit/history.ts';

const CLAIM = { endpoint: 'wss://a.example.com', publicKey: 'key', region: 'eu', metadata: null };

function acknowledged(write: Write, sentAt: number): Sent {
  return { write, sentAt, doneAt: sentAt + 1, outcome: 'acknowledged', registeredAt: undefined };
}

it('believes the same of a server after hundreds of heartbeats', () => {
  const history = new History();
  history.add(acknowledged({ kind: 'register', claim: CLAIM }, 0));
  history.add(acknowledged({ kind: 'heartbeat', metadata: '{"players":7}' }, 1000));
  for (let at = 2000; at <= 600_000; at += 1000) {
    history.add(acknowledged({ kind: 'heartbeat', metadata: undefined }, at));
  }
  expect(history.writes.length).toBeLessThan(60);
  expect(history.belief({ sentAt: 600_500, receivedAt: 600_502 })).toMatchObject({
    mustBeHeld: true,
    mayBeHeld: true,
    seenFrom: 600_000,
    seenUntil: 600_001,
    metadata: new Set(['{"players":7}']),
  });
});

it('believes a deregistration however long it is ago, and keeps only what came after it', () => {
  const history = new History();
  for (let at = 0; at < 100_000; at += 1000) {
    history.add(acknowledged({ kind: 'register', claim: CLAIM }, at));
    history.add(acknowledged({ kind: 'deregister' }, at + 500));
  }
  expect(history.writes.length).toBeLessThan(60);
  expect(history.belief({ sentAt: 1e9, receivedAt: 1e9 })).toMatchObject({
    mustBeHeld: false,
    mayBeHeld: false,
  });
});

it('leaves a write that is yet to be judged out of account', () => {
  const history = new History();
  const sent = acknowledged({ kind: 'register', claim: CLAIM }, 0);
  history.add(sent);
  expect(history.belief({ sentAt: 5, receivedAt: 6 }).mustBeHeld).toBe(true);
  expect(history.belief({ sentAt: 5, receivedAt: 6 }, sent).mayBeHeld).toBe(false);
});
