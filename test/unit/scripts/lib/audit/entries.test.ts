/** The auditor catches wrong entries, and downtimes that are none or go unnoticed. */
import { describe, expect, it } from 'vitest';
import {
  auditor,
  begin,
  CLAIM,
  crash,
  crashOfTwo,
  deregisterAt,
  entry,
  heartbeatAt,
  nextRound,
  reading,
  registerAt,
  rules,
  send,
  TTL,
} from './case.ts';

describe('entries', () => {
  it('are as registered last, or as a registration on its way has them', () => {
    const changed = { ...CLAIM, endpoint: 'wss://b.example.com' };
    registerAt(0);
    auditor.list(reading(10), [entry(1, changed)]);
    expect(rules()).toEqual(['acknowledged write not seen']);
    send(20, { kind: 'register', claim: changed });
    auditor.list(reading(21), [entry(1, changed)]);
    auditor.list(reading(21), [entry(1)]);
    expect(rules()).toHaveLength(1);
  });

  it('show when the server was seen, and when it registered', () => {
    registerAt(0);
    heartbeatAt(1000);
    auditor.get('a', reading(1010), { server: entry(1), status: 'live' });
    nextRound();
    auditor.get('a', reading(1010), { server: entry(1500), status: 'live' });
    nextRound();
    auditor.get('a', reading(1010), { server: entry(1001, CLAIM, 900), status: 'live' });
    expect(rules()).toEqual([
      'acknowledged write not seen',
      'acknowledged write not seen',
      'acknowledged write not seen',
    ]);
  });

  it('keep their registeredAt while they are held, and get a new one afterwards', () => {
    registerAt(0);
    registerAt(100, CLAIM, 1);
    expect(rules()).toEqual([]);
    registerAt(200);
    expect(rules()).toEqual(['wrong answer to a registration']);
    nextRound();
    deregisterAt(300);
    registerAt(400, CLAIM, 1);
    expect(rules()).toHaveLength(2);
  });

  it('are of servers that registered, each once', () => {
    registerAt(0);
    auditor.list(reading(10), [entry(1), entry(1), { ...entry(1), serverId: 'b' }]);
    expect(rules()).toEqual(['server listed twice', 'unknown server listed']);
  });
});

describe('a downtime', () => {
  it('is noticed where it was long enough', () => {
    registerAt(0);
    crash(100, 5000);
    expect(rules()).toEqual(['downtime not noticed']);
  });

  it('is noticed by each object of a list that held a live server', () => {
    registerAt(0);
    crashOfTwo(100, 5000, { another: 200 });
    expect(rules()).toEqual(['downtime not noticed']);

    begin();
    registerAt(0);
    crashOfTwo(100, 5000, { itsOwn: 200 });
    expect(rules()).toEqual([]);
  });

  it('extends the leases of its own object, and of no other of its list', () => {
    registerAt(0);
    crashOfTwo(TTL - 500, TTL + 700, { another: TTL - 400 });
    auditor.list(reading(TTL + 710), []);
    expect(rules()).toEqual([]);
    auditor.list(reading(TTL + 710), [entry(1)]);
    expect(rules()).toEqual(['dead server listed']);

    begin();
    registerAt(0);
    crashOfTwo(TTL - 500, TTL + 700, { itsOwn: TTL - 400 });
    auditor.list(reading(TTL + 710), [entry(1)]);
    expect(rules()).toEqual([]);
    auditor.list(reading(TTL + 710), []);
    expect(rules()).toEqual(['live server missing']);
  });

  it('need not be noticed where nobody was live', () => {
    crash(100, 5000);
    expect(rules()).toEqual([]);
  });

  it('is longer than a heartbeat interval, and began when the registry was crashed', () => {
    registerAt(0);
    crash(2000, 2900, 1950);
    crash(6000, 9000, 7000);
    expect(rules()).toEqual(['downtime made up', 'downtime told at a wrong time']);
  });
});

it('reports a fault of a server once a round', () => {
  registerAt(0);
  auditor.list(reading(10), []);
  auditor.list(reading(20), []);
  nextRound();
  auditor.list(reading(30), []);
  expect(rules()).toEqual(['live server missing', 'live server missing']);
});

it('reports rows that could not be read', () => {
  auditor.stats(reading(0), { absence: null, setAside: 1 });
  expect(rules()).toEqual(['rows not readable']);
});
