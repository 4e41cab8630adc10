/** The verifier is only worth something if it catches what it is there for: each kind of violation is planted once. */
import { describe, expect, it } from 'vitest';
import { Verifier, type SeenList } from '../../../../scripts/load/verifier.ts';

const TTL_MS = 10_000;
const ALLOWANCE_MS = 1000;
const ID = 'load-1';
const ENDPOINT = 'wss://one';

function started(): Verifier {
  return new Verifier({ ttlMs: TTL_MS, allowanceMs: ALLOWANCE_MS, clockAtLeastMs: 0, idPrefix: 'load-' });
}

/** A server that registered at 0 and heard of it at 10. */
function withOneServer(): Verifier {
  const verifier = started();
  verifier.sending(ID, ENDPOINT);
  verifier.acknowledged(ID, { sentAt: 0, ackedAt: 10 }, 'registration');
  return verifier;
}

function beat(verifier: Verifier, sentAt: number): void {
  verifier.sending(ID, ENDPOINT);
  verifier.acknowledged(ID, { sentAt, ackedAt: sentAt + 10 }, 'heartbeat');
}

function list(sentAt: number, ...servers: SeenList['servers']): SeenList {
  return { sentAt, receivedAt: sentAt + 5, servers };
}

const one = (lastSeen: number) => ({ serverId: ID, endpoint: ENDPOINT, lastSeen });

describe('what is as promised', () => {
  it('is a server from its acknowledgement on until its lease has run out', () => {
    const verifier = withOneServer();
    verifier.check(list(2000, one(5)));
    verifier.check(list(9000, one(5)));
    verifier.check(list(12_000));
    expect(verifier.violations).toEqual([]);
    expect(verifier.listsVerified).toBe(3);
  });

  it('is a server not listed yet while its registration is on its way', () => {
    const verifier = started();
    verifier.sending(ID, ENDPOINT);
    verifier.check(list(100));
    verifier.check(list(200, one(150)));
    expect(verifier.violations).toEqual([]);
  });

  it('is a list that lags by less than the allowance', () => {
    const verifier = withOneServer();
    beat(verifier, 5000);
    verifier.check(list(5500, one(5)));
    verifier.check(list(10_500, one(5005)));
    expect(verifier.violations).toEqual([]);
  });

  it('is a server listed for long after a write that was lost without an answer', () => {
    const verifier = withOneServer();
    verifier.sending(ID, ENDPOINT);
    verifier.check(list(30_000, one(9990)));
    expect(verifier.violations).toEqual([]);
  });

  it('is anything of a server that deregisters', () => {
    const verifier = withOneServer();
    verifier.ending(ID);
    verifier.check(list(2000));
    verifier.check(list(2100, one(5)));
    expect(verifier.violations).toEqual([]);
  });

  it('is a dead server that the registry excused for its own absence', () => {
    const verifier = withOneServer();
    verifier.excuse(20_000);
    verifier.check(list(20_500, one(5)));
    expect(verifier.violations).toEqual([]);
  });

  it('is whatever the list has of others', () => {
    const verifier = withOneServer();
    const other = { serverId: 'somebody', endpoint: '', lastSeen: 0 };
    verifier.check(list(2000, one(5), other, other));
    expect(verifier.violations).toEqual([]);
  });
});

describe('what is planted is caught', () => {
  const kinds = (verifier: Verifier) => Object.fromEntries(verifier.counts);

  it('a live server is missing', () => {
    const verifier = withOneServer();
    verifier.check(list(2000));
    expect(kinds(verifier)).toEqual({ 'live server missing': 1 });
    expect(verifier.violations[0]?.detail).toBe('its lease had 7995 ms to run at least');
  });

  it('a server that died is missing before its lease has run out', () => {
    const verifier = withOneServer();
    beat(verifier, 4000);
    verifier.check(list(13_000));
    expect(kinds(verifier)).toEqual({ 'live server missing': 1 });
  });

  it('a dead server is listed past its lease and the allowance', () => {
    const verifier = withOneServer();
    verifier.check(list(11_011, one(5)));
    expect(kinds(verifier)).toEqual({ 'dead server listed': 1 });
  });

  it('the allowance is not exceeded by a hair', () => {
    const verifier = withOneServer();
    verifier.check(list(11_010, one(5)));
    expect(verifier.violations).toEqual([]);
  });

  it('a refused write leaves the lease where it was', () => {
    const verifier = withOneServer();
    verifier.sending(ID, ENDPOINT);
    verifier.refused(ID, 500);
    verifier.check(list(11_600, one(5)));
    expect(kinds(verifier)).toEqual({ 'dead server listed': 1 });
  });

  it('an acknowledged heartbeat does not show', () => {
    const verifier = withOneServer();
    beat(verifier, 5000);
    verifier.check(list(6100, one(5)));
    expect(kinds(verifier)).toEqual({ 'acknowledged write not seen': 1 });
    expect(verifier.violations[0]?.detail).toBe('lastSeen is 4995 ms too old');
  });

  it('the clock of a registry that is behind is allowed for', () => {
    const verifier = new Verifier({ ttlMs: TTL_MS, allowanceMs: 0, clockAtLeastMs: -300, idPrefix: 'load-' });
    verifier.sending(ID, ENDPOINT);
    verifier.acknowledged(ID, { sentAt: 1000, ackedAt: 1010 }, 'registration');
    verifier.check(list(1100, one(705)));
    verifier.check(list(1100, one(695)));
    expect(kinds(verifier)).toEqual({ 'acknowledged write not seen': 1 });
  });

  it('an entry is not as it was registered', () => {
    const verifier = withOneServer();
    verifier.check(list(2000, { ...one(5), endpoint: 'wss://other' }));
    expect(kinds(verifier)).toEqual({ 'acknowledged write not seen': 1 });
  });

  it('a registration is forgotten while its lease runs', () => {
    const verifier = withOneServer();
    verifier.acknowledged(ID, { sentAt: 5000, ackedAt: 5010 }, 'registration');
    expect(kinds(verifier)).toEqual({ 'registration forgotten': 1 });
  });

  it('a registration after the lease has run out is nobody’s fault', () => {
    const verifier = withOneServer();
    verifier.acknowledged(ID, { sentAt: 12_000, ackedAt: 12_010 }, 'registration');
    expect(verifier.violations).toEqual([]);
  });

  it('a server is listed twice', () => {
    const verifier = withOneServer();
    verifier.check(list(2000, one(5), one(5)));
    expect(kinds(verifier)).toEqual({ 'server listed twice': 1 });
  });

  it('a server is listed that never was', () => {
    const verifier = withOneServer();
    verifier.check(list(2000, one(5), { serverId: 'load-ghost', endpoint: '', lastSeen: 5 }));
    expect(kinds(verifier)).toEqual({ 'unknown server listed': 1 });
  });

  it('all are counted, though only the first are kept in detail', () => {
    const verifier = withOneServer();
    for (let time = 0; time < 200; time += 1) verifier.check(list(2000));
    expect(kinds(verifier)).toEqual({ 'live server missing': 200 });
    expect(verifier.violations).toHaveLength(50);
  });
});
