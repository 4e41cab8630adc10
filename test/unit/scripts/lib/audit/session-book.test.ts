/** What a list may and must show of servers that a session holds, held it, or lost it. Times in milliseconds. */
import { describe, expect, test } from 'vitest';
import { Ledger } from '../../../../../scripts/lib/audit/ledger.ts';
import { NOISE_MS, type Terms } from '../../../../../scripts/lib/audit/terms.ts';

const TERMS: Terms = {
  ttlMs: 60_000,
  heartbeatEveryMs: 20_000,
  sweepIntervalMs: 500,
  checkpointIntervalMs: 500,
  snapshotMaxAgeMs: 250,
};
const PING_EVERY_MS = 10_000;
const HOLD_MS = 25_000;
const GRACE_MS = 15_000;

/** Registered at 0, held from 1000 on, pinged at 11,000. */
function heldServer() {
  const ledger = new Ledger(TERMS);
  ledger.spawned(-10);
  ledger.up(-5);
  const claim = { endpoint: 'wss://a.example', publicKey: 'k', region: 'eu', metadata: null };
  ledger.acknowledge(ledger.sent('a', { kind: 'register', claim }, 0), 5, 3);
  const beat = (at: number) => {
    const sent = ledger.sent('a', { kind: 'heartbeat', metadata: undefined }, at);
    ledger.acknowledge(sent, at + 5);
    return sent;
  };
  const session = ledger.sessions.opening('a', 1000);
  beat(1000);
  session.held(PING_EVERY_MS, 1005);
  beat(11_000);
  const boundsAt = (at: number) => {
    const { mustListUntil, mayListUntil } = ledger.bounds(
      'a',
      ledger.belief('a', { sentAt: at, receivedAt: at }),
    );
    return { mustListUntil, mayListUntil };
  };
  return { ledger, session, beat, boundsAt };
}

describe('a server that a session holds', () => {
  test('must be listed for two and a half pings from the last one', () => {
    expect(heldServer().boundsAt(12_000).mustListUntil).toBe(11_000 + HOLD_MS);
  });

  test('that loses it must be listed for the grace, and no longer', () => {
    const { session, boundsAt, ledger } = heldServer();
    session.ended(12_000);
    expect(boundsAt(12_001)).toEqual({
      mustListUntil: 12_000 + GRACE_MS,
      mayListUntil: 12_000 + GRACE_MS + NOISE_MS,
    });
    expect(ledger.sessions.held).toBe(0);
  });

  test('that loses it and heartbeats has its lease by that', () => {
    const { ledger, session, beat, boundsAt } = heldServer();
    session.ended(12_000);
    ledger.sessions.beat('a', beat(14_000).sentAt);
    expect(boundsAt(20_000)).toEqual({ mustListUntil: 74_000, mayListUntil: 74_005 });
  });

  test('outlives a crash of the registry by the grace at least, and a lease at most', () => {
    const { ledger, session, boundsAt } = heldServer();
    ledger.killed(300_000);
    session.ended(300_001);
    ledger.spawned(301_000);
    ledger.up(302_000);
    const { mustListUntil, mayListUntil } = boundsAt(303_000);
    expect(mustListUntil).toBe(301_000 + GRACE_MS);
    expect(mayListUntil).toBe(302_000 + TERMS.ttlMs + NOISE_MS);
  });
});
