/** The auditor of the crash rounds catches wrong entries, and absences that are none or go unnoticed. */
import { describe, expect, it } from 'vitest';
import {
  auditor,
  CLAIM,
  crash,
  deregisterAt,
  entry,
  heartbeatAt,
  nextRound,
  reading,
  registerAt,
  rules,
  send,
} from './crash-case.ts';

describe('entries', () => {
  it('are as registered last, or as a registration on its way has them', () => {
    const changed = { ...CLAIM, endpoint: 'wss://b.example.com' };
    registerAt(0);
    auditor.list(reading(10), [entry(1, changed)]);
    expect(rules()).toEqual(['a wrong entry is shown']);
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
    expect(rules()).toEqual(['wrong times are shown', 'wrong times are shown', 'wrong times are shown']);
  });

  it('keep their registeredAt while they are held, and get a new one afterwards', () => {
    registerAt(0);
    registerAt(100, CLAIM, 1);
    expect(rules()).toEqual([]);
    registerAt(200);
    expect(rules()).toEqual(['an answer shows a wrong registeredAt']);
    nextRound();
    deregisterAt(300);
    registerAt(400, CLAIM, 1);
    expect(rules()).toHaveLength(2);
  });

  it('are of servers that registered, each once', () => {
    registerAt(0);
    auditor.list(reading(10), [entry(1), entry(1), { ...entry(1), serverId: 'b' }]);
    expect(rules()).toEqual(['a list shows a server twice', 'a list shows a server that nobody registered']);
  });
});

describe('an absence', () => {
  it('is noticed where it was long enough', () => {
    registerAt(0);
    crash(100, 5000);
    expect(rules()).toEqual(['an absence was not noticed']);
  });

  it('need not be noticed where nobody was live', () => {
    crash(100, 5000);
    expect(rules()).toEqual([]);
  });

  it('is longer than a heartbeat interval, and began when the registry was crashed', () => {
    registerAt(0);
    crash(2000, 2900, 1950);
    crash(6000, 9000, 7000);
    expect(rules()).toEqual(['an absence is no absence', 'an absence is told at a wrong time']);
  });
});

it('reports a fault of a server once a round', () => {
  registerAt(0);
  auditor.list(reading(10), []);
  auditor.list(reading(20), []);
  nextRound();
  auditor.list(reading(30), []);
  expect(rules()).toEqual(['a live server is not listed', 'a live server is not listed']);
});

it('reports rows that could not be read', () => {
  auditor.stats(reading(0), { absence: null, setAside: 1 });
  expect(rules()).toEqual(['rows could not be read']);
});
